"""What no single field shows: rules between the fields of a message or a modal, each a row of a table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.discord import limits
from sandbox.discord.checking import Limit, faults_in, misfits, repeated
from sandbox.discord.components import IS_COMPONENTS_V2, SELECTS
from sandbox.discord.kinds import Path
from sandbox.discord.problems import Fault
from sandbox.discord.wire import Payload

Placed = tuple[Path, Payload]
ROW_WIDTH = 5
CONTENT_TYPES = ("content", "embeds", "sticker_ids", "poll")


@dataclass(frozen=True, slots=True)
class Form:
    """A message or a modal on its way through the rules."""

    body: Payload
    whole: Payload
    """The body on top of what it edits."""
    file_names: frozenset[str]
    path: Path
    components: tuple[Placed, ...]
    is_v2: bool


def _typed(form: Form, *kinds: int) -> Iterator[Placed]:
    return (placed for placed in form.components if placed[1]["type"] in kinds)


# ------------------------------------------------------------ the tree of components


def placed_components(nodes: Any, path: Path) -> Iterator[Placed]:
    """Yield every component with where it stands, parents first."""
    for number, node in enumerate(nodes if isinstance(nodes, list) else ()):
        yield from _placed(node, (*path, number))


def _placed(node: Any, path: Path) -> Iterator[Placed]:
    if not isinstance(node, dict) or not isinstance(node.get("type"), int):
        return
    yield path, node
    yield from placed_components(node.get("components"), (*path, "components"))
    for name in ("accessory", "component"):
        yield from _placed(node.get(name), (*path, name))


def _nesting(form: Form, place: str) -> Iterator[Fault]:
    family = "modal" if place == "modal" else "message"
    start = form.path
    tops = _children(form.body)
    for number, node in enumerate(tops):
        yield from _fits(node, (*start, "components", number), place)
    for path, node in form.components:
        row = f"{family}/1" if node["type"] == 1 else str(node["type"])
        for number, child in enumerate(_children(node)):
            yield from _fits(child, (*path, "components", number), row)
        for name in ("accessory", "component"):
            if name in node:
                yield from _fits(node[name], (*path, name), f"{node['type']}.{name}")


def _children(node: Payload) -> list[Any]:
    inner = node.get("components")
    return inner if isinstance(inner, list) else []


def _fits(node: Any, path: Path, place: str) -> Iterator[Fault]:
    allowed = limits.MAY_HOLD.get(place, ())
    kind = node.get("type") if isinstance(node, dict) else None
    if kind not in allowed:
        shown = ", ".join(map(str, allowed)) + ("," if len(allowed) == 1 else "")
        yield Fault((*path, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({shown}).')


def _component_limits(form: Form) -> Iterator[Fault]:
    for path, node in form.components:
        yield from faults_in(node, limits.COMPONENTS.get(node["type"], ()), path)


# ------------------------------------------------------------ rules of components


def _row_widths(form: Form) -> Iterator[Fault]:
    for path, row in _typed(form, 1):
        children = row.get("components") or ()
        width = sum(ROW_WIDTH if child.get("type") != 2 else 1 for child in children if isinstance(child, dict))
        if width > ROW_WIDTH:
            text = f"The specified component exceeds the maximum width ({width} > {ROW_WIDTH})"
            yield Fault((*path, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", text)


def _custom_ids(form: Form) -> Iterator[Fault]:
    named = (((*path, "custom_id"), node["custom_id"]) for path, node in form.components if node.get("custom_id"))
    for path in repeated(named):
        yield Fault(path, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")


def _button_targets(form: Form) -> Iterator[Fault]:
    needed = {5: "url", 6: "sku_id"}
    for path, button in _typed(form, 2):
        target = needed.get(button.get("style", 1), "custom_id")
        others = [name for name in ("custom_id", "url", "sku_id") if name != target and button.get(name)]
        if not button.get(target):
            yield Fault((*path, target), "BASE_TYPE_REQUIRED", f"A {target} is required for this button")
        for name in others:
            yield Fault(
                (*path, name), "BUTTON_COMPONENT_INVALID_FIELD", f"A {name} and {target} cannot both be specified"
            )
        if target != "sku_id" and not (button.get("label") or button.get("emoji")):
            yield Fault(path, "BUTTON_COMPONENT_EMPTY", "A button needs a label or an emoji")


def _options(form: Form) -> Iterator[Fault]:
    for path, node in _typed(form, 3, 21, 22):
        options = [one for one in node.get("options") or () if isinstance(one, dict)]
        placed = (((*path, "options", number, "value"), one.get("value")) for number, one in enumerate(options))
        for where in repeated(placed):
            text = "The specified option value is already used"
            yield Fault(where, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", text)


def _ranges(form: Form) -> Iterator[Fault]:
    for path, node in form.components:
        if node["type"] == 4 and (node.get("min_length") or 0) > (node.get("max_length") or 4000):
            yield Fault((*path, "min_length"), "TEXT_INPUT_BAD_RANGE", "min_length cannot be greater than max_length")
        if node["type"] in SELECTS and (node.get("min_values") or 0) > (node.get("max_values") or 1):
            yield Fault((*path, "min_values"), "SELECT_COMPONENT_BAD_RANGE", "min_values must be at most max_values")
        if node["type"] == 3 and (node.get("max_values") or 1) > len(node.get("options") or ()):
            yield Fault((*path, "max_values"), "NUMBER_TYPE_MAX", "max_values cannot exceed the number of options")


def _urls(form: Form) -> Iterator[Fault]:
    for path, node in form.components:
        for where, url, schemes in _urls_of(node):
            yield from _url(form, (*path, *where), url, schemes)


def _urls_of(node: Payload) -> Iterator[tuple[Path, Any, tuple[str, ...]]]:
    web = ("http", "https")
    match node["type"]:
        case 2 if node.get("url"):
            yield ("url",), node["url"], (*web, "discord")
        case 11 if node.get("media"):
            yield ("media", "url"), node["media"].get("url"), (*web, "attachment")
        case 12:
            for number, item in enumerate(node.get("items") or ()):
                yield ("items", number, "media", "url"), (item.get("media") or {}).get("url"), (*web, "attachment")
        case 13 if node.get("file"):
            yield ("file", "url"), node["file"].get("url"), ("attachment",)


def _url(form: Form, path: Path, url: Any, schemes: tuple[str, ...]) -> Iterator[Fault]:
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or not parts.scheme or not (parts.netloc or parts.path):
        yield Fault(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
    elif parts.scheme not in schemes:
        text = f"Scheme must be one of {schemes}."
        yield Fault(path, "URL_TYPE_INVALID_SCHEME", text)
    elif parts.scheme == "attachment" and str(url).removeprefix("attachment://") not in form.file_names:
        yield Fault(path, "MESSAGE_ATTACHMENT_NOT_FOUND", f"The attachment {parts.netloc} is not on the message")


# ------------------------------------------------------------ rules of messages


def _embed_total(form: Form) -> Iterator[Fault]:
    total = 0
    for embed in form.body.get("embeds") or ():
        texts = [embed.get("title"), embed.get("description")]
        texts += [(embed.get(name) or {}).get(key) for name, key in (("footer", "text"), ("author", "name"))]
        texts += [one.get(name) for one in embed.get("fields") or () for name in ("name", "value")]
        total += sum(len(text) for text in texts if text)
    if total > limits.EMBED_TOTAL_CHARS:
        text = f"Embed size exceeds maximum size of {limits.EMBED_TOTAL_CHARS}"
        yield Fault((*form.path, "embeds"), "MAX_EMBED_SIZE_EXCEEDED", text)


def _embed_urls(form: Form) -> Iterator[Fault]:
    for number, embed in enumerate(form.body.get("embeds") or ()):
        path = (*form.path, "embeds", number)
        if embed.get("url"):
            yield from _url(form, (*path, "url"), embed["url"], ("http", "https"))
        for name, key in (("image", "url"), ("thumbnail", "url"), ("footer", "icon_url"), ("author", "icon_url")):
            if (embed.get(name) or {}).get(key):
                yield from _url(form, (*path, name, key), embed[name][key], ("http", "https", "attachment"))
        if (embed.get("author") or {}).get("url"):
            yield from _url(form, (*path, "author", "url"), embed["author"]["url"], ("http", "https"))


def _version(form: Form) -> Iterator[Fault]:
    for name in CONTENT_TYPES if form.is_v2 else ():
        if form.whole.get(name):
            text = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            yield Fault((*form.path, name), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)


def _amounts(form: Form) -> Iterator[Fault]:
    path = (*form.path, "components")
    if not form.is_v2:
        if len(form.body.get("components") or ()) > limits.LEGACY_ROWS:
            yield Fault(path, "BASE_TYPE_MAX_LENGTH", f"Must be {limits.LEGACY_ROWS} or fewer in length.")
        return
    if len(form.components) > limits.V2_TOTAL_COMPONENTS:
        text = f"The total number of components cannot exceed {limits.V2_TOTAL_COMPONENTS}"
        yield Fault(path, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", text)
    if sum(len(node.get("content") or "") for _, node in _typed(form, 10)) > limits.V2_TOTAL_CHARS:
        text = f"The total displayable text size cannot exceed {limits.V2_TOTAL_CHARS}"
        yield Fault(path, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", text)


def _mentions(form: Form) -> Iterator[Fault]:
    allowed = form.body.get("allowed_mentions") or {}
    for name in ("users", "roles"):
        if name in (allowed.get("parse") or ()) and allowed.get(name):
            text = f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.'
            path = (*form.path, "allowed_mentions")
            yield Fault(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)


COMPONENT_RULES: tuple[Callable[[Form], Iterator[Fault]], ...] = (
    _component_limits,
    _row_widths,
    _custom_ids,
    _button_targets,
    _options,
    _ranges,
    _urls,
)
MESSAGE_RULES = (_embed_total, _embed_urls, _version, _amounts, _mentions, *COMPONENT_RULES)


def _shapes(body: Payload, table: tuple[Limit, ...], prefix: Path) -> list[Fault]:
    """Return what is of a wrong JSON type; the rules are for bodies without any."""
    found = list(misfits(body, table, prefix))
    for path, node in placed_components(body.get("components"), (*prefix, "components")):
        found.extend(misfits(node, limits.COMPONENTS.get(node["type"], ()), path))
    return found


def message_faults(body: Payload, new_files: list[str], before: Payload, prefix: Path) -> Iterator[Fault]:
    """Yield everything that is wrong with a message or an edit."""
    shapes = _shapes(body, limits.MESSAGE, prefix)
    if shapes:
        yield from shapes
        return
    flags = int(body.get("flags") or 0) | int(before.get("flags") or 0)
    names = {str(one.get("filename")) for one in (*(body.get("attachments") or ()), *(before.get("attachments") or ()))}
    form = Form(
        body=body,
        whole=before | body,
        file_names=frozenset(names | set(new_files)),
        path=prefix,
        components=tuple(placed_components(body.get("components"), (*prefix, "components"))),
        is_v2=bool(flags & IS_COMPONENTS_V2),
    )
    yield from faults_in(body, limits.MESSAGE, prefix)
    yield from _nesting(form, "message v2" if form.is_v2 else "message")
    for rule in MESSAGE_RULES:
        yield from rule(form)


def modal_faults(data: Payload, prefix: Path) -> Iterator[Fault]:
    """Yield everything that is wrong with a modal."""
    shapes = _shapes(data, limits.MODAL, prefix)
    if shapes:
        yield from shapes
        return
    placed = tuple(placed_components(data.get("components"), (*prefix, "components")))
    form = Form(data, data, frozenset(), prefix, placed, is_v2=True)
    yield from faults_in(data, limits.MODAL, prefix)
    yield from _nesting(form, "modal")
    for rule in COMPONENT_RULES:
        yield from rule(form)
