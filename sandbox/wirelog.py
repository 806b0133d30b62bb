"""A bounded log of what crosses a part's wire, for people to look at: secrets masked, long bodies cut, polls merged."""

import itertools
import json
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TypeAlias

KEPT = 500
TEXT_MAX = 4000
LOOK_BACK = 8
"""How many of the newest entries a poll may be merged into."""
MASK = "•••"

_SECRET_FIELD = re.compile(
    r"token|secret|password|authorization|credential|(primary|secondary|account)_?key|sastoken|signature", re.IGNORECASE
)
_SECRETS = (
    (re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/?\s\"]{20,}"), rf"\1{MASK}"),
    (re.compile(r"([?&](?:sig|hm|c|s|t)=)[^&\s\"]+"), rf"\1{MASK}"),
    (re.compile(r"((?:client_secret|client_assertion|access_token)=)[^&\s\"]+"), rf"\1{MASK}"),
    (re.compile(r"(Bearer |Bot )[\w.~+/=-]{12,}"), rf"\1{MASK}"),
    (re.compile(r"-----BEGIN [^-]*PRIVATE KEY-----.*?(?:-----END [^-]*-----|\Z)", re.DOTALL), MASK),
)

Body: TypeAlias = object
"""Anything that JSON knows, or a text."""


@dataclass(slots=True)
class Entry:
    """Something that crossed the wire."""

    id: int
    version: int
    """Rises with every change of the log; of entries beyond it a reader knows nothing yet."""
    at: float
    """Epoch seconds."""
    kind: str
    """As in `rest`, `gateway`, `ssh`, `arm`."""
    way: str
    """`in` from the bot, `out` to the bot, `both` for a question with its answer."""
    what: str
    status: str
    is_good: bool
    took_ms: float | None
    sent: str
    answered: str
    count: int = 1
    """How many polls in a row are merged here."""


class WireLog:
    """The newest entries."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._versions = itertools.count(1)

    def add(
        self,
        kind: str,
        what: str,
        *,
        way: str = "both",
        status: object = "",
        is_good: bool = True,
        took_s: float | None = None,
        sent: Body = None,
        answered: Body = None,
        is_poll: bool = False,
    ) -> None:
        """Enter what has crossed. A poll that repeats a recent one renews that entry, so that acts stay in sight."""
        version = next(self._versions)
        entry = Entry(
            id=version,
            version=version,
            at=time.time(),
            kind=kind,
            way=way,
            what=masked(what)[:TEXT_MAX],
            status=str(status),
            is_good=is_good,
            took_ms=None if took_s is None else round(took_s * 1000, 1),
            sent=shown(sent),
            answered=shown(answered),
        )
        same = self._same(entry) if is_poll else None
        if same is not None:
            entry.id, entry.count = same.id, same.count + 1
            self._entries.remove(same)
        self._entries.append(entry)

    def _same(self, entry: Entry) -> Entry | None:
        newest = itertools.islice(reversed(self._entries), LOOK_BACK)
        key = (entry.kind, entry.way, entry.what, entry.status)
        return next((one for one in newest if (one.kind, one.way, one.what, one.status) == key), None)

    def since(self, version: int) -> list[Mapping[str, object]]:
        """Return what is new after this version, oldest first."""
        return [asdict(entry) for entry in self._entries if entry.version > version]


def since_of(query: Mapping[str, str]) -> int:
    """Return the version that a reader's query names; 0 if none."""
    text = query.get("after", "0")
    return int(text) if text.isdecimal() else 0


def shown(body: Body) -> str:
    """Return the body as text, with its secrets masked and its length bounded."""
    if body is None:
        return ""
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    if isinstance(body, str):
        body = _parsed(body)
    text = body if isinstance(body, str) else json.dumps(_without_secrets(body), ensure_ascii=False, indent=1)
    text = masked(text)
    return text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}\n… {len(text) - TEXT_MAX} more characters"


def masked(text: str) -> str:
    """Return the text without what looks like a secret in it."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _parsed(text: str) -> Body:
    if not text.lstrip().startswith(("{", "[")) or len(text) > 50 * TEXT_MAX:
        return text
    try:
        found: Body = json.loads(text)
    except ValueError:
        return text
    return found


def _without_secrets(body: Body) -> Body:
    if isinstance(body, dict):
        return {
            name: MASK if isinstance(value, str) and value and _SECRET_FIELD.search(name) else _without_secrets(value)
            for name, value in body.items()
        }
    if isinstance(body, list | tuple):
        return [_without_secrets(one) for one in body]
    return body
