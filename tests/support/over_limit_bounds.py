"""Every single bound one step past it: a field of a sample, the wrong value, and the refusal's name for it."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

from tests.support import over_limit
from tests.support.over_limit import BAD, LONG, REQUIRED, Row, button, entry, label, modal, options, row, select, v2
from tests.support.over_limit_commands import choices, command, option

MIN, MAX, CHOICE = "NUMBER_TYPE_MIN", "NUMBER_TYPE_MAX", "BASE_TYPE_CHOICES"
GONE = object()
"""The field is left out."""
WEB = "https://example.org/"
TOO_MUCH = 2**53
LONG_URL = WEB + "x" * 2048
Bound = tuple[str, Any, str]


def changed(body: Any, path: str, value: Any) -> Any:
    """Return a copy of the body with another value at a path such as `embeds.0.title`, or without it."""
    copy = deepcopy(body)
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    node = copy
    for step in steps:
        node = node[step]
    if value is GONE:
        del node[last]
    else:
        node[last] = value
    return copy


def past(sample: Any, bounds: Iterable[Bound], start: str = "") -> Iterator[Row]:
    """Yield a row for every bound of the sample; `start` is where the refusal's paths begin besides."""
    for path, value, code in bounds:
        said = "nothing" if value is GONE else str(value)
        shown = said if len(said) < 9 else f"{said[:4]}… of {len(said)}"
        yield f"{start}{path}: {shown}", changed(sample, path, value), f"{start}{path}", code


# ------------------------------------------------------------ components

_NAMED: tuple[Bound, ...] = (("custom_id", GONE, REQUIRED), ("custom_id", "", REQUIRED), ("custom_id", "x" * 101, BAD))
_OPTIONS: tuple[Bound, ...] = (
    ("options", GONE, REQUIRED),
    ("options.0.label", GONE, REQUIRED),
    ("options.0.label", "", REQUIRED),
    ("options.0.label", "x" * 101, BAD),
    ("options.0.value", GONE, REQUIRED),
    ("options.0.value", "", REQUIRED),
    ("options.0.value", "x" * 101, BAD),
    ("options.0.description", "x" * 101, LONG),
)
_FEW: tuple[Bound, ...] = (
    ("min_values", -1, MIN),
    ("min_values", 11, MAX),
    ("max_values", 0, MIN),
    ("max_values", 11, MAX),
)
_SELECT: tuple[Bound, ...] = (
    *_NAMED,
    ("placeholder", "x" * 151, LONG),
    ("min_values", -1, MIN),
    ("min_values", 26, MAX),
    ("max_values", 0, MIN),
    ("max_values", 26, MAX),
)
_LINK = {"type": 2, "style": 5, "label": "b", "url": WEB}
_PICTURE = {"type": 11, "media": {"url": WEB}}
_SECTION = {"type": 9, "components": [over_limit.text()], "accessory": _PICTURE}
_BOXES: tuple[tuple[str, Any, str, tuple[Bound, ...]], ...] = (
    ("row", row(button()), "", (("components", GONE, REQUIRED),)),
    ("button", row(button()), "components.0.", (("style", GONE, REQUIRED), ("custom_id", "", REQUIRED))),
    ("link", row(_LINK), "components.0.", (("url", WEB + "x" * 500, LONG),)),
    (
        "premium",
        row(button(style=6, custom_id=None, label=None, sku_id="1")),
        "components.0.",
        (("sku_id", GONE, REQUIRED),),
    ),
    ("select", row(select()), "components.0.", (*_SELECT, *_OPTIONS)),
    *((f"select {kind}", row({"type": kind, "custom_id": "s"}), "components.0.", _SELECT) for kind in (5, 6, 7, 8)),
    ("section", _SECTION, "", (("components", GONE, REQUIRED), ("components", [], REQUIRED))),
    ("text", over_limit.text(), "", (("content", GONE, REQUIRED),)),
    (
        "thumbnail",
        _SECTION,
        "accessory.",
        (
            ("media", GONE, REQUIRED),
            ("media.url", GONE, REQUIRED),
            ("media.url", LONG_URL, LONG),
            ("description", "x" * 1025, LONG),
        ),
    ),
    (
        "gallery",
        over_limit.gallery(1),
        "",
        (
            ("items", GONE, REQUIRED),
            ("items.0.media.url", GONE, REQUIRED),
            ("items.0.media.url", LONG_URL, LONG),
            ("items.0.description", "x" * 1025, LONG),
        ),
    ),
    (
        "file",
        over_limit.file("attachment://x"),
        "",
        (("file", GONE, REQUIRED), ("file.url", GONE, REQUIRED), ("file.url", "attachment://" + "x" * 2036, LONG)),
    ),
    ("separator", {"type": 14}, "", ()),
    (
        "container",
        over_limit.container(over_limit.text()),
        "",
        (
            ("components", GONE, REQUIRED),
            ("components", [over_limit.text()] * 41, BAD),
            ("accent_color", -1, MIN),
        ),
    ),
)
"""A name, a top-level component, where in it the bounds stand, and the bounds; an id below zero is tried besides."""


