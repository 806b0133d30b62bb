"""Values of a wrong JSON type, field by field: a sample, the place, the value, and the refusal's name for it."""

from collections.abc import Iterator
from typing import Any

from tests.support.over_limit import (
    Row,
    button,
    container,
    entry,
    file,
    gallery,
    label,
    modal,
    options,
    poll,
    row,
    select,
    text,
    v2,
)
from tests.support.over_limit_bounds import Bound, past
from tests.support.over_limit_commands import choices, command, option

NO_TEXT, NO_NUMBER, NO_SWITCH = "STRING_TYPE_CONVERT", "NUMBER_TYPE_COERCE", "BOOLEAN_TYPE_CONVERT"
NO_OBJECT, NO_LIST = "MODEL_TYPE_CONVERT", "LIST_TYPE_CONVERT"


def _each(code: str, value: Any, *paths: str) -> tuple[Bound, ...]:
    return tuple((path, value, code) for path in paths)


_EMBED = {
    "footer": {"text": "f"},
    "author": {"name": "a"},
    "image": {"url": "https://example.org/"},
    "thumbnail": {"url": "https://example.org/"},
    "fields": [{"name": "n", "value": "v"}],
}
_PLAIN = {
    "content": "x",
    "embeds": [_EMBED],
    "attachments": [{"id": 0}],
    "sticker_ids": ["1"],
    "allowed_mentions": {"parse": ["users"], "users": [], "roles": ["1"]},
    "message_reference": {"message_id": "1"},
}
MESSAGES: tuple[Row, ...] = (
    *past(
        _PLAIN,
        (
            *_each(NO_TEXT, 5, "content", "embeds.0.title", "embeds.0.description", "embeds.0.url"),
            *_each(NO_TEXT, 5, "embeds.0.timestamp", "embeds.0.footer.text", "embeds.0.footer.icon_url"),
            *_each(NO_TEXT, 5, "embeds.0.author.name", "embeds.0.author.url", "embeds.0.author.icon_url"),
            *_each(NO_TEXT, 5, "embeds.0.image.url", "embeds.0.thumbnail.url", "embeds.0.fields.0.name"),
            *_each(NO_TEXT, 5, "embeds.0.fields.0.value", "attachments.0.filename", "attachments.0.description"),
            *_each(NO_TEXT, True, "nonce", "allowed_mentions.parse.0"),
            *_each(NO_NUMBER, "x", "flags", "embeds.0.color", "attachments.0.id", "sticker_ids.0"),
            *_each(NO_NUMBER, "x", "allowed_mentions.roles.0", "message_reference.message_id"),
            *_each(NO_NUMBER, "1" * 5000, "attachments.0.id"),
            *_each(NO_NUMBER, True, "flags"),
            *_each(NO_SWITCH, "x", "tts", "enforce_nonce", "embeds.0.fields.0.inline"),
            *_each(NO_SWITCH, "x", "message_reference.fail_if_not_exists"),
            *_each(NO_OBJECT, "x", "embeds.0", "embeds.0.footer", "embeds.0.author", "embeds.0.image"),
            *_each(NO_OBJECT, "x", "embeds.0.thumbnail", "embeds.0.fields.0", "attachments.0", "allowed_mentions"),
            *_each(NO_OBJECT, None, "embeds.0", "embeds.0.fields.0"),
            *_each(NO_OBJECT, [], "message_reference", "poll"),
            *_each(NO_LIST, "x", "embeds", "embeds.0.fields", "components", "attachments", "sticker_ids"),
            *_each(NO_LIST, "x", "allowed_mentions.users", "allowed_mentions.roles", "allowed_mentions.parse"),
            ("message_reference", {}, ""),
            ("allowed_mentions.users", ["x"], ""),
            ("allowed_mentions.parse", ["someone"], ""),
        ),
    ),
    *past(
        poll(),
        (
            *_each(NO_TEXT, 5, "poll.question.text", "poll.answers.0.poll_media.text"),
            *_each(NO_NUMBER, "x", "poll.duration"),
            *_each(NO_LIST, {}, "poll.answers"),
        ),
    ),
)
"""An empty code stands for a fault deeper down; see `settled` below."""
DEEPER = {
    "message_reference": ("message_reference.message_id", "BASE_TYPE_REQUIRED"),
    "allowed_mentions.users": ("allowed_mentions.users.0", NO_NUMBER),
    "allowed_mentions.parse": ("allowed_mentions.parse.0", "BASE_TYPE_CHOICES"),
}
MESSAGES = tuple(
    (name, body, *DEEPER[path]) if code == "" else (name, body, path, code) for name, body, path, code in MESSAGES
)

