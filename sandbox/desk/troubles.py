"""Trouble on purpose: what can be broken, what one should see then, and how it is mended."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from sandbox.customers import CHANGED_COUNT, USUAL_COUNT, send_requests
from sandbox.desk.doors import Doors, Json, Unreachable
from sandbox.person import NotSeen

FOREVER = 1_000_000
NO_QUOTA = "Not enough quota available for Standard_DS3_v2 in SubscriptionId. Current usage/limit: 100/100."
Standing = Mapping[str, Json]


@dataclass(frozen=True)
class Trouble:
    """A switch, or without `end` and `is_on` a push button."""

    key: str
    part: str
    title: str
    expect: str
    begin: Callable[[Doors], Awaitable[str]]
    """Breaks it and returns a sentence on what was done. Raises Unreachable."""
    end: Callable[[Doors], Awaitable[None]] | None = None
    is_on: Callable[[Doors, Standing], bool] | None = None


def _posting(part: str, path: str, body: Json, said: str) -> Callable[[Doors], Awaitable[str]]:
    async def post(doors: Doors) -> str:
        await doors.post(part, path, body)
        return said

    return post


def _mending(part: str, path: str, body: Json) -> Callable[[Doors], Awaitable[None]]:
    async def post(doors: Doors) -> None:
        await doors.post(part, path, body)

    return post


async def _running_job(doors: Doors) -> Json:
    jobs: list[Json] = (await doors.get("slurm", "/state"))["jobs"]
    running = [job for job in jobs if job["state"] == "RUNNING"]
    if not running:
        raise Unreachable("No job runs. Launch one first: /train launch with epochs=500, then Launch on its card.")
    return running[-1]


def _ending(how: str) -> Callable[[Doors], Awaitable[str]]:
    async def end(doors: Doors) -> str:
        job = await _running_job(doors)
        await doors.post("slurm", "/fault", {"kind": "job", "job": job["job"], "how": how})
        return f"Job {job['job']} ({job['name']}) was ended: {how}."

    return end


async def _lose_node(doors: Doors) -> str:
    state = await doors.get("slurm", "/state")
    busy = [job["nodes"][0] for job in state["jobs"] if job["state"] == "RUNNING" and job["nodes"]]
    node = busy[-1] if busy else state["nodes"][0]["node"]
    await doors.post("slurm", "/fault", {"kind": "node", "node": node, "down": True})
    return f"Node {node} is down{', with the job on it' if busy else ''}."


async def _return_nodes(doors: Doors) -> None:
    for node in (await doors.get("slurm", "/state"))["nodes"]:
        if node["state"] == "down":
            await doors.post("slurm", "/fault", {"kind": "node", "node": node["node"], "down": False})


def _sending(count: int, *, changed: bool) -> Callable[[Doors], Awaitable[str]]:
    async def send(doors: Doors) -> str:
        endpoints: dict[str, Json] = (await doors.get("azure", "/state"))["endpoints"]
        live = [name for name, endpoint in endpoints.items() if any(endpoint["traffic"].values())]
        if not live:
            raise Unreachable("No model takes traffic yet. Take the tour up to “Approve the rollout” first.")
        try:
            sent = await send_requests(doors.world.azure, endpoint=live[-1], count=count, changed=changed)
        except aiohttp.ClientError as error:
            raise Unreachable(f"The customers got no answer: {error!r}.") from error
        except NotSeen as error:
            raise Unreachable(str(error)) from error
        return f"{count} {sent.what} were sent to {live[-1]}; {sent.answered} were answered."

    return send


async def _kill_bot(doors: Doors) -> str:
    bot = doors.world.bot
    if not bot.is_running or bot.process is None:
        raise Unreachable("The bot is not running.")
    number = bot.process.pid
    bot.kill()
    return f"Process {number} was ended by {signal.SIGKILL.name}; it is started again."


async def _hold_bot(doors: Doors) -> str:
    doors.world.bot.may_run.clear()
    await doors.world.bot.stop()
    return "The bot was asked to stop, and is not started again until this is lifted."


async def _release_bot(doors: Doors) -> None:
    doors.world.bot.may_run.set()


TROUBLES = (
    Trouble(
        "controller",
        "Cluster",
        "The cluster's controller is down",
        "run cards stand still; after three tries #ops gets an incident that the cluster does not answer, and /status"
        " says so. Lifted, it resolves by itself, and a run that was ordered meanwhile is submitted, once.",
        _posting("slurm", "/fault", {"kind": "controller", "down": True, "block_s": 2.0}, "slurmctld does not answer."),
        _mending("slurm", "/fault", {"kind": "controller", "down": False}),
        lambda _, now: bool(now["slurm"]["controller_down"]),
    ),
    Trouble(
        "ssh",
        "Cluster",
        "SSH connections are cut",
        "jobs train on, for they need no line, but their cards stand still and #ops gets an incident. Lifted, it"
        " resolves by itself and the cards jump to where the runs are.",
        _posting("slurm", "/fault", {"kind": "cut", "lasting": True}, "Every SSH connection ends at once."),
        _mending("slurm", "/fault", {"kind": "cut", "lasting": False}),
        lambda _, now: bool(now["slurm"]["line_cut"]),
    ),
    Trouble(
        "job_killed",
        "Cluster",
        "Kill a running job",
        "within seconds its card says that it failed, with exit code 0:9 and its node, and #ops has an incident with"
        " the last log lines and the next step.",
        _ending("kill"),
    ),
    Trouble(
        "job_memory",
        "Cluster",
        "A job runs out of memory",
        "its card says that SLURM ended it for its memory, and advises more memory_gib or a smaller batch_size.",
        _ending("out of memory"),
    ),
    Trouble(
        "node",
        "Cluster",
        "A node is lost",
        "the run on it fails as “the node was lost”, with an incident; it can go on from its last checkpoint on the"
        " other node. X-ray, Cluster shows the node down until this is lifted.",
        _lose_node,
        _return_nodes,
        lambda _, now: any(node["state"] == "down" for node in now["slurm"]["nodes"]),
    ),
    Trouble(
        "discord_429",
        "Discord",
        "Discord answers 429",
        "commands are still answered, for answers have no limit, but cards stand still and alerts come late. Nothing is"
        " lost or posted twice: the bot waits as long as Discord says.",
        _posting(
            "discord",
            "/_client/fault",
            {"kind": "429", "path": "/channels/", "times": FOREVER, "retry_after": 1.0},
            "Every request to a channel is answered 429.",
        ),
        _mending("discord", "/_client/fault", {"kind": "lift", "only": "429"}),
        lambda _, now: bool(now["discord"]["pending"].get("429")),
    ),
    Trouble(
        "discord_cut",
        "Discord",
        "Discord disconnects the bot",
        "hardly anything: the bot resumes its session and is sent what it missed (X-ray, Wire: RESUME, RESUMED).",
        _posting("discord", "/_client/fault", {"kind": "disconnect"}, "Every gateway line was closed."),
    ),
    Trouble(
        "discord_down",
        "Discord",
        "Discord is down",
        "the bot is offline and commands fail, but runs and rollouts go on. Lifted, it is back in ten seconds or so"
        " (the longer it was down, the later it tries); each card jumps to the present, and #ops tells of the outage.",
        _posting("discord", "/_client/fault", {"kind": "down"}, "Discord answers 503 and takes no gateway line."),
        _mending("discord", "/_client/fault", {"kind": "lift", "only": "down"}),
        lambda _, now: bool(now["discord"]["down"]),
    ),
    Trouble(
        "azure_503",
        "Cloud",
        "Azure answers 503",
        "a rollout that is approved or under way stays at its step, /status says what waits to be tried again, and #ops"
        " gets an incident; live models answer on. Lifted, the rollout goes on where it stood.",
        _posting(
            "azure",
            "/fault",
            {"kind": "http", "status": 503, "times": FOREVER, "match": "management\\.azure\\.com"},
            "The resource manager answers 503.",
        ),
        _mending("azure", "/fault", {"kind": "clear", "only": "http"}),
        lambda _, now: bool(now["azure"]["faults"]["http"]),
    ),
    Trouble(
        "deployment_fails",
        "Cloud",
        "The next deployment fails",
        "the next rollout ends as failed with Azure's reason on its card and an incident in #ops; the endpoint's"
        " traffic stays with the model it had.",
        _posting(
            "azure",
            "/fault",
            {"kind": "deployment", "code": "OutOfQuota", "cause": NO_QUOTA},
            "The next deployment will find no quota.",
        ),
        _mending("azure", "/fault", {"kind": "clear", "only": "deployment"}),
        lambda _, now: bool(now["azure"]["faults"]["deployment"]),
    ),
    Trouble(
        "drift",
        "Customers",
        "Production data shifts",
        "nothing at once, for a model does not complain. The next measurement (Measure now in #monitoring) shows the"
        " drift and advises to retrain.",
        _sending(CHANGED_COUNT, changed=True),
    ),
    Trouble(
        "normal",
        "Customers",
        "Send normal traffic",
        "X-ray, Wire: scoring calls answered 200; X-ray, Cloud: whose traffic it was. The next measurement has more"
        " rows to stand on.",
        _sending(USUAL_COUNT, changed=False),
    ),
    Trouble(
        "bot_killed",
        "Bot",
        "Kill the bot (kill -9)",
        "it is offline for two or three seconds. What was begun is finished from the outbox, once; a command in that"
        " moment says that it was not answered.",
        _kill_bot,
    ),
    Trouble(
        "bot_held",
        "Bot",
        "Stop the bot",
        "it is offline and commands are not answered; jobs train on and models answer on. When it is back it catches"
        " up with everything.",
        _hold_bot,
        _release_bot,
        lambda doors, _: not doors.world.bot.may_run.is_set(),
    ),
)
BY_KEY = {trouble.key: trouble for trouble in TROUBLES}


class Troubles:
    """The panel's handlers."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._said: dict[str, str] = {}
        self._turn = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes: the panel, one switch, all off."""
        return [
            web.get("/_world/troubles", self._show),
            web.post("/_world/troubles/lift", self._lift),
            web.post("/_world/troubles/{trouble}", self._switch),
        ]

    async def _show(self, _: web.Request) -> web.Response:
        now = await self._doors.standing()
        shown = [
            {
                "key": one.key,
                "part": one.part,
                "title": one.title,
                "expect": one.expect,
                "is_switch": one.end is not None,
                "is_on": self._is_on(one, now),
                "said": self._said.get(one.key, ""),
            }
            for one in TROUBLES
        ]
        is_online = bool(now.get("discord", {}).get("bot_online"))
        return web.json_response({"troubles": shown, "bot_online": is_online})

    def _is_on(self, one: Trouble, now: Standing) -> bool:
        try:
            return one.is_on is not None and one.is_on(self._doors, now)
        except KeyError:  # its part does not answer
            return False

    async def _switch(self, request: web.Request) -> web.Response:
        one = BY_KEY.get(request.match_info["trouble"])
        if one is None:
            return web.json_response({"ok": False, "error": "There is no such trouble."}, status=404)
        wish = await request.json()
        async with self._turn:
            try:
                if one.end is not None and not wish.get("on", True):
                    await one.end(self._doors)
                    self._said.pop(one.key, None)
                else:
                    self._said[one.key] = await one.begin(self._doors)
            except Unreachable as error:
                self._said[one.key] = str(error)
                return web.json_response({"ok": False, "error": str(error)})
        return web.json_response({"ok": True, "said": self._said.get(one.key, "")})

    async def _lift(self, _: web.Request) -> web.Response:
        """Mend everything that can be mended."""
        async with self._turn:
            ends = [one.end(self._doors) for one in TROUBLES if one.end is not None]
            failed = [str(one) for one in await asyncio.gather(*ends, return_exceptions=True) if one is not None]
            self._said.clear()
        return web.json_response({"ok": not failed, "error": " ".join(failed)})
