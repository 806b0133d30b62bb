"""The REST front: finds the route, checks token and limits, turns problems into answers, records everything."""

import logging
import re
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.discord import routes_commands, routes_guild, routes_interactions, routes_messages, routes_reactions
from sandbox.discord.call import Answer, Call, Route, Server, read_body
from sandbox.discord.faults import Faults, too_many
from sandbox.discord.problems import Problem
from sandbox.discord.ratelimits import RateLimits, Verdict
from sandbox.discord.recorder import Recorder
from sandbox.discord.replies import json_reply

PREFIX = "/api/v10"
ROUTES = (
    *routes_guild.ROUTES,
    *routes_messages.ROUTES,
    *routes_reactions.ROUTES,
    *routes_commands.ROUTES,
    *routes_interactions.ROUTES,
)
UNFORESEEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a body that no check has foreseen ends in: a 500 that stands in the log like every other answer."""
BAN_PAGE = "<html><body>error code: 1015</body></html>"

log = logging.getLogger(__name__)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template)) + r"\Z")


@dataclass(slots=True)
class Rest:
    """Serves everything below /api/v10."""

    server: Server
    faults: Faults
    limits: RateLimits
    recorder: Recorder
    table: tuple[tuple[Route, re.Pattern[str]], ...] = tuple((route, _pattern(route.template)) for route in ROUTES)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request and enter it in the log."""
        began = time.monotonic()
        said: list[Any] = []
        response = await self._answer(request, said)
        self.recorder.statuses[response.status] += 1
        self.server.gateway.log.add(
            "rest",
            f"{request.method} {request.path.removeprefix(PREFIX)}",
            status=response.status,
            is_good=response.status < 400,
            took_s=time.monotonic() - began,
            sent=said[0] if said else None,
            answered=response.body if isinstance(response, web.Response) else None,
            is_poll=request.method == "GET" or request.path.endswith("/typing"),
        )
        return response

    async def _answer(self, request: web.Request, said: list[Any]) -> web.StreamResponse:
        """Answer; what was said in the request's body is put into `said`, for it can be read only once."""
        path = request.path.removeprefix(PREFIX)
        faulty = await self.faults.before(request.method, path)
        if faulty is not None:
            return faulty
        if self.limits.is_banned:
            return web.Response(status=429, text=BAN_PAGE, content_type="text/html", headers={"Retry-After": "600"})
        found = self._find(request.method, path)
        if found is None:
            self.recorder.unknown(request.method, path)
            return answered(404, {"message": "404: Not Found", "code": 0})
        route, names = found
        verdict = self.limits.check(route.method, route.template, names)
        if verdict.retry_after_s is not None:
            self.limits.note_answer(429)
            return too_many(verdict.retry_after_s, is_global=verdict.is_global, headers=verdict.headers)
        status, body = await self._outcome(request, route, names, said)
        self.limits.note_answer(status)
        self.recorder.response(route.method, route.template, status, body)
        return self.faults.after(request.method, path) or answered(status, body, verdict)

    def _find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        for route, pattern in self.table:
            match = pattern.match(path) if route.method == method else None
            if match is not None:
                return route, match.groupdict()
        return None

    async def _outcome(
        self, request: web.Request, route: Route, names: dict[str, str], said: list[Any]
    ) -> tuple[int, Any]:
        try:
            self._check_token(request, route)
            body, files = await read_body(request)
            said.append({"json": body, "files": [file.name for file in files.values()]} if files else body)
            self.recorder.request(route.method, route.template, body)
            answer: Answer = await route.handler(Call(self.server, request.host, names, request.query, body, files))
        except Problem as problem:
            return problem.status, problem.body()
        except UNFORESEEN:
            log.exception("a request was not foreseen", extra={"route": f"{route.method} {route.template}"})
            return 500, {"message": "500: Internal Server Error", "code": 0}
        return answer.status, answer.body

    def _check_token(self, request: web.Request, route: Route) -> None:
        if route.needs_token and request.headers.get("Authorization") != f"Bot {self.server.world.token}":
            raise Problem(0)


def answered(status: int, body: Any, verdict: Verdict | None = None) -> web.Response:
    """Return the response as it comes through Discord's front."""
    return json_reply(status, body, {"Via": "1.1 google"} | (verdict.headers if verdict else {}))
