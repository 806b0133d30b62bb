"""Holds the traffic to Discord's official description: every request of the bot, and every answer of ours."""

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.discord.wire import Payload

KEPT = 200
IDS_AS_NUMBERS = (
    ("MessageAttachmentRequest", "id"),
    ("MessageReferenceRequest", "channel_id"),
    ("MessageReferenceRequest", "guild_id"),
    ("MessageReferenceRequest", "message_id"),
)
"""Where discord.py writes numbers and Discord takes them."""
FIELDS_LACKING = (
    ("ApplicationCommandUpdateRequest", "nsfw"),
    ("MessageEditRequestPartial", "tts"),
    ("IncomingWebhookUpdateRequestPartial", "tts"),
)


def spec_path() -> Path | None:
    """Return where SLIPWAY_SPECS has the official description, or None when it is not on this machine."""
    folder = os.environ.get("SLIPWAY_SPECS")
    path = Path(folder) / "discord" / "openapi.json" if folder else None
    return path if path is not None and path.is_file() else None


def patched(spec: Payload) -> Payload:
    """Return the description without its known errors.

    (a) error codes in a form's tree are words, not numbers; (b) ids may be numbers in some places;
    (c) commands may say `nsfw`, and edits `tts`.
    """
    schemas = spec["components"]["schemas"]
    word = {"type": "object", "properties": {"code": {"type": "string"}, "message": {"type": "string"}}}
    schemas["InnerErrors"]["properties"]["_errors"]["items"] = word | {"required": ["code", "message"]}
    number = {"anyOf": [{"$ref": "#/components/schemas/SnowflakeType"}, {"type": "integer", "minimum": 0}]}
    for name, field in IDS_AS_NUMBERS:
        schemas[name]["properties"][field] = number
    for field in ("users", "roles"):
        schemas["MessageAllowedMentionsRequest"]["properties"][field]["items"] = number
    for name, field in FIELDS_LACKING:
        schemas[name]["properties"][field] = {"type": ["boolean", "null"]}
    return spec


class Recorder:
    """Counts the traffic and keeps what was out of form."""

    def __init__(self, path: Path | None) -> None:
        self.request_count = 0
        self.response_count = 0
        self.statuses: Counter[int] = Counter()
        """Of every answer to the bot, those of the limits and the faults too."""
        self.violations: list[Payload] = []
        self.unknown_routes: list[str] = []
        self._spec = patched(json.loads(path.read_text(encoding="utf-8"))) if path else None
        self._validators: dict[str, Callable[[Any], list[str]]] = {}

    def report(self) -> Payload:
        """Return the counts and the violations."""
        return {
            "spec": self._spec is not None,
            "validated": self.request_count + self.response_count,
            "requests": self.request_count,
            "responses": self.response_count,
            "statuses": dict(self.statuses),
            "violations": self.violations[-KEPT:],
            "unknown_routes": self.unknown_routes[-KEPT:],
        }

    def unknown(self, method: str, path: str) -> None:
        """Keep a request that has no route here."""
        self.unknown_routes.append(f"{method} {path}")

    def request(self, method: str, template: str, body: Any) -> None:
        """Check what the bot sent."""
        operation = self._operation(method, template)
        schema = (operation or {}).get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if schema is not None and body is not None:
            self.request_count += 1
            self._check("request", f"{method} {template}", schema, body)
            self._check_keys(f"{method} {template}", schema, body)

    def response(self, method: str, template: str, status: int, body: Any) -> None:
        """Check what we answered."""
        operation = self._operation(method, template)
        if operation is None:
            return
        responses = operation["responses"]
        found = responses.get(str(status)) or responses.get(f"{status // 100}XX")
        where = f"{method} {template} {status}"
        if found is None:
            if status < 500:
                self._note("response", where, "this status is not in the description", body)
            return
        if "$ref" in found and self._spec is not None:
            found = self._spec["components"]["responses"][found["$ref"].rsplit("/", 1)[1]]
        schema = found.get("content", {}).get("application/json", {}).get("schema")
        self.response_count += 1
        if schema is not None:
            self._check("response", where, schema, body)
        elif body is not None:
            self._note("response", where, "an empty body was due", body)

    def _operation(self, method: str, template: str) -> Payload | None:
        if self._spec is None:
            return None
        path = self._spec["paths"].get(template)
        operation = None if path is None else path.get(method.lower())
        if operation is None:
            self._note("request", f"{method} {template}", "the operation is not in the description", None)
        return operation

    def _check(self, side: str, where: str, schema: Payload, body: Any) -> None:
        key = f"{side} {where}"
        if key not in self._validators:
            self._validators[key] = self._validator(schema)
        for message in self._validators[key](body):
            self._note(side, where, message, body)

    def _check_keys(self, where: str, schema: Payload, body: Any) -> None:
        """Note top-level fields that Discord does not know: it ignores them, so they are the sender's mistakes."""
        name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
        known = (self._spec or {})["components"]["schemas"].get(name, {}).get("properties")
        for field in body if isinstance(body, dict) and known else ():
            if field not in known:
                self._note("request", where, f"the field {field!r} is not in the description", body)

    def _validator(self, schema: Payload) -> Callable[[Any], list[str]]:
        import jsonschema_rs  # noqa: PLC0415 - a development tool; the server runs without it

        assert self._spec is not None
        whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": self._spec["components"]}
        validator = jsonschema_rs.Draft202012Validator(whole | schema)
        return lambda body: [f"{list(one.instance_path)}: {one.message}"[:600] for one in validator.iter_errors(body)]

    def _note(self, side: str, where: str, message: str, body: Any) -> None:
        shown = re.sub(r"\s+", " ", json.dumps(body, ensure_ascii=False))[:1500]
        self.violations.append({"side": side, "where": where, "message": message, "body": shown})
