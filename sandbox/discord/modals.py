"""What the Discord client sends when a person submits a modal: every input with its value, checked as it would."""

from collections.abc import Mapping
from typing import Any

from sandbox.discord import components
from sandbox.discord.attachments import store
from sandbox.discord.slash import Mistake, resolve
from sandbox.discord.wire import Payload
from sandbox.discord.world import StoredFile, World


def inputs(modal: Payload) -> list[tuple[str, Payload]]:
    """Return every input of a modal with its label."""
    found = []
    for top in modal["components"]:
        if top["type"] == components.LABEL:
            found.append((top["label"], top["component"]))
        for one in top.get("components") or ():
            found.append((one.get("label", ""), one))
    return found


def submission(
    world: World, channel_id: str, modal: Payload, values: Mapping[str, Any], files: Mapping[str, StoredFile]
) -> Payload:
    """Return the interaction data of a submitted modal; `values` go by custom_id. Raises Mistake."""
    known = {one["custom_id"] for _, one in inputs(modal)}
    for name in values:
        if name not in known:
            raise Mistake(f"The form has no field {name!r}; it has: {', '.join(sorted(known))}.")
    resolved: Payload = {}
    shown = []
    for number, top in enumerate(modal["components"], 1):
        place: Payload = {"type": top["type"], "id": top.get("id") or number}
        if top["type"] == components.LABEL:
            place["component"] = _filled(world, channel_id, top["label"], top["component"], values, files, resolved)
        elif "components" in top:
            place["components"] = [
                _filled(world, channel_id, one.get("label", ""), one, values, files, resolved)
                for one in top["components"]
            ]
        shown.append(place)
    data: Payload = {"custom_id": modal["custom_id"], "components": shown}
    return data | ({"resolved": resolved} if resolved else {})


def _filled(
    world: World,
    channel_id: str,
    label: str,
    one: Payload,
    values: Mapping[str, Any],
    files: Mapping[str, StoredFile],
    resolved: Payload,
) -> Payload:
    kind, value = one["type"], values.get(one["custom_id"])
    place: Payload = {"type": kind, "id": one.get("id") or 100, "custom_id": one["custom_id"]}
    if kind == components.TEXT_INPUT:
        return place | {"value": _text(label, one, value)}
    if kind == components.CHECKBOX:
        return place | {"value": bool(one.get("default") if value is None else value)}
    if kind == components.RADIO_GROUP:
        default = next((option["value"] for option in one["options"] if option.get("default")), None)
        picked = default if value is None else value
        _check_picked(label, one, [] if picked is None else [picked], most=1)
        return place | {"value": picked}
    return place | {"values": _many(world, channel_id, label, one, value, files, resolved)}


def _text(label: str, one: Payload, value: Any) -> str:
    text = str(one.get("value") or "" if value is None else value)
    if not text and one.get("required", True):
        raise Mistake(f"{label} must be filled in.")
    least, most = one.get("min_length") or 0, one.get("max_length") or 4000
    if text and not least <= len(text) <= most:
        raise Mistake(f"{label} must have {least} to {most} characters.")
    return text


def _many(
    world: World,
    channel_id: str,
    label: str,
    one: Payload,
    value: Any,
    files: Mapping[str, StoredFile],
    resolved: Payload,
) -> list[str]:
    default = [option["value"] for option in one.get("options") or () if option.get("default")]
    picked = default if value is None else [str(item) for item in (value if isinstance(value, list) else [value])]
    most = one.get("max_values") or (len(one["options"]) if one["type"] == components.CHECKBOX_GROUP else 1)
    _check_picked(label, one, picked, most=most)
    if one["type"] == components.FILE_UPLOAD:
        return [_uploaded(world, channel_id, item, files, resolved) for item in picked]
    if one["type"] in components.SELECTS and one["type"] != components.STRING_SELECT:
        return [resolve(world, item, resolved) for item in picked]
    return picked


def _uploaded(world: World, channel_id: str, ref: str, files: Mapping[str, StoredFile], resolved: Payload) -> str:
    if ref not in files:
        raise Mistake(f"There is no uploaded file {ref!r}.")
    attachment = store(world, channel_id, files[ref], ephemeral=True)
    resolved.setdefault("attachments", {})[attachment["id"]] = attachment
    return str(attachment["id"])


def _check_picked(label: str, one: Payload, picked: list[str], *, most: int) -> None:
    least = one.get("min_values", 1) if one.get("required", True) else 0
    if not least <= len(picked) <= most:
        raise Mistake(f"{label} needs {least} to {most} choices.")
    known = [option["value"] for option in one.get("options") or ()]
    if known and any(item not in known for item in picked):
        raise Mistake(f"{label} is one of: {', '.join(known)}.")
