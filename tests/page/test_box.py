"""What is written in the page's box: mentions that are offered, files that wait, and nothing lost by a refusal."""

import pytest

from tests.support.page_town import press_keys, type_keys, write_keys

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

DROP = """(place) => {
    const carried = new DataTransfer();
    carried.items.add(new File(["a,b"], "dropped.csv", { type: "text/csv" }));
    const event = (name) => new DragEvent(name, { dataTransfer: carried, bubbles: true, cancelable: true });
    place.dispatchEvent(event("dragover"));
    place.dispatchEvent(event("drop"));
}"""
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
"""A PNG of one pixel."""
PASTE = """(place, dot) => {
    const clipboardData = new DataTransfer();
    const bytes = Uint8Array.from(atob(dot), (one) => one.charCodeAt(0));
    clipboardData.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
    place.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


def test_mentions_are_offered_and_reach_those_whom_they_name(visit):
    """A person, a role of two words and a channel, chosen by keyboard; in code a name stays a name."""
    page, kanya = visit("anan", channel="general"), visit("kanya", channel="general")
    write_keys(page, "Ask @kan")
    expect(page.get_by_role("option", name="@Kanya")).to_have_attribute("aria-selected", "true")
    press_keys(page, "Enter", "and @ml cre", "Tab", "in #mon", "Enter", "`@Nok`")

    expect(page.locator("#text")).to_have_value("Ask @Kanya and @ML Creator in #monitoring `@Nok`")

    page.keyboard.press("Enter")
    for window in (page, kanya):
        message = window.locator(".message").last
        expect(message.locator(".mention")).to_have_text(["@Kanya", "@ML Creator", "#monitoring"])
        expect(message.locator("code")).to_have_text("@Nok")

    expect(kanya.locator(".message.mentioned")).to_have_count(1)


def test_an_escape_closes_the_suggestions_and_keeps_the_text(visit):
    """Only a command that was begun is given up by Escape."""
    page = visit("anan", channel="general")
    write_keys(page, "Ask @", "Escape")

    expect(page.locator("#suggest")).to_be_hidden()
    expect(page.locator("#text")).to_have_value("Ask @")

    page.locator("#text").fill("/tr")
    page.keyboard.press("Escape")

    expect(page.locator("#text")).to_have_value("")


def test_everyone_is_offered_only_to_who_may_mention_them(visit):
    """Nobody in the town may, so the name of everyone is not among the suggestions."""
    page = visit("nok", channel="general")
    write_keys(page, "@")

    expect(page.get_by_role("option", name="@Ops")).to_be_visible()
    expect(page.get_by_role("option", name="@everyone")).to_have_count(0)


def test_a_role_and_everyone_are_called_where_they_are_meant(visit):
    """The message for auditors stands out to Kanya, that for everyone to all, and what may not call does not."""
    nok, kanya = visit("nok", channel="audit"), visit("kanya", channel="audit")
    type_keys(nok, "/call", "Enter", "Enter")
    for page in (nok, kanya):
        expect(page.locator(".message")).to_have_count(3)

    expect(nok.locator(".message.mentioned .text")).to_have_text(["For @everyone"])
    expect(kanya.locator(".message.mentioned .text")).to_have_text(["For @Auditor", "For @everyone"])
    expect(kanya.locator(".message .mention")).to_have_text(["/call", "@Auditor", "@everyone"])
    expect(kanya.locator("button.origin")).to_have_text(["slipway For @Auditor", "slipway For @Auditor"])


def test_what_was_refused_is_still_in_the_box(visit):
    """Text beyond 2000 characters and the file with it: the reason is said, both wait, and go when they can."""
    page = visit("malee", channel="ops")
    page.locator("#attach").set_input_files({"name": "why.txt", "mimeType": "text/plain", "buffer": b"because"})
    page.locator("#text").fill("x" * 2001)
    page.keyboard.press("Enter")

    expect(page.locator(".toast")).to_have_text("A message has at most 2000 characters.")
    expect(page.locator("#text")).to_have_value("x" * 2001)
    expect(page.locator(".tray-file")).to_contain_text("why.txt")

    page.locator("#text").fill("Shorter")
    page.keyboard.press("Enter")

    expect(page.locator(".message").last).to_contain_text("Shorter⭳why.txt7 bytes")
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("#tray")).to_be_hidden()


def test_files_wait_to_be_sent_and_can_be_taken_away(visit):
    """Chosen, pasted and dropped files stand above the box, a picture with its look; one is removed, the rest go."""
    page = visit("preecha", channel="monitoring")
    page.locator("#attach").set_input_files({"name": "chosen.txt", "mimeType": "text/plain", "buffer": b"1"})
    page.locator("#text").evaluate(PASTE, DOT)
    page.locator("#messages").evaluate(DROP)

    expect(page.locator(".tray-file b")).to_have_text(["chosen.txt", "pasted.png", "dropped.csv"])
    expect(page.locator(".tray-file img")).to_have_js_property("naturalWidth", 1)

    page.get_by_role("button", name="Remove chosen.txt").click()
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.press("Enter")

    message = page.locator(".message").last
    expect(message.get_by_role("button", name="Enlarge: pasted.png")).to_be_visible()
    expect(message.get_by_role("link")).to_contain_text(["dropped.csv"])
    expect(page.locator("#tray")).to_be_hidden()


TOO_MUCH = {
    (11,): "0.bin is too large (11.0 MB). A file may have at most 10 MB.",
    (9, 9, 9): "Together these files have 27.0 MB; one message carries at most 25 MB.",
    (0,) * 11: "A message carries at most 10 files.",
}
"""By sizes of files in MiB."""


def test_too_much_is_said_before_it_is_sent(visit, tmp_path):
    """A file, files together, or a number of files beyond what Discord takes: a sentence, and what was there stays."""
    page = visit("preecha", channel="deployments")
    page.locator("#text").fill("with text")
    for sizes_mib, sentence in TOO_MUCH.items():
        files = [tmp_path / f"{place}.bin" for place in range(len(sizes_mib))]
        for file, size in zip(files, sizes_mib, strict=True):
            file.write_bytes(bytes(size * 2**20))
        page.locator("#attach").set_input_files(files)

        expect(page.locator(".toast").last).to_have_text(sentence)
        expect(page.locator("#tray")).to_be_hidden()
        expect(page.locator("#text")).to_have_value("with text")
