"""The gateway: sessions over websockets, with identify, heartbeats, resume and replay. Source: docs, "Gateway"."""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable

from aiohttp import WSMsgType, web

from sandbox.discord import town
from sandbox.discord.lines import Closing, Line, Op, Session, asked_in, decoded, enter_frame, spoken
from sandbox.discord.permissions import Permission
from sandbox.discord.ratelimits import RateLimits
from sandbox.discord.wire import Payload
from sandbox.discord.world import THREAD_TYPES, Change, World, new_token
from sandbox.wirelog import WireLog

HEARTBEAT_MS = 41_250
RESUMABLE_S = 90.0
"""How long a session whose line dropped can be resumed."""
IDENTIFIES_PER_DAY, DAY_S = 1000, 24 * 3600.0
KNOWN_INTENTS = (1 << 27) - 1
GUILDS, GUILD_MEMBERS, GUILD_PRESENCES = 1 << 0, 1 << 1, 1 << 8
GUILD_MESSAGES, GUILD_REACTIONS, MESSAGE_CONTENT = 1 << 9, 1 << 10, 1 << 15
PRIVILEGED = {"members": GUILD_MEMBERS, "presences": GUILD_PRESENCES, "message_content": MESSAGE_CONTENT}
INTENT_OF = {
    "MESSAGE_CREATE": GUILD_MESSAGES,
    "MESSAGE_UPDATE": GUILD_MESSAGES,
    "MESSAGE_DELETE": GUILD_MESSAGES,
    "MESSAGE_DELETE_BULK": GUILD_MESSAGES,
    "MESSAGE_REACTION_ADD": GUILD_REACTIONS,
    "MESSAGE_REACTION_REMOVE": GUILD_REACTIONS,
    "MESSAGE_REACTION_REMOVE_ALL": GUILD_REACTIONS,
    "MESSAGE_REACTION_REMOVE_EMOJI": GUILD_REACTIONS,
    "CHANNEL_CREATE": GUILDS,
    "CHANNEL_UPDATE": GUILDS,
    "CHANNEL_DELETE": GUILDS,
    "THREAD_CREATE": GUILDS,
    "THREAD_UPDATE": GUILDS,
    "THREAD_DELETE": GUILDS,
    "GUILD_MEMBER_UPDATE": GUILD_MEMBERS,
}
"""What a session must have asked for to be told; events without a row go to every session."""
NAMED_MAX, CHUNK = 100, 1000
"""Members that may be asked for by id, and that one GUILD_MEMBERS_CHUNK holds."""


