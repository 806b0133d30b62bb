"""What the Discord client sends when a person submits a modal: every input with its value, checked as it would."""

from collections.abc import Mapping
from typing import Any

from sandbox.discord import components
from sandbox.discord.slash import Mistake, Sending
from sandbox.discord.wire import Payload


def inputs(modal: Payload) -> list[tuple[str, Payload]]:
    """Return every input of a modal with its label."""
    found: list[tuple[str, Payload]] = []
    for top in modal["components"]:
        if top["type"] == components.LABEL:
            found.append((top["label"], top["component"]))
        found.extend((one.get("label", ""), one) for one in top.get("components") or ())
    return found


def submission(sending: Sending, modal: Payload, values: Mapping[str, Any]) -> Payload:
    """Return the interaction data of a submitted modal; `values` go by custom_id. Raises Mistake."""
    known = {one["custom_id"] for _, one in inputs(modal)}
    for name in values:
        if name not in known:
            raise Mistake(f"The form has no field {name!r}; it has: {', '.join(sorted(known))}.")
    shown = []
    for number, top in enumerate(modal["components"], 1):
        place: Payload = {"type": top["type"], "id": top.get("id") or number}
        if top["type"] == components.LABEL:
            place["component"] = _filled(sending, top["label"], top["component"], values)
        elif "components" in top:
            place["components"] = [_filled(sending, one.get("label", ""), one, values) for one in top["components"]]
        shown.append(place)
    return sending.finish({"custom_id": modal["custom_id"], "components": shown})


def _filled(sending: Sending, label: str, one: Payload, values: Mapping[str, Any]) -> Payload:
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
    return place | {"values": _many(sending, label, one, value)}


def _text(label: str, one: Payload, value: Any) -> str:
    text = str(one.get("value") or "" if value is None else value)
    if not text and one.get("required", True):
        raise Mistake(f"{label} must be filled in.")
    least, most = one.get("min_length") or 0, one.get("max_length") or 4000
    if text and not least <= len(text) <= most:
        raise Mistake(f"{label} must have {least} to {most} characters.")
    return text


def _many(sending: Sending, label: str, one: Payload, value: Any) -> list[str]:
    default = [option["value"] for option in one.get("options") or () if option.get("default")]
    picked = default if value is None else [str(item) for item in (value if isinstance(value, list) else [value])]
    most = one.get("max_values") or (len(one["options"]) if one["type"] == components.CHECKBOX_GROUP else 1)
    _check_picked(label, one, picked, most=most)
    if one["type"] == components.FILE_UPLOAD:
        return [sending.file(item, label) for item in picked]
    if one["type"] in components.SELECTS and one["type"] != components.STRING_SELECT:
        return [sending.resolve(item) for item in picked]
    return picked


def _check_picked(label: str, one: Payload, picked: list[str], *, most: int) -> None:
    least = one.get("min_values", 1) if one.get("required", True) else 0
    if not least <= len(picked) <= most:
        raise Mistake(f"{label} needs {least} to {most} choices.")
    known = [option["value"] for option in one.get("options") or ()]
    if known and any(item not in known for item in picked):
        raise Mistake(f"{label} is one of: {', '.join(known)}.")
