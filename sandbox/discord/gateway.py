"""The gateway: sessions over websockets, with identify, heartbeats, resume and replay. Source: docs, "Gateway"."""

import asyncio
import contextlib
import json
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from aiohttp import WSMsgType, web

from sandbox.discord import town
from sandbox.discord.compression import squeezer
from sandbox.discord.wire import Payload
from sandbox.discord.world import THREAD_TYPES, Change, World
from sandbox.wirelog import WireLog

HEARTBEAT_MS = 41_250
RESUMABLE_S = 90.0
"""How long a session whose line dropped can be resumed."""
REPLAYED_MAX = 2000
"""So many events are kept for a resume; one that lacks more gets a new session."""
SENDS_PER_MINUTE = 120
KNOWN_INTENTS = (1 << 27) - 1
GUILDS, GUILD_MEMBERS, GUILD_PRESENCES = 1 << 0, 1 << 1, 1 << 8
GUILD_MESSAGES, MESSAGE_CONTENT = 1 << 9, 1 << 15
PRIVILEGED = {"members": GUILD_MEMBERS, "presences": GUILD_PRESENCES, "message_content": MESSAGE_CONTENT}
INTENT_OF = {
    "MESSAGE_CREATE": GUILD_MESSAGES,
    "MESSAGE_UPDATE": GUILD_MESSAGES,
    "MESSAGE_DELETE": GUILD_MESSAGES,
    "CHANNEL_CREATE": GUILDS,
    "CHANNEL_UPDATE": GUILDS,
    "CHANNEL_DELETE": GUILDS,
    "THREAD_CREATE": GUILDS,
    "THREAD_UPDATE": GUILDS,
    "THREAD_DELETE": GUILDS,
    "GUILD_MEMBER_UPDATE": GUILD_MEMBERS,
}
"""What a session must have asked for to be told; events without a row go to every session."""


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


