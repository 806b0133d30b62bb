"""Words on their way into a chat: escaped, clipped at whole characters, fenced."""

import pytest

from bot.core.text import as_typed, bar, clip, duration, encoded_end, fence, is_blank, plain, quoted, told_apart

FAMILY = "👩‍❤️‍👨"
HEALTH_WORKER = "👩🏽‍⚕️"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234567, "1234567"),
        (0.00123456, "0.00123456"),
        (1e-06, "1e-06"),
        (20.0, "20"),
        (True, "true"),
        (False, "false"),
        ("bf16", "bf16"),
    ],
)
def test_a_parameter_is_shown_as_it_ran_and_as_one_types_it(value: object, shown: str):
    """To the last digit."""
    assert shown == as_typed(value)


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("ab ", 2, "a…"),
        ("กำ ๆ", 2, "…"),  # sara am is a letter by its category, and stands on the one before
        ("น้ำใจ", 2, "…"),
        ("น้ำใจ", 4, "น้ำ…"),
        ("ที่นี่", 3, "…"),
        ("ae\u0301o", 3, "a…"),
        (f"a{FAMILY}b", 2, "a…"),
        (f"a{FAMILY}b", 6, "a…"),
        (f"a{FAMILY}b", 8, f"a{FAMILY}b"),
        (f"a{HEALTH_WORKER}bc", 3, "a…"),
        ("a👍🏽b", 3, "a…"),
        ("a🇹🇭b", 3, "a…"),
        ("🇹🇭🇩🇪🇫🇷", 4, "🇹🇭…"),
        ("a1️⃣b", 3, "a…"),
        ("\\*\\*", 2, "…"),
        ("abc", 1, "…"),
    ],
)
def test_a_text_is_clipped_between_whole_characters(text: str, limit: int, shown: str):
    """What a reader sees as one sign is shown whole or not at all, and the … fits within the limit."""
    assert shown == clip(text, limit)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**bold** _it_ ~~no~~ ||spoiler||", "\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~ \\|\\|spoiler\\|\\|"),
        ("@everyone <@1> <#2> <:a:3>", "\\@everyone \\<\\@1\\> \\<#2\\> \\<:a:3\\>".replace("\\>", ">")),
        ("> quote\n# head\n- list\n  + list", "\\> quote\n\\# head\n\\- list\n  \\+ list"),
        ("[a](http://b)", "\\[a\\](http://b)"),
        ("`code`", "\\`code\\`"),
        ("a\u202eb\x00c\u2066d\u200be", "abcde"),
        ("แบบจำลอง 👩‍⚕️", "แบบจำลอง 👩‍⚕️"),
    ],
)
def test_plain_text_is_shown_letter_by_letter(text: str, shown: str):
    """No markup, no mention and no hidden direction mark survives; letters and emoji do."""
    assert shown == plain(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", True), (" \n\t\u200b\u2800\u3164", True), ("\u202e", True), (" ก ", False), ("0", False)],
)
def test_what_nobody_can_see_is_blank(text: str, expected: bool):  # noqa: FBT001
    """Fillers and direction marks are not a reason."""
    assert expected == is_blank(text)


def test_a_fence_shows_the_end_of_a_log():
    """The newest lines matter; a fence within cannot end the block."""
    assert fence("a\n```\n**b**\n", limit=100) == "```\na\n'''\n**b**\n```"
    assert fence("x" * 50 + "end", limit=10) == "```\n…xxxxxxend\n```"
    assert fence("`\x00``\n````", limit=100) == "```\n'''\n'''`\n```"


def test_a_fence_that_is_cut_within_a_fence_stays_closed():
    """What was broken up stays so wherever the log is cut."""
    for limit in range(1, 12):
        assert fence("a```b```c", limit=limit).count("```") == 2


def test_typed_words_are_quoted_as_code():
    """A backtick in them cannot end the code, and a long one is clipped."""
    assert quoted("a`b") == "`aˋb`"
    assert quoted("x" * 50, limit=5) == "`xxxx…`"


@pytest.mark.parametrize(("share", "full"), [(-1, 0), (0, 0), (0.5, 6), (1, 12), (7, 12)])
def test_a_bar_stays_in_its_frame(share: float, full: int):
    """Shares beyond 0 to 1 are drawn as the ends."""
    assert "▰" * full + "▱" * (12 - full) == bar(share)


@pytest.mark.parametrize(
    ("seconds", "said"), [(-3, "0 s"), (59.6, "1 min 00 s"), (42, "42 s"), (3900, "1 h 05 min"), (90061, "25 h 01 min")]
)
def test_a_duration_is_said_in_two_units(seconds: float, said: str):
    """Hours with minutes, minutes with seconds, or seconds; the blanks in it do not break at the end of a line."""
    assert said.replace(" ", "\u00a0") == duration(seconds)


def test_people_of_the_same_name_are_told_apart():
    """Each key keeps a name of its own, also beside somebody who is called like a second one."""
    names = {"1": "Anan", "2": "Anan (2)", "3": "Anan", "4": "someone who left", "5": "someone who left"}
    told = told_apart(names)

    assert ["Anan", "Anan (2)", "Anan (3)", "someone who left", "someone who left (2)"] == list(told.values())


@pytest.mark.parametrize(
    ("text", "limit", "end"),
    [("log", 3, "log"), ("log", 2, "og"), ("กข", 6, "กข"), ("กข", 5, "ข"), ("\ufffd" * 9, 8, "\ufffd" * 2)],
)
def test_the_end_of_a_log_fits_a_file(text: str, limit: int, end: str):
    """By its bytes, and no sign is cut in two: one that could not be read takes three of them."""
    assert end.encode() == encoded_end(text, limit)
