"""Faults on demand: what goes wrong next, how often, and until when."""

import asyncio
import copy
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from aiohttp import web

from sandbox.discord import town
from sandbox.discord.gateway import Gateway
from sandbox.discord.lines import Op
from sandbox.discord.permissions import Permission
from sandbox.discord.problems import KNOWN
from sandbox.discord.ratelimits import RateLimits
from sandbox.discord.replies import json_reply
from sandbox.discord.wire import Payload
from sandbox.discord.world import Change, World

ABSENT: Final = object()


@dataclass(slots=True)
class Pending:
    """A fault that waits for the requests it is to hit."""

    kind: str
    left: int
    method: str = ""
    """Only requests of this method; any, if empty."""
    path: str = ""
    """Only requests whose path holds this text."""
    status: int = 500
    retry_after_s: float = 1.0
    delay_s: float = 0.0
    is_global: bool = False
    has_via: bool = True
    code: int = 0
    """Discord's own, in the body of a 429 that has one."""

    def fits(self, method: str, path: str) -> bool:
        """Tell whether the fault is meant for this request."""
        return self.left > 0 and self.method in ("", method) and self.path in path


@dataclass(slots=True)
class Spoiled:
    """An event that goes out in another form than Discord's docs have."""

    event: str
    left: int
    at: tuple[str, ...]
    """The way to the spoiled field, as in `("members", "0", "user")`; at a list, a number is a place in it."""
    fields: object
    """What stands there instead, or ABSENT."""

    def of(self, fields: Payload) -> Payload:
        """Return the fields with this one spoiled."""
        whole: Payload = {"d": copy.deepcopy(fields)}
        *way, last = ("d", *self.at)
        place: Any = whole
        for name in way:
            place = place[_key(place, name)]
        if self.fields is ABSENT:
            del place[_key(place, last)]
        else:
            place[_key(place, last)] = self.fields
        return cast("Payload", whole["d"])


def _key(place: object, name: str) -> str | int:
    return int(name) if isinstance(place, list) else name