class Gateway:
    """All sessions of the bot."""

    def __init__(self, world: World, *, granted_intents: int = 0) -> None:
        self.world = world
        self.log = WireLog()
        """What crosses the bot's wires, gateway and REST."""
        self.sessions: dict[str, Session] = {}
        self.granted_intents = granted_intents
        self.is_refusing = False
        self.on_status: Callable[[bool], None] = lambda _: None
        self._lines: set[Line] = set()
        world.watchers.append(self._watch)

    @property
    def is_bot_online(self) -> bool:
        """Tell whether some session has a live line."""
        return any(session.line for session in self.sessions.values())

    def dispatch(self, event: str, fields: Payload) -> int:
        """Send an event to every session that may know of it and return how many there were."""
        self._forget_old()
        wanted = INTENT_OF.get(event)
        count = 0
        for session in self.sessions.values():
            if wanted is None or session.intents & wanted:
                session.dispatch(event, self._redacted(session, event, fields))
                count += 1
        return count

    def _watch(self, change: Change) -> None:
        if change.only_to is None and change.is_for_bot:
            self.dispatch(change.event, change.fields)

    def _redacted(self, session: Session, event: str, fields: Payload) -> Payload:
        if event not in ("MESSAGE_CREATE", "MESSAGE_UPDATE") or session.intents & MESSAGE_CONTENT:
            return fields
        return redacted(fields)

    def _forget_old(self) -> None:
        limit = time.monotonic() - RESUMABLE_S
        for session in [one for one in self.sessions.values() if one.line is None and one.lost_at < limit]:
            del self.sessions[session.id]

    async def close_all(self, code: int) -> None:
        """Close every line with this code; sessions stay."""
        for line in list(self._lines):
            await line.socket.close(code=code)

    def say_to_all(self, op: Op, fields: object) -> None:
        """Send an opcode on every line of a session."""
        for session in self.sessions.values():
            if session.line is not None:
                session.line.say(op, fields)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket from HELLO to its end."""
        if self.is_refusing:
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=4096 * 4, autoping=True)
        await socket.prepare(request)
        try:
            squeeze = squeezer(request.query.get("compress"))
        except KeyError:
            await socket.close(code=4012, message=b"Unknown compression.")
            return socket
        line = Line(socket, squeeze, request.host, self.log)
        self._lines.add(line)
        pump = asyncio.create_task(line.pump())
        line.say(Op.HELLO, {"heartbeat_interval": HEARTBEAT_MS, "_trace": ["sandbox"]})
        try:
            await self._converse(line)
        except Closing as closing:
            await socket.close(code=closing.code, message=closing.reason.encode())
        finally:
            pump.cancel()
            self._lines.discard(line)
            self._hang_up(line)
        return socket

    def _hang_up(self, line: Line) -> None:
        for session in self.sessions.values():
            if session.line is line:
                session.line = None
                session.lost_at = time.monotonic()
        self.on_status(self.is_bot_online)

    async def _converse(self, line: Line) -> None:
        session: Session | None = None
        while True:
            try:
                frame = await line.socket.receive(timeout=HEARTBEAT_MS / 1000 * 1.5)
            except TimeoutError:
                raise Closing(4009, "Session timed out.") from None
            if frame.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                is_goodbye = frame.type is WSMsgType.CLOSE and frame.data in (1000, 1001)
                if session is not None and is_goodbye:
                    self.sessions.pop(session.id, None)
                return
            line.count_frame()
            enter_frame(self.log, "in", frame.data)
            session = self._take(line, session, decoded(frame.data))

    def _take(self, line: Line, session: Session | None, frame: Payload) -> Session | None:
        match frame.get("op"):
            case Op.HEARTBEAT:
                line.say(Op.HEARTBEAT_ACK, None)
                return session
            case Op.IDENTIFY:
                return self._identify(line, session, frame["d"])
            case Op.RESUME:
                return self._resume(line, session, frame["d"])
            case Op.PRESENCE | Op.VOICE_STATE | Op.REQUEST_MEMBERS:
                if session is None:
                    raise Closing(4003, "Not authenticated.")
                if frame["op"] == Op.REQUEST_MEMBERS:
                    self._members(session, frame["d"])
                return session
            case _:
                raise Closing(4001, "Unknown opcode.")

    def _members(self, session: Session, asked: Payload) -> None:
        wanted = asked.get("user_ids") or [town.APPLICATION_ID, *(person.id for person in town.PEOPLE.values())]
        members = [self.world.member(one) for one in ([wanted] if isinstance(wanted, str) else wanted)]
        chunk = {"guild_id": town.GUILD_ID, "members": members, "chunk_index": 0, "chunk_count": 1, "not_found": []}
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk | {"nonce": asked.get("nonce")})

    def _check(self, asked: Payload) -> int:
        intents = asked.get("intents")
        if asked.get("token") != self.world.token:
            raise Closing(4004, "Authentication failed.")
        if not isinstance(intents, int) or intents & ~KNOWN_INTENTS:
            raise Closing(4013, "Invalid intent(s).")
        if intents & sum(PRIVILEGED.values()) & ~self.granted_intents:
            raise Closing(4014, "Disallowed intent(s).")
        shard = asked.get("shard", [0, 1])
        if not 0 <= shard[0] < shard[1]:
            raise Closing(4010, "Invalid shard.")
        return intents

    def _identify(self, line: Line, session: Session | None, asked: Payload) -> Session:
        if session is not None:
            raise Closing(4005, "Already authenticated.")
        session = Session(id=secrets.token_hex(16), intents=self._check(asked), line=line)
        self._forget_old()
        self.sessions[session.id] = session
        ready = {
            "v": 10,
            "user": self.world.user(town.APPLICATION_ID) | {"verified": True, "mfa_enabled": False, "email": None},
            "guilds": [{"id": town.GUILD_ID, "unavailable": True}],
            "session_id": session.id,
            "resume_gateway_url": f"wss://{line.host}",
            "session_type": "normal",
            "private_channels": [],
            "relationships": [],
            "application": {"id": town.APPLICATION_ID, "flags": 0},
            "shard": asked.get("shard", [0, 1]),
        }
        session.dispatch("READY", ready)
        if session.intents & GUILDS:
            session.dispatch("GUILD_CREATE", self._guild(session))
        self.on_status(True)
        return session

    def _guild(self, session: Session) -> Payload:
        people = [person.id for person in town.PEOPLE.values()] if session.intents & GUILD_MEMBERS else []
        places = list(self.world.channels.values())
        return town.guild_fields(list(self.world.roles.values())) | {
            "joined_at": town.JOINED_AT,
            "large": False,
            "unavailable": False,
            "member_count": len(town.PEOPLE) + 1,
            "voice_states": [],
            "members": [self.world.member(one) for one in (town.APPLICATION_ID, *people)],
            "channels": [place for place in places if place["type"] not in THREAD_TYPES],
            "threads": [place for place in places if place["type"] in THREAD_TYPES],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def _resume(self, line: Line, session: Session | None, asked: Payload) -> Session | None:
        if asked.get("token") != self.world.token:
            raise Closing(4004, "Authentication failed.")
        session = self.sessions.get(asked.get("session_id", ""))
        if session is not None and (not isinstance(asked.get("seq"), int) or asked["seq"] > session.sequence):
            raise Closing(4007, "Invalid seq.")
        if session is None or not session.can_replay_after(asked["seq"]):
            line.say(Op.INVALID_SESSION, False)
            return None
        if session.line is not None:
            asyncio.get_running_loop().create_task(session.line.socket.close(code=4000))
        session.line = line
        for sequence, text in session.sent:
            if sequence > asked["seq"]:
                line.write(text)
        session.dispatch("RESUMED", {"_trace": ["sandbox"]})
        self.on_status(True)
        return session


def enter_frame(log: WireLog, way: str, frame: str | bytes) -> None:
    """Enter a frame in the log by the name of its event or opcode; heartbeats are merged."""
    try:
        fields = decoded(frame)
        name = fields.get("t") or Op(int(fields["op"])).name
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


def redacted(message: Payload) -> Payload:
    """Return the message as a bot without the message content intent sees it."""
    is_own = message.get("author", {}).get("id") == town.APPLICATION_ID
    is_mentioned = any(user["id"] == town.APPLICATION_ID for user in message.get("mentions", ()))
    if is_own or is_mentioned:
        return message
    return message | {"content": "", "embeds": [], "attachments": [], "components": []}
