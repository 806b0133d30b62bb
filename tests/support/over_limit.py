"""What Discord refuses, row by row: a name, the body, and where and how the refusal names it."""

from typing import Any

V2 = 1 << 15
Row = tuple[str, Any, str, str]

LONG, REQUIRED, BAD, TYPE = "BASE_TYPE_MAX_LENGTH", "BASE_TYPE_REQUIRED", "BASE_TYPE_BAD_LENGTH", "UNION_TYPE_CHOICES"


def text(content: str = "x") -> dict[str, Any]:
    """Return a text display."""
    return {"type": 10, "content": content}


def button(**fields: Any) -> dict[str, Any]:
    """Return a button."""
    return {"type": 2, "style": 1, "label": "b", "custom_id": "b"} | fields


def row(*children: dict[str, Any]) -> dict[str, Any]:
    """Return an action row."""
    return {"type": 1, "components": list(children)}


def select(**fields: Any) -> dict[str, Any]:
    """Return a string select."""
    return {"type": 3, "custom_id": "s", "options": options(2)} | fields


def options(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Return so many options."""
    return [{"label": f"o{number}", "value": f"o{number}"} | fields for number in range(count)]


def v2(*components: Any) -> dict[str, Any]:
    """Return a Components V2 message."""
    return {"flags": V2, "components": list(components)}


def rows(*children: dict[str, Any]) -> dict[str, Any]:
    """Return a message with one action row."""
    return {"content": "x", "components": [row(*children)]}


def embed(**fields: Any) -> dict[str, Any]:
    """Return a message with one embed."""
    return {"embeds": [fields]}


def field(**fields: Any) -> dict[str, Any]:
    """Return a message with one embed field."""
    return embed(fields=[{"name": "n", "value": "v"} | fields])


def poll(**fields: Any) -> dict[str, Any]:
    """Return a message with a poll."""
    answers = [{"poll_media": {"text": "yes"}}]
    return {"poll": {"question": {"text": "q"}, "answers": answers} | fields}


def file(url: str) -> dict[str, Any]:
    """Return a file component."""
    return {"type": 13, "file": {"url": url}}


def gallery(count: int) -> dict[str, Any]:
    """Return a media gallery."""
    return {"type": 12, "items": [{"media": {"url": "https://example.org/x.png"}}] * count}


def container(*children: Any) -> dict[str, Any]:
    """Return a container."""
    return {"type": 17, "components": list(children)}


MESSAGES: tuple[Row, ...] = (
    ("content of 2001", {"content": "x" * 2001}, "content", LONG),
    ("nonce of 26", {"content": "x", "nonce": "x" * 26}, "nonce", LONG),
    ("11 embeds", {"embeds": [{"title": "t"}] * 11}, "embeds", LONG),
    ("embed title of 257", embed(title="x" * 257), "embeds.0.title", LONG),
    ("embed description of 4097", embed(description="x" * 4097), "embeds.0.description", LONG),
    ("26 embed fields", embed(fields=[{"name": "n", "value": "v"}] * 26), "embeds.0.fields", LONG),
    ("field name of 257", field(name="x" * 257), "embeds.0.fields.0.name", BAD),
    ("field value of 1025", field(value="x" * 1025), "embeds.0.fields.0.value", BAD),
    ("empty field value", field(value=""), "embeds.0.fields.0.value", REQUIRED),
    ("empty field name", field(name=""), "embeds.0.fields.0.name", REQUIRED),
    ("footer of 2049", embed(title="t", footer={"text": "x" * 2049}), "embeds.0.footer.text", LONG),
    ("author of 257", embed(title="t", author={"name": "x" * 257}), "embeds.0.author.name", LONG),
    ("6001 over all embeds", {"embeds": [{"description": "x" * 3001}] * 2}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"),
    ("embed colour past white", embed(title="t", color=0x1000000), "embeds.0.color", "NUMBER_TYPE_MAX"),
    ("embed url of no form", embed(title="t", url="nowhere"), "embeds.0.url", "URL_TYPE_INVALID_URL"),
    ("embed image scheme", embed(image={"url": "ftp://x/y"}), "embeds.0.image.url", "URL_TYPE_INVALID_SCHEME"),
    ("6 buttons in a row", rows(*(button(custom_id=str(n)) for n in range(6))), "components.0.components", BAD),
    ("empty row", rows(), "components.0.components", REQUIRED),
    (
        "6 rows",
        {"content": "x", "components": [row(button(custom_id=str(n))) for n in range(6)]},
        "components",
        LONG,
    ),
    (
        "select beside a button",
        rows(select(), button()),
        "components.0.components",
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
    ),
    ("custom_id of 101", rows(button(custom_id="x" * 101)), "components.0.components.0.custom_id", BAD),
    ("label of 81", rows(button(label="x" * 81)), "components.0.components.0.label", LONG),
    ("button without custom_id", rows(button(custom_id=None)), "components.0.components.0.custom_id", REQUIRED),
    (
        "link with custom_id",
        rows(button(style=5, url="https://example.org")),
        "components.0.components.0.custom_id",
        "BUTTON_COMPONENT_INVALID_FIELD",
    ),
    (
        "link without url",
        rows(button(style=5, custom_id=None)),
        "components.0.components.0.url",
        REQUIRED,
    ),
    (
        "link of no form",
        rows(button(style=5, custom_id=None, url="nowhere")),
        "components.0.components.0.url",
        "URL_TYPE_INVALID_URL",
    ),
    ("button without a face", rows(button(label=None)), "components.0.components.0", "BUTTON_COMPONENT_EMPTY"),
    ("unknown style", rows(button(style=9)), "components.0.components.0.style", "BASE_TYPE_CHOICES"),
    (
        "custom_id twice",
        rows(button(), button()),
        "components.0.components.1.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    ("no options", rows(select(options=[])), "components.0.components.0.options", REQUIRED),
    ("26 options", rows(select(options=options(26))), "components.0.components.0.options", BAD),
    ("placeholder of 151", rows(select(placeholder="x" * 151)), "components.0.components.0.placeholder", LONG),
    (
        "option label of 101",
        rows(select(options=options(1, label="x" * 101))),
        "components.0.components.0.options.0.label",
        BAD,
    ),
    (
        "option description of 101",
        rows(select(options=options(1, description="x" * 101))),
        "components.0.components.0.options.0.description",
        LONG,
    ),
    (
        "option value twice",
        rows(select(options=options(2, value="same"))),
        "components.0.components.0.options.1.value",
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
    (
        "min_values past max_values",
        rows(select(min_values=2, max_values=1)),
        "components.0.components.0.min_values",
        "SELECT_COMPONENT_BAD_RANGE",
    ),
    (
        "max_values past the options",
        rows(select(max_values=3)),
        "components.0.components.0.max_values",
        "NUMBER_TYPE_MAX",
    ),
    (
        "text input in a message",
        rows({"type": 4, "custom_id": "t", "style": 1}),
        "components.0.components.0.type",
        TYPE,
    ),
    ("V2 without its flag", {"content": "x", "components": [text()]}, "components.0.type", TYPE),
    (
        "content with V2",
        v2(text()) | {"content": "x"},
        "content",
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
    ("embeds with V2", v2(text()) | embed(title="t"), "embeds", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"),
    ("poll with V2", v2(text()) | poll(), "poll", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"),
    ("41 at the top", v2(*(text() for _ in range(41))), "components", LONG),
    (
        "41 counted nested",
        v2(container(*(text() for _ in range(38))), text(), text()),
        "components",
        "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
    ),
    ("text display of 4001", v2(text("x" * 4001)), "components.0.content", BAD),
    (
        "4001 over all texts",
        v2(text("x" * 2000), text("x" * 2001)),
        "components",
        "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
    ),
    ("empty text display", v2(text("")), "components.0.content", REQUIRED),
    ("empty container", v2(container()), "components.0.components", REQUIRED),
    ("container in a container", v2(container(container(text()))), "components.0.components.0.type", TYPE),
    ("button at the top", v2(button()), "components.0.type", TYPE),
    (
        "section of 4 texts",
        v2({"type": 9, "components": [text()] * 4, "accessory": button()}),
        "components.0.components",
        BAD,
    ),
    ("section without accessory", v2({"type": 9, "components": [text()]}), "components.0.accessory", REQUIRED),
    (
        "section with a text beside it",
        v2({"type": 9, "components": [text()], "accessory": text()}),
        "components.0.accessory.type",
        TYPE,
    ),
    ("gallery of 11", v2(gallery(11)), "components.0.items", BAD),
    ("empty gallery", v2(gallery(0)), "components.0.items", REQUIRED),
    ("file from the web", v2(file("https://example.org/x")), "components.0.file.url", "URL_TYPE_INVALID_SCHEME"),
    (
        "file that is not there",
        v2(file("attachment://no.txt")),
        "components.0.file.url",
        "MESSAGE_ATTACHMENT_NOT_FOUND",
    ),
    ("separator spacing 3", v2({"type": 14, "spacing": 3}), "components.0.spacing", "BASE_TYPE_CHOICES"),
    (
        "accent past white",
        v2(container(text()) | {"accent_color": 1 << 24}),
        "components.0.accent_color",
        "NUMBER_TYPE_MAX",
    ),
    (
        "101 mentioned users",
        {"content": "x", "allowed_mentions": {"users": [str(n) for n in range(101)]}},
        "allowed_mentions.users",
        LONG,
    ),
    (
        "mentions parsed and listed",
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
    ("11 poll answers", poll(answers=[{"poll_media": {"text": "a"}}] * 11), "poll.answers", BAD),
    ("poll answer of 56", poll(answers=[{"poll_media": {"text": "x" * 56}}]), "poll.answers.0.poll_media.text", BAD),
    ("poll of 769 hours", poll(duration=769), "poll.duration", "NUMBER_TYPE_MAX"),
    ("11 attachments", {"content": "x", "attachments": [{"id": n} for n in range(11)]}, "attachments", LONG),
)


def label(component: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a label around an input."""
    return {"type": 18, "label": "l", "component": component} | fields


def entry(**fields: Any) -> dict[str, Any]:
    """Return a text input."""
    return {"type": 4, "custom_id": "t", "style": 1} | fields


def modal(*components: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a modal."""
    return {"custom_id": "m", "title": "t", "components": list(components) or [label(entry())]} | fields


def inner(component: dict[str, Any]) -> dict[str, Any]:
    """Return a modal with one input."""
    return modal(label(component))


_IN = "data.components.0.component"
MODALS: tuple[Row, ...] = (
    ("title of 46", modal(title="x" * 46), "data.title", BAD),
    ("modal custom_id of 101", modal(custom_id="x" * 101), "data.custom_id", BAD),
    ("6 at the top", modal(*(label(entry(custom_id=str(n))) for n in range(6))), "data.components", BAD),
    ("label of 46", modal(label(entry(), label="x" * 46)), "data.components.0.label", BAD),
    ("label description of 101", modal(label(entry(), description="x" * 101)), "data.components.0.description", LONG),
    ("input placeholder of 101", inner(entry(placeholder="x" * 101)), f"{_IN}.placeholder", LONG),
    ("value of 4001", inner(entry(value="x" * 4001)), f"{_IN}.value", LONG),
    ("max_length of 4001", inner(entry(max_length=4001)), f"{_IN}.max_length", "NUMBER_TYPE_MAX"),
    (
        "min_length past max_length",
        inner(entry(min_length=9, max_length=3)),
        f"{_IN}.min_length",
        "TEXT_INPUT_BAD_RANGE",
    ),
    ("button in a modal", modal(row(button())), "data.components.0.components.0.type", TYPE),
    ("button in a label", inner(button()), f"{_IN}.type", TYPE),
    ("11 files", inner({"type": 19, "custom_id": "f", "max_values": 11}), f"{_IN}.max_values", "NUMBER_TYPE_MAX"),
    ("radio of 1", inner({"type": 21, "custom_id": "r", "options": options(1)}), f"{_IN}.options", BAD),
    ("11 checkboxes", inner({"type": 22, "custom_id": "c", "options": options(11)}), f"{_IN}.options", BAD),
    (
        "input id twice",
        modal(label(entry()), label(entry())),
        "data.components.1.component.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
)


CALLBACKS: tuple[Row, ...] = (
    ("reply of 2001", {"type": 4, "data": {"content": "x" * 2001}}, "data.content", LONG),
    ("update of a command", {"type": 7, "data": {"content": "x"}}, "type", "BASE_TYPE_CHOICES"),
    ("deferred update of a command", {"type": 6}, "type", "BASE_TYPE_CHOICES"),
    ("choices for a command", {"type": 8, "data": {"choices": []}}, "type", "BASE_TYPE_CHOICES"),
    (
        "26 choices",
        {"type": 8, "data": {"choices": [{"name": f"c{n}", "value": n} for n in range(26)]}},
        "data.choices",
        LONG,
    ),
    ("no such callback", {"type": 99}, "type", "BASE_TYPE_CHOICES"),
)
THREADS: tuple[Row, ...] = (
    ("thread name of 101", {"name": "x" * 101, "type": 11}, "name", BAD),
    ("thread without a name", {"type": 11}, "name", REQUIRED),
    (
        "archive after a day and a bit",
        {"name": "x", "auto_archive_duration": 1441},
        "auto_archive_duration",
        "BASE_TYPE_CHOICES",
    ),
)
POSTS: tuple[Row, ...] = (
    (
        "6 tags",
        {"name": "x", "message": {"content": "x"}, "applied_tags": [str(n) for n in range(6)]},
        "applied_tags",
        LONG,
    ),
    ("first message of 2001", {"name": "x", "message": {"content": "x" * 2001}}, "message.content", LONG),
)
"""In a forum."""
AT_THE_LIMIT: tuple[dict[str, Any], ...] = (
    {"content": "x" * 2000},
    {"embeds": [{"description": "x" * 3000}] * 2},
    rows(*(button(custom_id=str(n)) for n in range(5))),
    rows(select(options=options(25), max_values=25)),
    v2(container(*(text("x" * 100) for _ in range(39)))),
    v2(text("x" * 4000)),
)
"""What must still pass."""
