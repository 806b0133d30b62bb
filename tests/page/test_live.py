"""What changes on the page while one looks: channels that go and come, roles, and a focus that stays where it is."""

import pytest

from tests.support.page_town import press_keys, said, tell, type_keys, write_keys

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect


def test_a_private_channel_is_there_for_those_with_its_role_only(visit):
    """Ops have #on-call; for the others it is neither in the list nor among mentions, nor opened by its address."""
    somchai, nok = visit("somchai"), visit("nok", channel="on-call")
    write_keys(somchai, "#on")
    write_keys(nok, "#")

    expect(somchai.get_by_role("button", name="on-call")).to_be_visible()
    expect(somchai.get_by_role("option", name="#on-call")).to_be_visible()

    expect(nok.get_by_role("option", name="#ops")).to_be_visible()
    expect(nok.get_by_role("option", name="#on-call")).to_have_count(0)
    expect(nok.get_by_role("button", name="on-call")).to_have_count(0)
    expect(nok.locator("#title")).to_contain_text("requirements")


def test_a_channel_goes_and_comes_with_all_its_messages_while_one_looks(visit, town):
    """Nok loses sight of the open channel: it is said, and another is shown; then it is back with what was missed."""
    nok = visit("nok", channel="ops")
    said(town, "malee", "ops", "Before")
    expect(nok.locator(".message").last).to_contain_text("Before")
    tell(town, "fault", kind="forbid", channel="ops", permission="view_channel", target=town["people"]["nok"])

    expect(nok.get_by_role("button", name="ops")).to_have_count(0)
    expect(nok.locator("#title")).to_contain_text("requirements")
    expect(nok.locator(".toast")).to_have_text("You can no longer see #ops.")

    said(town, "malee", "ops", "Meanwhile")
    tell(town, "fault", kind="lift")
    nok.get_by_role("button", name="ops unread").click()

    expect(nok.locator(".message")).to_have_count(2)
    expect(nok.locator(".message").last).to_contain_text("Meanwhile")


def test_a_role_changes_chip_and_palette_and_channels_while_one_looks(visit, town):
    """With the role of Ops come their duty, their private channel and the command for few; they go with it."""
    nok = visit("nok", channel="general")
    for op, duty, count in (("give_role", "operator", 1), ("take_role", "no duty", 0)):
        tell(town, "admin", op=op, person="nok", role="operator")

        expect(nok.locator("#me small")).to_have_text(duty)
        expect(nok.get_by_role("link", name="Be Nok")).to_contain_text(duty)
        expect(nok.get_by_role("button", name="on-call")).to_have_count(count)

        write_keys(nok, "/s")
        expect(nok.get_by_role("option", name="/silence")).to_be_visible()
        expect(nok.get_by_role("option", name="/sweep")).to_have_count(count)
        press_keys(nok, "Escape")


def test_the_focus_stays_in_the_list_of_channels(visit, town):
    """What others write marks channels as unread, the focused one too; the keyboard goes on from there."""
    nok = visit("nok", channel="general")
    nok.get_by_role("button", name="deployments").focus()
    said(town, "malee", "deployments", "News")
    expect(nok.get_by_role("button", name="deployments unread")).to_be_focused()
    said(town, "malee", "audit", "More")
    expect(nok.get_by_role("button", name="audit unread")).to_be_visible()

    expect(nok.get_by_role("button", name="deployments unread")).to_be_focused()

    press_keys(nok, "Enter")

    expect(nok.locator("#title")).to_contain_text("deployments")
    expect(nok.get_by_role("button", name="deployments")).to_be_focused()


def test_an_open_menu_stays_open_when_its_card_is_edited(visit):
    """What one has ticked so far and where one is in the list stay, when somebody else's choice changes the card."""
    anan, nok = visit("anan", channel="announcements"), visit("nok", channel="announcements")
    type_keys(anan, "/menus", "Enter", "Enter")
    anan.get_by_role("combobox", name="Who").focus()
    press_keys(anan, "ArrowDown", "Enter", "ArrowDown")
    nok.get_by_role("combobox", name="Which role").click()
    nok.get_by_role("option", name="@Auditor").click()
    expect(anan.locator(".message").last).to_contain_text("roles: Auditor")

    expect(anan.get_by_role("option", name="Malee")).to_have_attribute("aria-selected", "true")
    expect(anan.get_by_role("option", name="Anan")).to_be_focused()

    press_keys(anan, "Enter", "Escape")

    expect(anan.locator(".message").last).to_contain_text("people: malee and anan")
    expect(anan.get_by_role("combobox", name="Who")).to_be_focused()


def test_a_second_window_is_a_second_person(visit):
    """A press with Ctrl leaves this window as it is and opens another, in the same channel, as somebody else."""
    anan = visit("anan", channel="audit")
    kanya_chip = anan.get_by_role("link", name="Be Kanya")
    with anan.context.expect_page() as opened:
        kanya_chip.click(modifiers=["Control"])
    kanya = opened.value

    expect(kanya.locator("#me")).to_contain_text("Kanya")
    expect(kanya.locator("#title")).to_contain_text("audit")
    expect(anan.locator("#me")).to_contain_text("Anan")
    expect(kanya_chip).to_have_attribute(
        "title", "Be Kanya, auditor. With Ctrl or the middle button: a second window as Kanya."
    )