_SELECT = (
    *_each(NO_TEXT, 5, "custom_id", "placeholder"),
    *_each(NO_NUMBER, "x", "min_values", "max_values"),
)
_OPTIONS = (
    *_each(NO_TEXT, 5, "options.0.label", "options.0.value", "options.0.description"),
    *_each(NO_LIST, "x", "options"),
    *_each(NO_OBJECT, "x", "options.0"),
)
_PICTURE = {"type": 11, "media": {"url": "https://example.org/"}}
_SECTION = {"type": 9, "components": [text()], "accessory": _PICTURE}
_LINK = {"type": 2, "style": 5, "label": "b", "url": "https://example.org/"}
_BOXES: tuple[tuple[str, Any, str, tuple[Bound, ...]], ...] = (
    ("row", row(button()), "", _each(NO_LIST, 5, "components")),
    ("button", row(button()), "components.0.", (*_each(NO_TEXT, [5], "custom_id", "label"), ("style", "x", NO_NUMBER))),
    ("link", row(_LINK), "components.0.", _each(NO_TEXT, 5, "url")),
    ("select", row(select()), "components.0.", (*_SELECT, *_OPTIONS)),
    *((f"select {kind}", row({"type": kind, "custom_id": "s"}), "components.0.", _SELECT) for kind in (5, 6, 7, 8)),
    ("section", _SECTION, "", _each(NO_LIST, 5, "components")),
    ("text", text(), "", _each(NO_TEXT, 5, "content")),
    ("thumbnail", _SECTION, "accessory.", (*_each(NO_TEXT, 5, "media.url", "description"), ("media", 5, NO_OBJECT))),
    (
        "gallery",
        gallery(1),
        "",
        (*_each(NO_TEXT, 5, "items.0.media.url", "items.0.description"), ("items", 5, NO_LIST)),
    ),
    ("file", file("attachment://x"), "", (*_each(NO_TEXT, 5, "file.url"), ("file", 5, NO_OBJECT))),
    ("separator", {"type": 14}, "", _each(NO_NUMBER, "x", "spacing")),
    ("container", container(text()), "", (*_each(NO_NUMBER, "x", "accent_color"), ("components", 5, NO_LIST))),
)


def _components() -> Iterator[Row]:
    for name, top, inside, bounds in _BOXES:
        start = f"components.0.{inside}"
        wrong = (*bounds, ("id", "x", NO_NUMBER))
        for what, body, path, code in past(v2(top), ((start + path, value, code) for path, value, code in wrong)):
            yield f"{name}: {what}", body, path, code


MESSAGES = (*MESSAGES, *_components())

_FEW = (*_each(NO_TEXT, 5, "custom_id"), *_each(NO_NUMBER, "x", "min_values", "max_values"))
_ENTRY = (
    *_each(NO_TEXT, 5, "custom_id", "label", "value", "placeholder"),
    *_each(NO_NUMBER, "x", "style", "min_length", "max_length"),
)
_INPUTS: tuple[tuple[dict[str, Any], str, tuple[Bound, ...]], ...] = (
    (label(entry()), "components.0.component.", _ENTRY),
    (label(entry()), "components.0.", _each(NO_TEXT, 5, "label", "description")),
    (label({"type": 19, "custom_id": "f"}), "components.0.component.", _FEW),
    (label({"type": 21, "custom_id": "r", "options": options(2)}), "components.0.component.", (*_FEW[:1], *_OPTIONS)),
    (label({"type": 22, "custom_id": "c", "options": options(2)}), "components.0.component.", (*_FEW, *_OPTIONS)),
    (label({"type": 23, "custom_id": "b"}), "components.0.component.", _FEW[:1]),
)


def _modals() -> Iterator[Row]:
    yield from past(modal(), (*_each(NO_TEXT, 5, "custom_id", "title"), *_each(NO_LIST, 5, "components")))
    for number, (top, inside, bounds) in enumerate(_INPUTS):
        wrong = (*bounds, ("id", "x", NO_NUMBER))
        for name, body, path, code in past(modal(top), ((inside + path, *rest) for path, *rest in wrong)):
            yield f"{number} {name}", body, path, code


MODALS: tuple[Row, ...] = tuple((name, body, f"data.{path}", code) for name, body, path, code in _modals())

