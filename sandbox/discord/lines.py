"""The two ends of a gateway conversation: a connection, and the session that outlives it. Source: docs, "Gateway"."""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from aiohttp import web

from sandbox.discord.compression import squeezer
from sandbox.discord.wire import Payload
from sandbox.wirelog import WireLog

REPLAYED_MAX = 2000
"""So many events are kept for a resume; one that lacks more gets a new session."""
SENDS_PER_MINUTE = 120
VERSION, ENCODING = "10", "json"


class Op(IntEnum):
    """Gateway opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Closing(Exception):
    """The connection is to be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class Session:
    """What the gateway remembers of a client, past its connection."""

    id: str
    intents: int
    sequence: int = 0
    sent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=REPLAYED_MAX))
    line: "Line | None" = None
    lost_at: float = 0.0

    def dispatch(self, event: str, fields: object) -> None:
        """Send an event, or keep it for the resume."""
        self.sequence += 1
        text = json.dumps({"op": Op.DISPATCH, "t": event, "s": self.sequence, "d": fields})
        self.sent.append((self.sequence, text))
        if self.line is not None:
            self.line.write(text)

    def can_replay_after(self, sequence: int) -> bool:
        """Tell whether every event after this one is still kept."""
        return not self.sent or self.sent[0][0] <= sequence + 1


class Line:
    """One websocket connection: what is written goes out in order, compressed if the client asked for it."""

    def __init__(
        self, socket: web.WebSocketResponse, squeeze: Callable[[bytes], bytes] | None, host: str, log: WireLog
    ) -> None:
        self.socket = socket
        self._log = log
        self.host = host
        self.received_at: deque[float] = deque(maxlen=SENDS_PER_MINUTE)
        self.beat_at = time.monotonic()
        """When the last heartbeat came."""
        self._squeeze = squeeze
        self._outbox: asyncio.Queue[str] = asyncio.Queue()

    def write(self, text: str) -> None:
        """Queue a frame."""
        enter_frame(self._log, "out", text)
        self._outbox.put_nowait(text)

    def say(self, op: Op, fields: object) -> None:
        """Queue a frame that is not an event."""
        self.write(json.dumps({"op": op, "d": fields, "s": None, "t": None}))

    async def pump(self) -> None:
        """Send queued frames until the line is closed."""
        with contextlib.suppress(ConnectionError):
            while True:
                text = await self._outbox.get()
                if self._squeeze is None:
                    await self.socket.send_str(text)
                else:
                    await self.socket.send_bytes(self._squeeze(text.encode()))

    def count_frame(self) -> None:
        """Hold the client to its 120 frames a minute. Raises Closing 4008."""
        now = time.monotonic()
        if len(self.received_at) == SENDS_PER_MINUTE and now - self.received_at[0] < 60:
            raise Closing(4008, "You are being rate limited.")
        self.received_at.append(now)


def spoken(query: Mapping[str, str]) -> Callable[[bytes], bytes] | None:
    """Return the compression that the address asks for, if any.

    Raises:
        Closing: 4012 for another version than 10, an encoding other than JSON, or an unknown compression.
    """
    if query.get("v") != VERSION or query.get("encoding", ENCODING) != ENCODING:
        raise Closing(4012, "Invalid API version or encoding.")
    try:
        return squeezer(query.get("compress"))
    except KeyError:
        raise Closing(4012, "Unknown compression.") from None


def enter_frame(log: WireLog, way: str, frame: str | bytes) -> None:
    """Enter a frame in the log by the name of its event or opcode; heartbeats are merged."""
    try:
        fields = decoded(frame)
        name = str(fields.get("t") or Op(int(fields["op"])).name)
    except (Closing, KeyError, TypeError, ValueError):
        fields, name = {}, "no frame of ours"
    log.add("gateway", name, way=way, sent=fields.get("d"), is_poll="HEARTBEAT" in name)


def decoded(frame: str | bytes) -> Payload:
    """Return the frame's JSON object. Raises Closing 4002."""
    try:
        fields = json.loads(frame)
    except ValueError:
        raise Closing(4002, "Error while decoding payload.") from None
    if not isinstance(fields, dict):
        raise Closing(4002, "Error while decoding payload.")
    return fields


def asked_in(frame: Payload) -> Payload:
    """Return the frame's own fields. Raises Closing 4002."""
    fields = frame.get("d")
    if not isinstance(fields, dict):
        raise Closing(4002, "Error while decoding payload.")
    return fields
