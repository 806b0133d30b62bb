"""Texts of any kind: clipped within the limit and between whole characters, never out of their fence."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bot.core.text import clip, fence, plain, quoted, tail

MARKS = "่้ำิีึ็ั\u0301\ufe0f\u200d\u20e3🏽"
CLUSTERS = st.sampled_from(
    [
        "ก",
        "กำ",
        "น้ำ",
        "ที่",
        "e\u0301",
        "👩‍❤️‍👨",
        "👍🏽",
        "🇹🇭",
        "1️⃣",
        "a",
        " ",
        "\\",
        "*",
        "`",
        "\n",
        "🏴\U000e0067\U000e0062\U000e007f",
    ]
)
WORDS = st.lists(CLUSTERS, max_size=30)
ANY = st.one_of(st.text(), st.text(alphabet=st.sampled_from("`\x00a\n'\u200b" + MARKS)))


@given(ANY, st.integers(min_value=1, max_value=40))
def test_a_clipped_text_fits(text: str, limit: int):
    """At most so many characters, the same beginning, and a … when something is missing."""
    shown = clip(text, limit)

    assert len(shown) <= limit
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


@given(WORDS, st.integers(min_value=1, max_value=60))
def test_a_clip_never_cuts_a_whole_character(words: list[str], limit: int):
    """What is shown before the … is a row of whole signs, but for blanks and escapes at its end."""
    text = "".join(words)
    shown = clip(text, limit)
    if shown == text:
        return
    kept = shown.removesuffix("…")
    ends = {""}
    for count in range(len(words) + 1):
        ends.add("".join(words[:count]).rstrip("\\ "))

    assert kept in ends


@given(WORDS, st.integers(min_value=2, max_value=60))
def test_the_end_of_a_text_begins_with_a_whole_character(words: list[str], limit: int):
    """At most so many characters, and after the … a row of whole signs up to the end."""
    text = "".join(words)
    shown = tail(text, limit)

    assert len(shown) <= limit
    assert shown == text or shown.removeprefix("…") in {"".join(words[count:]) for count in range(len(words) + 1)}


@given(ANY, st.integers(min_value=1, max_value=60))
def test_no_text_breaks_out_of_its_fence(text: str, limit: int):
    """There is one opening and one closing fence, each on its line, and nothing hidden between them."""
    shown = fence(text, limit=limit)
    inner = shown.removeprefix("```\n").removesuffix("\n```")

    assert shown == f"```\n{inner}\n```"
    assert "```" not in inner
    assert len(inner) <= limit


@given(ANY)
def test_plain_text_has_no_bare_mark(text: str):
    """Every sign that Discord reads as markup has its backslash; nothing visible is lost."""
    shown = plain(text)
    bare = shown.replace("\\\\", "").replace("\\`", "")

    assert "`" not in bare
    assert not any(unicodedata.category(char) == "Cc" and char not in "\t\n" for char in shown)


@given(ANY)
def test_quoted_text_is_one_piece_of_code(text: str):
    """The only backticks are the outer two."""
    assert quoted(text).count("`") == 2