@dataclass(slots=True)
class Faults:
    """The switches."""

    world: World
    gateway: Gateway
    limits: RateLimits
    is_down: bool = False
    pending: list[Pending] = field(default_factory=list)
    spoiled: list[Spoiled] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gateway.spoil = self._spoilt

    async def switch(self, asked: Payload) -> str:
        """Turn on what is asked for and return a sentence. Raises KeyError for an unknown kind."""
        kinds: dict[str, Callable[[Payload], Awaitable[str]]] = {
            "disconnect": self._disconnect,
            "reconnect": self._reconnect,
            "invalid_session": self._invalidate,
            "down": self._down,
            "lift": self._lift,
            "forbid": self._forbid,
            "pace": self._pace,
            "forget_nonces": self._forget_nonces,
            "event": self._event,
            "frame": self._frame,
            "spoil": self._spoil,
        }
        for name in (
            "http_status",
            "429",
            "latency",
            "late_answer",
            "lost_answer",
            "drop_interaction",
            "duplicate_interaction",
            "late_interaction",
            "cdn",
        ):
            kinds[name] = self._queue
        return await kinds[asked["kind"]](asked)

    async def _queue(self, asked: Payload) -> str:
        times = int(asked.get("times", 1))
        self.pending.append(
            Pending(
                kind=asked["kind"],
                left=times,
                method=asked.get("method", ""),
                path=asked.get("path", ""),
                status=int(asked.get("status", 404 if asked["kind"] == "cdn" else 500)),
                retry_after_s=float(asked.get("retry_after", 1.0)),
                delay_s=float(asked.get("delay_s", 0.0)),
                is_global=bool(asked.get("global", False)),
                has_via=bool(asked.get("via", True)),
                code=int(asked.get("code", 0)),
            )
        )
        return f"The next {times} will be hit by {asked['kind']}."

    async def _disconnect(self, asked: Payload) -> str:
        code = int(asked.get("code", 4000))
        await self.gateway.close_all(code)
        return f"Every gateway line was closed with {code}."

    async def _reconnect(self, _: Payload) -> str:
        self.gateway.say_to_all(Op.RECONNECT, None)
        return "Every client was asked to reconnect."

    async def _invalidate(self, asked: Payload) -> str:
        is_resumable = bool(asked.get("resumable", False))
        self.gateway.invalidate(is_resumable=is_resumable)
        return "Every session was invalidated."

    async def _down(self, asked: Payload) -> str:
        is_all = asked.get("only") != "gateway"
        self.is_down, self.gateway.is_refusing = is_all, True
        await self.gateway.close_all(1012)
        return f"{'Discord' if is_all else 'The gateway'} is down for the bot until this is lifted."

    def standing(self) -> Payload:
        """Return what is out of order now: whether all is down, and how many requests each fault still waits for."""
        left: dict[str, int] = {}
        for fault in self.pending:
            left[fault.kind] = left.get(fault.kind, 0) + fault.left
        return {"down": self.is_down, "pending": left}

    async def _lift(self, asked: Payload) -> str:
        """Mend everything, or with `only` one kind of fault."""
        only = asked.get("only")
        if only not in (None, "down"):
            self.pending = [fault for fault in self.pending if fault.kind != only]
            return f"No request is hit by {only} any more."
        self.is_down = self.gateway.is_refusing = False
        if only == "down":
            return "Discord is up again."
        self.pending.clear()
        self.spoiled.clear()
        self.limits.pace = self.limits.usual_pace
        for channel in self.world.channels.values():
            morning = town.overwrites_of(channel["id"])
            if channel.get("permission_overwrites", morning) != morning:
                channel["permission_overwrites"] = morning
                self.world.tell(Change("CHANNEL_UPDATE", channel))
        return "Everything works again."

    async def _forbid(self, asked: Payload) -> str:
        """Deny a permission in a channel to a role or user id, or to `bot`."""
        channel = self.world.channel(town.CHANNELS.get(str(asked["channel"]), str(asked["channel"])))
        bit = Permission[asked["permission"].upper()]
        target = town.APPLICATION_ID if asked.get("target", "bot") == "bot" else str(asked["target"])
        overwrites = {one["id"]: one for one in channel["permission_overwrites"]}
        kind = 0 if target in self.world.roles else 1
        overwrite = overwrites.setdefault(target, {"id": target, "type": kind, "allow": "0", "deny": "0"})
        overwrite["deny"] = str(int(overwrite["deny"]) | int(bit))
        channel["permission_overwrites"] = list(overwrites.values())
        self.world.tell(Change("CHANNEL_UPDATE", channel))
        return f"{asked['permission']} is denied in #{channel['name']}."

    async def _pace(self, asked: Payload) -> str:
        self.limits.pace = float(asked["factor"])
        return f"Rate limits let {self.limits.pace:g} times as much through."

    async def _forget_nonces(self, _: Payload) -> str:
        """Have what was posted so far be as old as Discord's memory of nonces."""
        for posts in self.world.posts.values():
            for post in posts.values():
                post.nonce = None
        return "No nonce is remembered."

    async def _event(self, asked: Payload) -> str:
        """Tell the bot of an event with these fields, be they Discord's or not."""
        self.gateway.tell_as_it_is(str(asked["event"]), asked.get("fields"))
        return f"{asked['event']} was sent as it is."

    async def _frame(self, asked: Payload) -> str:
        """Send the bot this text as a frame of the gateway."""
        self.gateway.write_to_all(str(asked["text"]))
        return "The frame was sent as it is."

    async def _spoil(self, asked: Payload) -> str:
        """Have the next events of a name (or HELLO) go out with `value` at the place `at`, or with nothing there."""
        times, event, at = int(asked.get("times", 1)), str(asked["event"]), str(asked["at"])
        self.spoiled.append(Spoiled(event, times, tuple(filter(None, at.split("."))), asked.get("value", ABSENT)))
        return f"The next {times} of {event} will be spoiled at {at!r}."

    def _spoilt(self, event: str, fields: Payload) -> Payload:
        for one in self.spoiled:
            if one.event == event and one.left > 0:
                one.left -= 1
                return one.of(fields)
        return fields

    def _next(self, kind: str, method: str = "", path: str = "") -> Pending | None:
        for fault in self.pending:
            if fault.kind == kind and fault.fits(method, path):
                fault.left -= 1
                return fault
        self.pending = [fault for fault in self.pending if fault.left > 0]
        return None

    def deliveries(self) -> Sequence[float]:
        """Return after how many seconds the next interaction goes out, each time that it does."""
        if self._next("drop_interaction"):
            return ()
        if late := self._next("late_interaction"):
            return (late.delay_s,)
        twice = self._next("duplicate_interaction")
        return (0.0, twice.delay_s) if twice else (0.0,)

    async def before(self, method: str, path: str) -> web.Response | None:
        """Return what a fault answers to this request, if one does; or make it wait."""
        if self.is_down:
            return json_reply(503, {"message": "Service Unavailable", "code": 0})
        late = self._next("latency", method, path)
        if late is None and path.endswith("/callback"):
            late = self._next("late_answer", method, path)
        if late is not None:
            await asyncio.sleep(late.delay_s)
        failing = self._next("http_status", method, path)
        if failing is not None:
            return json_reply(failing.status, {"message": f"{failing.status}: fault", "code": 0})
        limited = self._next("429", method, path)
        return (
            None
            if limited is None
            else too_many(
                limited.retry_after_s, is_global=limited.is_global, has_via=limited.has_via, code=limited.code
            )
        )

    def after(self, method: str, path: str) -> web.Response | None:
        """Return what a fault answers to a request that has been done, if one does."""
        lost = self._next("lost_answer", method, path)
        return None if lost is None else json_reply(503, {"message": "Service Unavailable", "code": 0})

    def cdn(self, path: str) -> web.Response | None:
        """Return what a fault answers to this download, if one does."""
        if self.is_down:
            return web.Response(status=503)
        fault = self._next("cdn", "GET", path)
        return None if fault is None else web.Response(status=fault.status)


def too_many(
    retry_after_s: float,
    *,
    is_global: bool,
    has_via: bool = True,
    code: int = 0,
    headers: dict[str, str] | None = None,
) -> web.Response:
    """Return a 429. Without Via it looks like Cloudflare's, which discord.py does not wait for."""
    said = KNOWN[code][1] if code else "You are being rate limited."
    body: Payload = {"message": said, "retry_after": round(retry_after_s, 3), "global": is_global}
    if code:
        body["code"] = code
    scope = {"Retry-After": str(int(retry_after_s) + 1), "X-RateLimit-Scope": "global" if is_global else "user"}
    if is_global:
        scope["X-RateLimit-Global"] = "true"
    via = {"Via": "1.1 google"} if has_via else {}
    return json_reply(429, body, (headers or {}) | scope | via)
