"""Discord's limits as one table.

Source: docs, "Message", "Components", "Application Commands" and "Threads". The official description has about half.
"""

from sandbox.discord.checking import Limit, required

MESSAGE = (
    Limit("content", 2000),
    Limit("nonce", 25, only=str),
    Limit("embeds", 10),
    Limit("embeds[].title", 256),
    Limit("embeds[].description", 4096),
    Limit("embeds[].url", 2048),
    Limit("embeds[].color", 0xFFFFFF, 0),
    Limit("embeds[].fields", 25),
    required("embeds[].fields[].name", 256, 1),
    required("embeds[].fields[].value", 1024, 1),
    required("embeds[].footer.text", 2048),
    required("embeds[].author.name", 256),
    required("embeds[].image.url", 2048),
    required("embeds[].thumbnail.url", 2048),
    Limit("components", 40),
    Limit("attachments", 10),
    required("attachments[].id"),
    Limit("attachments[].description", 1024),
    Limit("sticker_ids", 3),
    Limit("allowed_mentions.users", 100),
    Limit("allowed_mentions.roles", 100),
    required("poll.question.text", 300, 1),
    required("poll.answers", 10, 1),
    required("poll.answers[].poll_media.text", 55, 1),
    Limit("poll.duration", 768, 1),
)
_ID = Limit("id", least=0)
_CUSTOM_ID = required("custom_id", 100, 1)
_SELECT = (_ID, _CUSTOM_ID, Limit("placeholder", 150), Limit("min_values", 25, 0), Limit("max_values", 25, 1))
_OPTION = (
    required("options[].label", 100, 1),
    required("options[].value", 100, 1),
    Limit("options[].description", 100),
)
COMPONENTS: dict[int, tuple[Limit, ...]] = {
    1: (_ID, required("components", 5, 1)),
    2: (
        _ID,
        required("style"),
        Limit("style", allowed=(1, 2, 3, 4, 5, 6)),
        Limit("custom_id", 100, 1),
        Limit("label", 80),
        Limit("url", 512),
    ),
    3: (*_SELECT, required("options", 25, 1), *_OPTION),
    4: (
        _ID,
        _CUSTOM_ID,
        required("style"),
        Limit("style", allowed=(1, 2)),
        Limit("label", 45, 1),
        Limit("value", 4000),
        Limit("placeholder", 100),
        Limit("min_length", 4000, 0),
        Limit("max_length", 4000, 1),
    ),
    5: _SELECT,
    6: _SELECT,
    7: _SELECT,
    8: _SELECT,
    9: (_ID, required("components", 3, 1), required("accessory")),
    10: (_ID, required("content", 4000, 1)),
    11: (_ID, required("media"), required("media.url", 2048), Limit("description", 1024)),
    12: (_ID, required("items", 10, 1), required("items[].media.url", 2048), Limit("items[].description", 1024)),
    13: (_ID, required("file"), required("file.url", 2048)),
    14: (_ID, Limit("spacing", allowed=(1, 2))),
    17: (_ID, required("components", 40, 1), Limit("accent_color", 0xFFFFFF, 0)),
    18: (_ID, required("label", 45, 1), Limit("description", 100), required("component")),
    19: (_ID, _CUSTOM_ID, Limit("min_values", 10, 0), Limit("max_values", 10, 1)),
    21: (_ID, _CUSTOM_ID, required("options", 10, 2), *_OPTION),
    22: (
        _ID,
        _CUSTOM_ID,
        required("options", 10, 1),
        *_OPTION,
        Limit("min_values", 10, 0),
        Limit("max_values", 10, 1),
    ),
    23: (_ID, _CUSTOM_ID),
}
"""By component type."""

_INPUTS = (3, 5, 6, 7, 8)
MAY_HOLD: dict[str, tuple[int, ...]] = {
    "message": (1,),
    "message v2": (1, 9, 10, 12, 13, 14, 17),
    "modal": (1, 10, 18),
    "message/1": (2, *_INPUTS),
    "modal/1": (4,),
    "9": (10,),
    "9.accessory": (2, 11),
    "17": (1, 9, 10, 12, 13, 14),
    "18.component": (4, *_INPUTS, 19, 21, 22, 23),
}
"""Which component types may stand where."""

MODAL = (required("custom_id", 100, 1), required("title", 45, 1), required("components", 5, 1))
CHOICES = (required("choices", 25), required("choices[].name", 100, 1), Limit("choices[].value", 100, only=str))
THREAD = (
    required("name", 100, 1),
    Limit("auto_archive_duration", allowed=(60, 1440, 4320, 10080)),
    Limit("rate_limit_per_user", 21600, 0),
    Limit("applied_tags", 5),
)
COMMAND = (required("name", 32, 1), Limit("description", 100), Limit("options", 25))
OPTION = (
    required("name", 32, 1),
    required("description", 100, 1),
    required("type"),
    Limit("type", allowed=tuple(range(1, 12))),
    Limit("options", 25),
    Limit("choices", 25),
    required("choices[].name", 100, 1),
    Limit("choices[].value", 100, only=str),
    Limit("min_length", 6000, 0),
    Limit("max_length", 6000, 1),
)
EMBED_TOTAL_CHARS, V2_TOTAL_CHARS, V2_TOTAL_COMPONENTS, LEGACY_ROWS = 6000, 4000, 40, 5
COMMAND_TOTAL_CHARS = 8000
COMMANDS_MAX = {1: 100, 2: 15, 3: 15}
LOCALES = frozenset(
    [
        "ar",
        "bg",
        "cs",
        "da",
        "de",
        "el",
        "en-GB",
        "en-US",
        "es-419",
        "es-ES",
        "fi",
        "fr",
        "he",
        "hi",
        "hr",
        "hu",
        "id",
        "it",
        "ja",
        "ko",
        "lt",
        "nl",
        "no",
        "pl",
        "pt-BR",
        "ro",
        "ru",
        "sv-SE",
        "th",
        "tr",
        "uk",
        "vi",
        "zh-CN",
        "zh-TW",
    ]
)
