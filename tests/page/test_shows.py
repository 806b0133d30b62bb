"""What messages show on the page besides our cards, and slash options of every type, in a real browser."""

import pytest

from tests.support.page_town import press_keys, said, type_keys

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

LOADED = "(each) => each.decode().then(() => each.naturalWidth)"
IS_AT_END = "(place) => place.scrollHeight - place.scrollTop - place.clientHeight < 2"


def test_an_embed_is_drawn_with_each_of_its_parts(visit):
    """Author, title and their links, colour, fields side by side or wide, pictures in it and not beside it, footer."""
    page = visit("anan", channel="general")
    type_keys(page, "/embed", "Enter", "Enter")
    embed = page.locator(".embed")

    expect(embed.get_by_role("link", name="Monitor 7")).to_have_attribute("href", "https://example.com/monitor")
    expect(embed.get_by_role("link", name="Drift of churn")).to_have_attribute("href", "https://example.com/drift")
    expect(embed.locator(".embed-title strong")).to_have_text("churn")
    expect(embed.locator(".field-name")).to_have_text(["tenure", "charges", "What now"])
    expect(embed.locator(".field.wide .mention")).to_have_text("@Preecha")
    expect(embed.locator(".sub")).to_have_text("Measured on 4 000 rows")
    assert embed.evaluate("each => getComputedStyle(each).borderLeftColor") == "rgb(52, 152, 219)"

    expect(page.locator(".message img")).to_have_count(2)
    assert [320, 320] == [each.evaluate(LOADED) for each in embed.locator("img").all()]
    tenure, charges = (embed.locator(".field").nth(place).bounding_box() for place in (0, 1))
    assert tenure["y"] == charges["y"]


def test_a_picture_is_enlarged_and_a_spoiler_read(visit):
    """An attached picture has its description, opens over the page, is left by Escape; a file is downloaded."""
    page = visit("kanya", channel="audit")
    type_keys(page, "/attach", "Enter", "Enter")
    message = page.locator(".message")
    frame = message.get_by_role("button", name="Enlarge: Loss, plainly")
    assert frame.locator("img").evaluate(LOADED) == 320
    frame.click()

    expect(page.get_by_role("dialog", name="Loss, plainly").get_by_role("img")).to_be_visible()

    press_keys(page, "Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(frame).to_be_focused()

    expect(message.get_by_text("nobody knows")).to_be_hidden()
    message.get_by_role("button", name="Spoiler: press to read").click()
    expect(message.get_by_text("nobody knows")).to_be_visible()

    with page.expect_download() as saved:
        message.get_by_role("link", name="rows.csv").click()
    assert (saved.value.suggested_filename, saved.value.path().read_text(encoding="utf-8")) == (
        "rows.csv",
        "a,b\n1,2\n",
    )


def test_who_reads_the_end_goes_on_reading_it(visit, town):
    """Pictures that load later push nothing out of sight; who has gone up stays there when news comes."""
    page = visit("malee", channel="announcements")
    scroll = page.locator("#scroll").element_handle()
    for count in (1, 2, 3):
        type_keys(page, "/embed", "Enter", "Enter")
        expect(page.locator(".embed")).to_have_count(count)
        assert 320 == page.locator(".embed img").last.evaluate(LOADED)
        page.wait_for_function(IS_AT_END, arg=scroll)

    scroll.evaluate("(place) => { place.scrollTop = 0; }")
    said(town, "nok", "announcements", "News")
    expect(page.locator(".message").last).to_contain_text("News")

    assert scroll.evaluate("(place) => place.scrollTop") == 0


def test_the_parts_of_a_layout_are_drawn(visit):
    """Sections with a button and with a thumbnail, a file, a covered picture and a covered box."""
    page = visit("preecha", channel="monitoring")
    type_keys(page, "/parts", "Enter", "Enter")
    message = page.locator(".message")
    pressed, beside = message.locator(".section").nth(0), message.locator(".section").nth(1)

    expect(beside).to_contain_text("Beside a picture")
    assert beside.get_by_alt_text("Small loss").evaluate("each => each.getBoundingClientRect().width") == 80
    expect(message.get_by_role("link")).to_contain_text(["rows.csv8 bytes"])

    covered = message.get_by_role("button", name="Enlarge: Covered loss")
    expect(message.locator(".veiled")).to_have_count(2)
    expect(message.locator(".veiled > .gallery, .veiled > .picture")).to_have_js_property("inert", True)
    message.get_by_role("button", name="Spoiler").first.click()
    covered.click()
    expect(page.get_by_role("dialog", name="Covered loss")).to_be_visible()
    press_keys(page, "Escape")
    picture = covered.get_by_role("img")
    expect(picture).to_have_css("border-radius", "8px")
    assert picture.evaluate("(one) => [one.width, one.height]") == [320, 120]
    message.get_by_role("button", name="Spoiler").click()
    expect(message.locator(".container strong")).to_have_text("leaked")
    expect(message.locator(".veiled")).to_have_count(0)

    pressed.get_by_role("button", name="Measure").click()
    expect(pressed).to_contain_text("Pressed")


def test_an_option_of_every_type_is_filled_by_keyboard(visit, tmp_path):
    """Choices, yes or no, a person, a role, a text channel, either of two, a number in its range, a file."""
    paper = tmp_path / "why.txt"
    paper.write_text("because", encoding="utf-8")
    page = visit("somchai", channel="ops")
    page.get_by_role("button", name="general").click()
    type_keys(page, "/discuss", "Enter", "Enter")
    expect(page.get_by_role("button", name="Why it drifts").first).to_be_visible()
    type_keys(page, "/every ")
    expect(page.get_by_role("option")).to_have_text(["Red", "Green"])
    press_keys(page, "gr", "Enter")
    expect(page.get_by_role("option")).to_have_text(["True", "False"])
    press_keys(page, "ArrowDown", "Enter", "kan", "Enter", "data", "Enter")

    expect(page.get_by_role("option", name="#on-call")).to_be_visible()
    expect(page.get_by_role("option", name="Why it drifts")).to_have_count(0)

    press_keys(page, "mon", "Enter", "@ops", "Enter", "1.5", "Enter")
    page.get_by_label("paper (required)").set_input_files(paper)
    press_keys(page, "Enter")

    expect(page.locator("#suggest .failure")).to_have_text("share: This must be 0 to 1.")

    press_keys(page, *["Backspace"] * 3, "0.25", "Enter")

    expect(page.locator(".message").last).to_contain_text(
        "green / False / kanya / Data Analyst / monitoring / Ops / 0.25 / why.txt: because"
    )


def test_a_file_that_is_too_large_for_a_command_is_said_so(visit, tmp_path):
    """The reason stands at the option, before anything is sent."""
    paper = tmp_path / "large.bin"
    paper.write_bytes(bytes(11 * 2**20))
    page = visit("nok", channel="deployments")
    type_keys(page, "/every ", "red", "Enter", "true", "Enter", "nok", "Enter", "ops", "Enter", "gen", "Enter")
    press_keys(page, "nok", "Enter", "1", "Enter")
    page.get_by_label("paper (required)").set_input_files(paper)
    press_keys(page, "Enter")

    expect(page.locator("#suggest .failure")).to_have_text(
        "paper: large.bin is too large (11.0 MB). A file may have at most 10 MB."
    )