def _components() -> Iterator[Row]:
    for name, top, inside, bounds in _BOXES:
        start = f"components.0.{inside}"
        for what, body, path, code in past(v2(top), ((start + path, value, code) for path, value, code in bounds)):
            yield f"{name}: {what}", body, path, code
        yield f"{name}: id", changed(v2(top), f"{start}id", -1), f"{start}id", MIN


_QUESTION = {"question": {"text": "q"}, "answers": [{"poll_media": {"text": "yes"}}]}
MESSAGES: tuple[Row, ...] = (
    *past(
        {"embeds": [{"title": "t", "url": WEB, "image": {"url": WEB}, "thumbnail": {"url": WEB}}]},
        (
            ("embeds.0.url", LONG_URL, LONG),
            ("embeds.0.color", -1, MIN),
            ("embeds.0.image.url", GONE, REQUIRED),
            ("embeds.0.image.url", LONG_URL, LONG),
            ("embeds.0.thumbnail.url", GONE, REQUIRED),
            ("embeds.0.thumbnail.url", LONG_URL, LONG),
        ),
    ),
    *past(
        {
            "embeds": [
                {
                    "title": "t",
                    "footer": {"text": "f"},
                    "author": {"name": "a"},
                    "fields": [{"name": "n", "value": "v"}],
                }
            ]
        },
        (
            ("embeds.0.footer.text", GONE, REQUIRED),
            ("embeds.0.footer.icon_url", LONG_URL, LONG),
            ("embeds.0.footer.icon_url", "nowhere", "URL_TYPE_INVALID_URL"),
            ("embeds.0.author.icon_url", LONG_URL, LONG),
            ("embeds.0.author.icon_url", "ftp://x/y", "URL_TYPE_INVALID_SCHEME"),
            ("embeds.0.author.url", LONG_URL, LONG),
            ("embeds.0.author.url", "attachment://x", "URL_TYPE_INVALID_SCHEME"),
            ("embeds.0.author.name", GONE, REQUIRED),
            ("embeds.0.fields.0.name", GONE, REQUIRED),
            ("embeds.0.fields.0.value", GONE, REQUIRED),
        ),
    ),
    *past(
        {"content": "x", "attachments": [{"id": 0}], "sticker_ids": [], "allowed_mentions": {}},
        (
            ("attachments.0.id", GONE, REQUIRED),
            ("attachments.0.description", "x" * 1025, LONG),
            ("sticker_ids", ["1", "2", "3", "4"], LONG),
            ("allowed_mentions.roles", [str(number) for number in range(101)], LONG),
        ),
    ),
    *past(
        {"poll": _QUESTION},
        (
            ("poll.question.text", GONE, REQUIRED),
            ("poll.question.text", "", REQUIRED),
            ("poll.question.text", "x" * 301, BAD),
            ("poll.answers", GONE, REQUIRED),
            ("poll.answers", [], REQUIRED),
            ("poll.answers.0.poll_media.text", GONE, REQUIRED),
            ("poll.answers.0.poll_media.text", "", REQUIRED),
            ("poll.duration", 0, MIN),
        ),
    ),
    *_components(),
)

# ------------------------------------------------------------ modals

_IN_LABEL, _IN_ROW = "components.0.component.", "components.0.components.0."
_FILES, _BOX = {"type": 19, "custom_id": "f"}, {"type": 23, "custom_id": "b"}
_RADIOS = {"type": 21, "custom_id": "r", "options": options(2)}
_CHECKS = {"type": 22, "custom_id": "c", "options": options(2)}
_ENTRY: tuple[Bound, ...] = (
    *_NAMED,
    ("style", GONE, REQUIRED),
    ("style", 3, CHOICE),
    ("min_length", -1, MIN),
    ("min_length", 4001, MAX),
    ("max_length", 0, MIN),
)
_INPUTS: tuple[tuple[dict[str, Any], str, tuple[Bound, ...]], ...] = (
    (label(entry()), _IN_LABEL, _ENTRY),
    (row(entry(label="l")), _IN_ROW, (("label", "", REQUIRED), ("label", "x" * 46, BAD))),
    (
        label(entry()),
        "components.0.",
        (("label", GONE, REQUIRED), ("label", "", REQUIRED), ("component", GONE, REQUIRED)),
    ),
    (label(_FILES), _IN_LABEL, (*_NAMED, *_FEW)),
    (label(_RADIOS), _IN_LABEL, (*_NAMED, *_OPTIONS, ("options", options(11), BAD))),
    (label(_CHECKS), _IN_LABEL, (*_NAMED, *_OPTIONS, *_FEW, ("options", [], REQUIRED))),
    (label(_BOX), _IN_LABEL, _NAMED),
)


