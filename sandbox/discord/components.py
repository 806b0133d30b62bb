"""Message components as Discord hands them back: numbered, with their defaults, and with links in place of names."""

from collections.abc import Iterator
from typing import Any

from sandbox.discord.wire import Payload, objects, snowflake, without_nulls

IS_COMPONENTS_V2 = 1 << 15
BUTTON, STRING_SELECT, TEXT_INPUT, TEXT_DISPLAY = 2, 3, 4, 10
SELECTS = frozenset({3, 5, 6, 7, 8})
LABEL, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 18, 19, 21, 22, 23

DEFAULTS: dict[int, Payload] = {
    3: {"min_values": 1, "max_values": 1, "disabled": False},
    5: {"min_values": 1, "max_values": 1, "disabled": False},
    6: {"min_values": 1, "max_values": 1, "disabled": False},
    7: {"min_values": 1, "max_values": 1, "disabled": False},
    8: {"min_values": 1, "max_values": 1, "disabled": False},
    11: {"description": None, "spoiler": False},
    13: {"spoiler": False, "name": None, "size": None},
    14: {"divider": True, "spacing": 1},
    17: {"accent_color": None, "spoiler": False},
}
"""What Discord fills in, by component type."""
MEDIA_FIELDS = ("media", "file")


def is_component(node: Payload) -> bool:
    """Tell whether the object is a component, not an option, emoji or picture within one."""
    return isinstance(node.get("type"), int)


def walk(components: object) -> Iterator[Payload]:
    """Yield every component of a tree, parents first."""
    return (node for node in objects(components) if is_component(node))


def settled(components: object, attachments: list[Payload]) -> list[Payload]:
    """Return the components of a message as Discord shows them."""
    links = {f"attachment://{one['filename']}": one for one in attachments}
    taken = {node["id"] for node in walk(components) if node.get("id")}
    numbers = (number for number in range(1, 1000) if number not in taken)
    settled_ones = _settled(components or [], links, numbers)
    return settled_ones if isinstance(settled_ones, list) else []


def _settled(node: Any, links: dict[str, Payload], numbers: Iterator[int]) -> Any:
    if isinstance(node, list):
        return [_settled(one, links, numbers) for one in node]
    if not isinstance(node, dict):
        return node
    if is_component(node):
        node = DEFAULTS.get(node["type"], {}) | without_nulls(node)
        node["id"] = node.get("id") or next(numbers)
    elif "media" in node:
        node = {"description": None, "spoiler": False} | without_nulls(node)
    fields = {name: _settled(value, links, numbers) for name, value in node.items()}
    for name in MEDIA_FIELDS:
        if isinstance(fields.get(name), dict) and "url" in fields[name]:
            fields[name] = _media(fields[name]["url"], links)
            if node.get("type") == 13 and fields[name].get("attachment_id"):
                attachment = links[node["file"]["url"]]
                fields |= {"name": attachment["filename"], "size": attachment["size"]}
    return fields


def _media(url: str, links: dict[str, Payload]) -> Payload:
    attachment = links.get(url)
    if attachment is None:
        return {"id": snowflake(), "url": url, "proxy_url": url}
    shown = {name: attachment[name] for name in ("width", "height", "content_type") if name in attachment}
    return shown | {
        "id": snowflake(),
        "url": attachment["url"],
        "proxy_url": attachment["proxy_url"],
        "attachment_id": attachment["id"],
    }


def settled_embed(embed: Payload, attachments: list[Payload]) -> Payload:
    """Return an embed as Discord shows it."""
    links = {f"attachment://{one['filename']}": one for one in attachments}
    fields: Payload = {"type": "rich"} | without_nulls(embed)
    for name in ("image", "thumbnail"):
        if isinstance(fields.get(name), dict):
            attachment = links.get(fields[name].get("url", ""))
            if attachment is not None:
                fields[name] = {
                    one: attachment[one] for one in ("url", "proxy_url", "width", "height") if one in attachment
                }
    for name in ("footer", "author"):
        if isinstance(fields.get(name), dict):
            fields[name] = without_nulls(fields[name])
    if "fields" in fields:
        fields["fields"] = [{"inline": False} | without_nulls(one) for one in fields["fields"]]
    return fields
