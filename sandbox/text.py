"""What a message says, in plain text, and the buttons and inputs in it."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Message: TypeAlias = Mapping[str, Any]
"""A message object of Discord's, as the people's API gives it."""

_TEXTS = ("title", "description", "content", "text", "label", "placeholder", "alt_text")


def text_of(message: Message) -> str:
    """Return everything that can be read on the message, line by line: content, embeds, components, labels, files."""
    lines = [message.get("content") or ""]
    for embed in message.get("embeds") or ():
        lines += [(embed.get("author") or {}).get("name", ""), embed.get("title", ""), embed.get("description", "")]
        lines += [f"{field['name']}: {field['value']}" for field in embed.get("fields") or ()]
        lines.append((embed.get("footer") or {}).get("text", ""))
    for component in components_of(message.get("components") or ()):
        lines += [str(component[name]) for name in _TEXTS if component.get(name)]
    lines += [one["filename"] for one in message.get("attachments") or ()]
    return "\n".join(line for line in lines if line)


def components_of(node: object) -> Iterator[dict[str, Any]]:
    """Yield every object in a tree of components, parents first, options and pictures included."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from components_of(value)
    elif isinstance(node, list | tuple):
        for one in node:
            yield from components_of(one)


def control(message: Message, wanted: str) -> dict[str, Any] | None:
    """Return the enabled button or select with this label, placeholder or custom_id."""
    for component in components_of(message.get("components") or ()):
        names = (component.get("custom_id"), component.get("label"), component.get("placeholder"))
        if component.get("custom_id") and wanted in names and not component.get("disabled"):
            return component
    return None


def inputs_of(modal: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the inputs of a modal by label, and by custom_id."""
    found = {}
    for top in modal["components"]:
        inner = [(top.get("label"), top["component"])] if "component" in top else []
        inner += [(one.get("label"), one) for one in top.get("components") or ()]
        for label, one in inner:
            found[one["custom_id"]] = one
            if label:
                found[label] = one
    return found