class Gateway:
    """All sessions of the bot."""

    def __init__(
        self, world: World, limits: RateLimits, *, granted_intents: int = 0, heartbeat_ms: int = HEARTBEAT_MS
    ) -> None:
        self.world = world
        self.limits = limits
        self.heartbeat_ms = heartbeat_ms
        self.identified_at: deque[float] = deque(maxlen=IDENTIFIES_PER_DAY)
        self.log = WireLog()
        """What crosses the bot's wires, gateway and REST."""
        self.sessions: dict[str, Session] = {}
        self.granted_intents = granted_intents
        self.is_refusing = False
        self.on_status: Callable[[bool], None] = lambda _: None
        self.spoil: Callable[[str, Payload], Payload] = lambda _, fields: fields
        """What a fault makes of the fields of an event that goes out, or of HELLO's."""
        self._lines: set[Line] = set()
        self._ending: asyncio.Task[None] | None = None
        world.watchers.append(self._watch)

    @property
    def is_bot_online(self) -> bool:
        """Tell whether some session has a live line."""
        return any(session.line for session in self.sessions.values())

    @property
    def identifies_left(self) -> int:
        """Return how many new sessions may still be started today."""
        today = time.monotonic() - DAY_S
        return IDENTIFIES_PER_DAY - sum(one > today for one in self.identified_at)

    def dispatch(self, event: str, fields: Payload) -> int:
        """Send an event to every session that may know of it and return how many there were."""
        self._forget_old()
        wanted = INTENT_OF.get(event)
        count = 0
        for session in self.sessions.values() if self._is_seen(event, fields) else ():
            if wanted is None or session.intents & wanted:
                session.dispatch(event, self.spoil(event, self._redacted(session, event, fields)))
                count += 1
        return count

    def _is_seen(self, event: str, fields: Payload) -> bool:
        """Tell whether the bot sees the channel that the event is in.

        Interactions reach it from anywhere, and that a channel is there it knows of all of them.
        """
        place = fields.get("parent_id" if event.startswith("THREAD_") else "channel_id")
        if event == "INTERACTION_CREATE" or place not in self.world.channels:
            return True
        return Permission.VIEW_CHANNEL in self.world.may(town.APPLICATION_ID, str(place))

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

    def invalidate(self, *, is_resumable: bool) -> None:
        """Tell every client that its session is none any more; it may begin anew, or resume, on the same line."""
        self.say_to_all(Op.INVALID_SESSION, is_resumable)
        for session in self.sessions.values():
            session.line, session.lost_at = None, time.monotonic()
        if not is_resumable:
            self.sessions.clear()
        self.on_status(self.is_bot_online)

    def say_to_all(self, op: Op, fields: object) -> None:
        """Send an opcode on every line of a session."""
        for session in self.sessions.values():
            if session.line is not None:
                session.line.say(op, fields)

    def tell_as_it_is(self, event: str, fields: object) -> None:
        """Send an event to every session, whatever its fields are."""
        for session in self.sessions.values():
            session.dispatch(event, fields)

    def write_to_all(self, text: str) -> None:
        """Send a frame on every line of a session, whatever it holds."""
        for session in self.sessions.values():
            if session.line is not None:
                session.line.write(text)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket from HELLO to its end."""
        if self.is_refusing:
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=4096 * 4, autoping=True)
        await socket.prepare(request)
        try:
            squeeze = spoken(request.query)
        except Closing as closing:
            await socket.close(code=closing.code, message=closing.reason.encode())
            return socket
        line = Line(socket, squeeze, request.host, self.log)
        self._lines.add(line)
        pump = asyncio.create_task(line.pump())
        line.say(Op.HELLO, self.spoil("HELLO", {"heartbeat_interval": self.heartbeat_ms, "_trace": ["sandbox"]}))
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
                due_s = line.beat_at + 1.5 * self.heartbeat_ms / 1000 - time.monotonic()
                frame = await line.socket.receive(timeout=max(due_s, 0.001))
            except TimeoutError:
                raise Closing(4009, "Session timed out.") from None
            if frame.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                is_goodbye = frame.type is WSMsgType.CLOSE and frame.data in (1000, 1001)
                if session is not None and is_goodbye:
                    self.sessions.pop(session.id, None)
                return
            line.count_frame()
            enter_frame(self.log, "in", frame.data)
            if session is not None and session.line is not line:
                session = None
            session = self._take(line, session, decoded(frame.data))

    def _take(self, line: Line, session: Session | None, frame: Payload) -> Session | None:
        match frame.get("op"):
            case Op.HEARTBEAT:
                line.beat_at = time.monotonic()
                line.say(Op.HEARTBEAT_ACK, None)
                return session
            case Op.IDENTIFY:
                return self._identify(line, session, asked_in(frame))
            case Op.RESUME:
                return self._resume(line, session, asked_in(frame))
            case Op.PRESENCE | Op.VOICE_STATE | Op.REQUEST_MEMBERS:
                if session is None:
                    raise Closing(4003, "Not authenticated.")
                if frame["op"] == Op.REQUEST_MEMBERS:
                    self._members(session, asked_in(frame))
                return session
            case _:
                raise Closing(4001, "Unknown opcode.")

    def _members(self, session: Session, asked: Payload) -> None:
        """Answer op 8: members by id, or by how their name begins. Raises Closing 4002.

        Who asks for all without the privileged intent hears nothing.
        Source: github.com/discord/discord-api-docs, issue 5855.
        """
        if asked.get("query") == "" and not session.intents & GUILD_MEMBERS:
            return
        nonce = {"nonce": asked["nonce"]} if "nonce" in asked else {}
        found, lacking = self._found(asked)
        chunk = {"guild_id": town.GUILD_ID, "members": found, "chunk_index": 0, "chunk_count": 1}
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk | {"not_found": lacking} | nonce)

    def _found(self, asked: Payload) -> tuple[list[Payload], list[str]]:
        everyone = [town.APPLICATION_ID, *(person.id for person in town.PEOPLE.values())]
        wanted, query, limit = asked.get("user_ids"), asked.get("query"), asked.get("limit", 0)
        if wanted is not None:
            ids = [str(one) for one in (wanted if isinstance(wanted, list) else [wanted])]
            known = [one for one in dict.fromkeys(ids) if one in everyone][:NAMED_MAX]
            return [self.world.member(one) for one in known], [one for one in ids if one not in everyone]
        if not isinstance(query, str) or not isinstance(limit, int) or limit < 0:
            raise Closing(4002, "Error while decoding payload.")
        members = [one for one in map(self.world.member, everyone) if _is_called(one, query)]
        return members[: min(limit or CHUNK, CHUNK)], []

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

    def _identify(self, line: Line, session: Session | None, asked: Payload) -> Session | None:
        if session is not None:
            raise Closing(4005, "Already authenticated.")
        session = Session(id=secrets.token_hex(16), intents=self._check(asked), line=line)
        if not self.identifies_left:
            self._reset_token()
            raise Closing(4004, "Authentication failed.")
        if not self.limits.take_identify():
            line.say(Op.INVALID_SESSION, False)
            return None
        self._forget_old()
        self.identified_at.append(time.monotonic())
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
        session.dispatch("READY", self.spoil("READY", ready))
        if session.intents & GUILDS:
            session.dispatch("GUILD_CREATE", self.spoil("GUILD_CREATE", self._guild(session)))
        self.on_status(True)
        return session

    def _reset_token(self) -> None:
        """Do what Discord does to a bot that starts too many sessions: all of them end, and so does its token."""
        self.world.token = new_token()
        self.sessions.clear()
        self._ending = asyncio.create_task(self.close_all(4004))

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
            "threads": [one for one in places if one["type"] in THREAD_TYPES and self._is_seen("THREAD_CREATE", one)],
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


def _is_called(member: Payload, start: str) -> bool:
    """Tell whether one of the member's names begins so; capitals do not matter."""
    names = (member["nick"], member["user"]["global_name"], member["user"]["username"])
    return any(name and name.casefold().startswith(start.casefold()) for name in names)


def redacted(message: Payload) -> Payload:
    """Return the message as a bot without the message content intent sees it."""
    is_own = message.get("author", {}).get("id") == town.APPLICATION_ID
    is_mentioned = any(user["id"] == town.APPLICATION_ID for user in message.get("mentions", ()))
    if is_own or is_mentioned:
        return message
    return message | {"content": "", "embeds": [], "attachments": [], "components": []}