CALLBACKS: tuple[Row, ...] = (
    ("no type", {"data": {}}, "type", "BASE_TYPE_REQUIRED"),
    *past({"type": 4, "data": {"content": "x"}}, (("type", "x", NO_NUMBER), ("data", "x", NO_OBJECT))),
    *past({"type": 4, "data": {"content": "x"}}, (("data.content", 5, NO_TEXT),)),
    *past(
        {"type": 8, "data": {"choices": choices(1)}},
        (
            ("data.choices", "x", NO_LIST),
            ("data.choices.0", "x", NO_OBJECT),
            ("data.choices.0.name", 5, NO_TEXT),
            ("data.choices.0.value", [], NO_TEXT),
            ("data.choices.0.name_localizations", {"th": 5}, ""),
        ),
    ),
)
CALLBACKS = tuple(
    (name, body, f"{path}.th" if code == "" else path, code or NO_TEXT) for name, body, path, code in CALLBACKS
)
THREADS: tuple[Row, ...] = tuple(
    past(
        {"name": "x", "applied_tags": ["1"]},
        (
            *_each(NO_TEXT, 5, "name"),
            *_each(NO_NUMBER, "x", "auto_archive_duration", "rate_limit_per_user", "applied_tags.0"),
            *_each(NO_LIST, "x", "applied_tags"),
            *_each(NO_OBJECT, "x", "message"),
        ),
    )
)
CHANNELS: tuple[Row, ...] = tuple(
    past(
        {"name": "x", "applied_tags": ["1"]},
        (
            *_each(NO_TEXT, 5, "name", "topic"),
            *_each(NO_NUMBER, "x", "auto_archive_duration", "rate_limit_per_user", "applied_tags.0", "flags"),
            *_each(NO_LIST, "x", "applied_tags"),
            *_each(NO_SWITCH, "x", "archived", "locked"),
        ),
    )
)
BULK: tuple[Row, ...] = tuple(
    past({"messages": ["1", "2"]}, (("messages", "x", NO_LIST), ("messages.0", "x", NO_NUMBER)))
)

_TRANSLATED = {"name_localizations": {"th": "x"}, "description_localizations": {"th": "x"}}
_WORDS = (
    *_each(NO_TEXT, 5, "name", "description", "name_localizations.th", "description_localizations.th"),
    *_each(NO_OBJECT, "x", "name_localizations", "description_localizations"),
    *_each(NO_NUMBER, "x", "type"),
    *_each(NO_LIST, "x", "options"),
)
COMMANDS: tuple[Row, ...] = (
    ("no command", ["x"], "0", NO_OBJECT),
    *past(
        command(**_TRANSLATED, contexts=[0], integration_types=[0], options=[{}]),
        (
            *((f"0.{path}", value, code) for path, value, code in _WORDS),
            *_each(NO_NUMBER, "x", "0.default_member_permissions", "0.contexts.0", "0.integration_types.0"),
            *_each(NO_SWITCH, "x", "0.nsfw"),
            *_each(NO_OBJECT, "x", "0.options.0"),
        ),
    ),
    *past(
        option(**_TRANSLATED, choices=choices(1, name_localizations={"th": "x"}), options=[{}]),
        (
            *((f"0.options.0.{path}", value, code) for path, value, code in _WORDS),
            *_each(NO_TEXT, 5, "0.options.0.choices.0.name", "0.options.0.choices.0.name_localizations.th"),
            *_each(NO_TEXT, [], "0.options.0.choices.0.value"),
            *_each(NO_NUMBER, "x", "0.options.0.min_value", "0.options.0.max_value"),
            *_each(NO_NUMBER, "x", "0.options.0.min_length", "0.options.0.max_length"),
            *_each(NO_SWITCH, "x", "0.options.0.required", "0.options.0.autocomplete"),
            *_each(NO_OBJECT, "x", "0.options.0.options.0", "0.options.0.choices.0"),
        ),
    ),
)
QUERIES: tuple[tuple[str, str, str], ...] = (
    ("limit=abc", "limit", NO_NUMBER),
    ("limit=0", "limit", "NUMBER_TYPE_MIN"),
    ("limit=101", "limit", "NUMBER_TYPE_MAX"),
    ("before=abc", "before", NO_NUMBER),
    ("after=abc", "after", NO_NUMBER),
    ("around=abc", "around", NO_NUMBER),
)
"""Of a channel's messages."""