def _modals() -> Iterator[Row]:
    for number, (top, inside, bounds) in enumerate(_INPUTS):
        wrong = (*bounds, ("id", -1, MIN))
        rows = past(modal(top), ((inside + path, value, code) for path, value, code in wrong))
        for name, body, path, code in rows:
            yield f"{number} {name}", body, f"data.{path}", code


MODALS: tuple[Row, ...] = (
    *(
        (name, body, f"data.{path}", code)
        for name, body, path, code in past(
            modal(),
            (
                ("custom_id", GONE, REQUIRED),
                ("custom_id", "", REQUIRED),
                ("title", GONE, REQUIRED),
                ("title", "", REQUIRED),
                ("components", GONE, REQUIRED),
                ("components", [], REQUIRED),
            ),
        )
    ),
    *_modals(),
)

# ------------------------------------------------------------ callbacks, threads, commands

CALLBACKS: tuple[Row, ...] = tuple(
    past(
        {"type": 8, "data": {"choices": choices(1, name_localizations={})}},
        (
            ("data.choices", GONE, REQUIRED),
            ("data.choices.0.name", GONE, REQUIRED),
            ("data.choices.0.name", "", REQUIRED),
            ("data.choices.0.name", "x" * 101, BAD),
            ("data.choices.0.value", "x" * 101, LONG),
            ("data.choices.0.name_localizations.th", "x" * 101, BAD),
            ("data.choices.0.name_localizations.th", "", REQUIRED),
            ("data.choices.0.value", TOO_MUCH, MAX),
            ("data.choices.0.value", -TOO_MUCH, MIN),
        ),
    )
)
CHANNELS: tuple[Row, ...] = tuple(
    past(
        {"name": "x", "applied_tags": []},
        (
            ("name", "", REQUIRED),
            ("name", "x" * 101, BAD),
            ("topic", "x" * 1025, LONG),
            ("rate_limit_per_user", 21601, MAX),
            ("rate_limit_per_user", -1, MIN),
            ("auto_archive_duration", 61, CHOICE),
            ("applied_tags", [str(number) for number in range(6)], LONG),
        ),
    )
)
THREADS: tuple[Row, ...] = tuple(
    past({"name": "x"}, (("name", "", REQUIRED), ("rate_limit_per_user", 21601, MAX), ("rate_limit_per_user", -1, MIN)))
)
COMMANDS: tuple[Row, ...] = (
    *past(command(), (("0.name", GONE, REQUIRED), ("0.name", "", REQUIRED), ("0.type", 9, CHOICE))),
    *past(
        command(name_localizations={"th": "x"}, description_localizations={"th": "x"}),
        (
            ("0.name_localizations.th", "", REQUIRED),
            ("0.description_localizations.th", "", REQUIRED),
            ("0.description_localizations.th", "x" * 101, BAD),
        ),
    ),
    *past(
        option(name_localizations={"th": "x"}, description_localizations={"th": "x"}),
        (
            ("0.options.0.name_localizations.th", "", REQUIRED),
            ("0.options.0.name_localizations.th", "x" * 33, BAD),
            ("0.options.0.description_localizations.th", "", REQUIRED),
            ("0.options.0.description_localizations.th", "x" * 101, BAD),
        ),
    ),
    *past(
        option(choices=choices(2, name_localizations={"th": "x"})),
        (
            ("0.options.0.choices.1.name", "c0", "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS"),
            ("0.options.0.choices.0.name_localizations.tlh", "q", "DICT_TYPE_INVALID_KEY"),
            ("0.options.0.choices.0.name_localizations.th", "", REQUIRED),
            ("0.options.0.choices.0.name_localizations.th", "x" * 101, BAD),
        ),
    ),
    *past(
        option(type=4, choices=[{"name": "c", "value": 1}]),
        (
            ("0.options.0.choices.0.value", TOO_MUCH, MAX),
            ("0.options.0.choices.0.value", -TOO_MUCH, MIN),
            ("0.options.0.min_value", TOO_MUCH, MAX),
            ("0.options.0.min_value", -TOO_MUCH, MIN),
            ("0.options.0.max_value", TOO_MUCH, MAX),
            ("0.options.0.max_value", -TOO_MUCH, MIN),
        ),
    ),
    *past(
        option(choices=choices(1)),
        (
            ("0.options.0.name", GONE, REQUIRED),
            ("0.options.0.name", "", REQUIRED),
            ("0.options.0.name", "x" * 33, BAD),
            ("0.options.0.description", GONE, REQUIRED),
            ("0.options.0.description", "", REQUIRED),
            ("0.options.0.type", GONE, REQUIRED),
            ("0.options.0.type", 12, CHOICE),
            ("0.options.0.choices.0.name", GONE, REQUIRED),
            ("0.options.0.choices.0.name", "", REQUIRED),
            ("0.options.0.min_length", -1, MIN),
            ("0.options.0.min_length", 6001, MAX),
            ("0.options.0.max_length", 0, MIN),
        ),
    ),
    *past(
        option(type=1),
        (("0.options.0.options", [{"name": f"o{n}", "description": "d", "type": 3} for n in range(26)], LONG),),
    ),
)
