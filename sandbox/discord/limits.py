"""Discord's limits as one table.

Source: docs, "Message", "Components", "Application Commands" and "Threads". The official description has about half.
"""

from sandbox.discord.checking import Limit, required, typed
from sandbox.discord.kinds import ID, INT, LIST, NUMBER, OBJECT, SWITCH, TEXT, TEXT_OR_INT, TEXT_OR_NUMBER

MESSAGE = (
    Limit("content", 2000, kind=TEXT),
    Limit("nonce", 25, only=str, kind=TEXT_OR_INT),
    Limit("embeds", 10),
    Limit("embeds[].title", 256, kind=TEXT),
    Limit("embeds[].description", 4096, kind=TEXT),
    Limit("embeds[].url", 2048, kind=TEXT),
    Limit("embeds[].color", 0xFFFFFF, 0, kind=INT),
    Limit("embeds[].fields", 25),
    required("embeds[].fields[].name", 256, 1, kind=TEXT),
    required("embeds[].fields[].value", 1024, 1, kind=TEXT),
    required("embeds[].footer.text", 2048, kind=TEXT),
    Limit("embeds[].footer.icon_url", 2048, kind=TEXT),
    required("embeds[].author.name", 256, kind=TEXT),
    Limit("embeds[].author.url", 2048, kind=TEXT),
    Limit("embeds[].author.icon_url", 2048, kind=TEXT),
    required("embeds[].image.url", 2048, kind=TEXT),
    required("embeds[].thumbnail.url", 2048, kind=TEXT),
    Limit("components", 40, kind=LIST),
    Limit("attachments", 10),
    required("attachments[].id", kind=ID),
    Limit("attachments[].description", 1024, kind=TEXT),
    Limit("sticker_ids", 3),
    Limit("allowed_mentions.parse[]", allowed=("users", "roles", "everyone"), kind=TEXT),
    Limit("allowed_mentions.users", 100),
    Limit("allowed_mentions.roles", 100),
    required("message_reference.message_id", kind=ID),
    required("poll.question.text", 300, 1, kind=TEXT),
    required("poll.answers", 10, 1),
    required("poll.answers[].poll_media.text", 55, 1, kind=TEXT),
    Limit("poll.duration", 768, 1, kind=INT),
    *typed(INT, "flags"),
    *typed(ID, "sticker_ids[]", "allowed_mentions.users[]", "allowed_mentions.roles[]"),
    *typed(TEXT, "embeds[].timestamp", "attachments[].filename"),
    *typed(SWITCH, "tts", "enforce_nonce", "embeds[].fields[].inline", "message_reference.fail_if_not_exists"),
)
_ID = Limit("id", least=0, kind=INT)
_CUSTOM_ID = required("custom_id", 100, 1, kind=TEXT)
_FEW = (Limit("min_values", 10, 0, kind=INT), Limit("max_values", 10, 1, kind=INT))
_SELECT = (
    _ID,
    _CUSTOM_ID,
    Limit("placeholder", 150, kind=TEXT),
    Limit("min_values", 25, 0, kind=INT),
    Limit("max_values", 25, 1, kind=INT),
)
_OPTION = (
    required("options[].label", 100, 1, kind=TEXT),
    required("options[].value", 100, 1, kind=TEXT),
    Limit("options[].description", 100, kind=TEXT),
)
COMPONENTS: dict[int, tuple[Limit, ...]] = {
    1: (_ID, required("components", 5, 1, kind=LIST)),
    2: (
        _ID,
        required("style", kind=INT),
        Limit("style", allowed=(1, 2, 3, 4, 5, 6)),
        Limit("custom_id", 100, 1, kind=TEXT),
        Limit("label", 80, kind=TEXT),
        Limit("url", 512, kind=TEXT),
    ),
    3: (*_SELECT, required("options", 25, 1), *_OPTION),
    4: (
        _ID,
        _CUSTOM_ID,
        required("style", kind=INT),
        Limit("style", allowed=(1, 2)),
        Limit("label", 45, 1, kind=TEXT),
        Limit("value", 4000, kind=TEXT),
        Limit("placeholder", 100, kind=TEXT),
        Limit("min_length", 4000, 0, kind=INT),
        Limit("max_length", 4000, 1, kind=INT),
    ),
    5: _SELECT,
    6: _SELECT,
    7: _SELECT,
    8: _SELECT,
    9: (_ID, required("components", 3, 1, kind=LIST), required("accessory")),
    10: (_ID, required("content", 4000, 1, kind=TEXT)),
    11: (
        _ID,
        required("media"),
        required("media.url", 2048, kind=TEXT),
        Limit("description", 1024, kind=TEXT),
    ),
    12: (
        _ID,
        required("items", 10, 1),
        required("items[].media.url", 2048, kind=TEXT),
        Limit("items[].description", 1024, kind=TEXT),
    ),
    13: (_ID, required("file"), required("file.url", 2048, kind=TEXT)),
    14: (_ID, Limit("spacing", allowed=(1, 2), kind=INT)),
    17: (_ID, required("components", 40, 1, kind=LIST), Limit("accent_color", 0xFFFFFF, 0, kind=INT)),
    18: (
        _ID,
        required("label", 45, 1, kind=TEXT),
        Limit("description", 100, kind=TEXT),
        required("component"),
    ),
    19: (_ID, _CUSTOM_ID, *_FEW),
    21: (_ID, _CUSTOM_ID, required("options", 10, 2), *_OPTION),
    22: (_ID, _CUSTOM_ID, required("options", 10, 1), *_OPTION, *_FEW),
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

MODAL = (
    required("custom_id", 100, 1, kind=TEXT),
    required("title", 45, 1, kind=TEXT),
    required("components", 5, 1, kind=LIST),
)
CALLBACK = (required("type", kind=INT), *typed(OBJECT, "data"))
INTEGER_MAX = 2**53 - 1
"""Whole numbers go so far both ways; JSON's readers keep no more of one."""
_CHOICE = (
    required("choices[].name", 100, 1, kind=TEXT),
    Limit("choices[].name_localizations.{}", 100, 1, kind=TEXT),
    Limit("choices[].value", 100, only=str, kind=TEXT_OR_NUMBER),
    Limit("choices[].value", INTEGER_MAX, -INTEGER_MAX, only=int),
)
CHOICES = (required("choices", 25), *_CHOICE)
_SLOW = Limit("rate_limit_per_user", 21600, 0, kind=INT)
_ARCHIVE = Limit("auto_archive_duration", allowed=(60, 1440, 4320, 10080), kind=INT)
_TAGS = (Limit("applied_tags", 5), *typed(ID, "applied_tags[]"))
THREAD = (required("name", 100, 1, kind=TEXT), _ARCHIVE, _SLOW, *_TAGS, *typed(OBJECT, "message"))
CHANNEL = (
    Limit("name", 100, 1, kind=TEXT),
    Limit("topic", 1024, kind=TEXT),
    _ARCHIVE,
    _SLOW,
    *_TAGS,
    *typed(INT, "flags"),
    *typed(SWITCH, "archived", "locked"),
)
"""What an edit of a channel or a thread may set."""
FORUM_TOPIC_MAX = 4096
BULK_DELETE = typed(ID, "messages[]")
_PAGE = typed(ID, "before", "after", "around")
HISTORY = (Limit("limit", 100, 1, kind=INT), *_PAGE)
MEMBERS = (Limit("limit", 1000, 1, kind=INT), *typed(ID, "after"))
REACTIONS = (Limit("limit", 100, 1, kind=INT), *typed(ID, "after"))
"""These three are of queries."""
_NAMED = (
    Limit("name_localizations.{}", 32, 1, kind=TEXT),
    Limit("description_localizations.{}", 100, 1, kind=TEXT),
)
COMMAND = (
    required("name", 32, 1, kind=TEXT),
    Limit("description", 100, kind=TEXT),
    *_NAMED,
    Limit("type", allowed=(1, 2, 3, 4), kind=INT),
    Limit("options", 25),
    *typed(OBJECT, "options[]"),
    *typed(ID, "default_member_permissions"),
    *typed(INT, "contexts[]", "integration_types[]"),
    *typed(SWITCH, "nsfw"),
)
OPTION = (
    required("name", 32, 1, kind=TEXT),
    required("description", 100, 1, kind=TEXT),
    *_NAMED,
    required("type", kind=INT),
    Limit("type", allowed=tuple(range(1, 12))),
    Limit("options", 25),
    *typed(OBJECT, "options[]"),
    Limit("choices", 25),
    *_CHOICE,
    Limit("min_value", INTEGER_MAX, -INTEGER_MAX, kind=NUMBER),
    Limit("max_value", INTEGER_MAX, -INTEGER_MAX, kind=NUMBER),
    Limit("min_length", 6000, 0, kind=INT),
    Limit("max_length", 6000, 1, kind=INT),
    *typed(SWITCH, "required", "autocomplete"),
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
