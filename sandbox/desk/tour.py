"""The guided tour: the stops of the road, which are done when they are seen, and can be done for one."""

import asyncio
import functools
import re
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.desk.doors import Unreachable
from sandbox.desk.road_facts import number_in
from sandbox.person import NotSeen, Town
from sandbox.road import SEES_ALL, STEPS, Road
from sandbox.text import text_of
from sandbox.world import World


@dataclass(frozen=True)
class Stop:
    """A stop of the tour."""

    key: str
    title: str
    who: str
    channel: str
    command: str
    """The slash command to begin with; empty where a button is pressed or something is watched."""
    what: str
    why: str
    steps: tuple[str, ...]
    needs: tuple[str, ...]
    seen_in: str
    seen: re.Pattern[str]
    """What stands on a message of the bot's in the channel `seen_in` once this was done, by whomever."""


def _card(name: str, *stages: str, has: str = "", but: str = "") -> re.Pattern[str]:
    """Return what finds a card by its headline, its stage, and what else it has, or has not.

    What people typed cannot pass for it: in their words the bot puts a backslash before every sign of markup.
    """
    stage = rf"\W*\*\*(?:{'|'.join(stages)})\*\*" if stages else ""
    without = f"(?!.*{but})" if but else ""
    return re.compile(rf"\A{without}\W*{name}[^\n]*\n{stage}.*{has}", re.DOTALL)


STOPS = (
    Stop(
        "file",
        "File a requirement",
        "malee",
        "requirements",
        "requirement file",
        "Malee, a business analyst, fills in a form for one of the datasets; the requirement gets a card.",
        "Training starts from a need with measurable targets, not from a script.",
        ("filed",),
        (),
        "requirements",
        _card(r"REQ-\d+ ·"),
    ),
    Stop(
        "claim",
        "Claim it",
        "anan",
        "requirements",
        "",
        "Anan, an ML creator, presses Claim on the card. Malee tries first and is refused: the right hangs on a role.",
        "One person answers for it, and everyone sees who.",
        ("claim_refused", "claimed"),
        ("file",),
        "requirements",
        _card(r"REQ-\d+ ·", has=r"· claimed by <@\d+>"),
    ),
    Stop(
        "fail",
        "Launch a run that fails",
        "anan",
        "training",
        "train launch",
        "Anan plans a run with learning_rate=1000 and presses Launch. It goes to the cluster, and its loss diverges.",
        "Failures are the common case; the bot must say why, not only that.",
        ("failed",),
        ("claim",),
        "ops",
        _card(r"INC-\d+ · RUN-\d+ failed", has=r"\n\*\*Cause\*\*\n[^\n]*diverged"),
    ),
    Stop(
        "incident",
        "See the incident",
        "somchai",
        "ops",
        "",
        "Somchai, on call, finds cause, next step and last log lines in #ops, and presses Acknowledge.",
        "Somebody takes it, so that nobody else has to look.",
        ("acknowledged",),
        ("fail",),
        "ops",
        _card(r"INC-\d+ · RUN-\d+ failed", "Acknowledged", "Resolved"),
    ),
    Stop(
        "train",
        "Launch a good run",
        "anan",
        "training",
        "train launch",
        "Anan plans a run with epochs=40, writes down what he expects of it, sees its plan, and presses Launch.",
        "A hypothesis written beforehand makes the result worth something.",
        ("running",),
        ("claim",),
        "training",
        _card(r"RUN-\d+ ·", "Running", "Succeeded", but=r"`[^\n]*\blearning_rate=1000\b"),
    ),
    Stop(
        "watch",
        "Watch it train",
        "anan",
        "training",
        "",
        "The card moves: epoch, loss, accuracy, time left. At the end it shows results on data the run never saw.",
        "A card is redrawn from stored facts; delete it, and it comes back.",
        ("succeeded",),
        ("train",),
        "training",
        _card(r"RUN-\d+ ·", "Succeeded", has=r"\n\*\*Held-out results\*\*\n"),
    ),
    Stop(
        "audit",
        "Audit the model",
        "kanya",
        "audit",
        "",
        "Kanya, an auditor, reads the checks against the targets and approves with a reason. Anan may not: it is his.",
        "Four eyes: whoever trained a model cannot pass it.",
        ("audit_opened", "audit_refused", "approved"),
        ("watch",),
        "audit",
        _card(r"AUD-\d+ ·", "Approved"),
    ),
    Stop(
        "propose",
        "Propose a rollout",
        "anan",
        "deployments",
        "deploy propose",
        "Anan proposes to bring the approved version to its endpoint, and says why now.",
        "Only a version that passed its audit can be proposed.",
        ("proposed",),
        ("audit",),
        "deployments",
        _card(r"DEP-\d+ ·"),
    ),
    Stop(
        "approve",
        "Approve the rollout",
        "somchai",
        "deployments",
        "",
        "Somchai approves. The endpoint is made, smoke-tested at 0% traffic, then takes 100%; everyone is told.",
        "The cloud is slow and fails in parts; each step is begun, watched and can be undone.",
        ("rollout_approved", "live", "announced"),
        ("propose",),
        "announcements",
        _card(r"[^\n]* is live(?=\n)"),
    ),
    Stop(
        "measure",
        "Serve and measure",
        "preecha",
        "monitoring",
        "monitor run",
        "Customers send rows like those that the model was tested on: press “Send normal traffic” under Trouble. Then"
        " Preecha, a data analyst, compares them with the reference.",
        "A model is only as good as the data that comes in today.",
        ("measured",),
        ("approve",),
        "monitoring",
        _card(r"MON-\d+ ·", has=r"\nMeasured <t:\d+"),
    ),
    Stop(
        "drift",
        "Drift, then retrain",
        "preecha",
        "monitoring",
        "",
        "Under Trouble, “Production data shifts” has customers send rows that have changed, as pale scans or texts cut"
        " short. “Measure now” on the model's card finds the drift; its advice orders a new run by one press.",
        "The road is a circle: what production teaches goes back into training.",
        ("drifted", "retraining"),
        ("measure",),
        "monitoring",
        _card(r"REC-\d+ ·", "Accepted"),
    ),
)
"""In the order of the road."""

BY_KEY = {stop.key: stop for stop in STOPS}
_STEPS = {step.key: step for step in STEPS}


class Tour:
    """How far one has come, and whoever does a stop for one."""

    def __init__(self, world: World, town: Town) -> None:
        self._world = world
        self._town = town
        self._done: set[str] = set()
        self._doing: str | None = None
        self._failures: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return the routes: what there is, and doing one stop with what it needs."""
        return [web.get("/_world/tour", self._show), web.post("/_world/tour/{stop}", self._begin)]

    async def stop(self) -> None:
        """Leave off."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _show(self, _: web.Request) -> web.Response:
        try:
            await self._look()
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable("The sandbox's Discord is away.") from error
        return web.json_response({"stops": [self._shown(stop) for stop in STOPS], "doing": self._doing})

    async def _look(self) -> None:
        """Note which stops were seen since. Once seen stays seen, though a card may say something else later."""
        missing = [stop for stop in STOPS if stop.key not in self._done]
        if not missing:
            return
        state = await self._town.get(f"/_client/state?as={SEES_ALL}")
        names = {channel["id"]: channel["name"] for channel in state["channels"]}
        texts = {
            names[place]: [text_of(one) for one in messages if one["author"].get("bot")]
            for place, messages in state["messages"].items()
        }
        for stop in missing:
            if any(stop.seen.search(text) for text in texts.get(stop.seen_in, ())):
                self._done.add(stop.key)

    def _shown(self, stop: Stop) -> dict[str, Any]:
        return {
            "key": stop.key,
            "title": stop.title,
            "who": stop.who,
            "channel": stop.channel,
            "command": stop.command,
            "what": stop.what,
            "why": stop.why,
            "state": self._state(stop.key),
            "failure": self._failures.get(stop.key, ""),
            "before": [BY_KEY[key].title for key in self._missing(stop)],
        }

    def _state(self, key: str) -> str:
        if key == self._doing:
            return "doing"
        if key in self._done:
            return "done"
        return "failed" if key in self._failures else "open"

    def _missing(self, stop: Stop) -> list[str]:
        """Return the stops that must come before this one and are not done, first things first."""
        found: list[str] = []
        for key in stop.needs:
            if key not in self._done:
                found += [*self._missing(BY_KEY[key]), key]
        return found

    async def _begin(self, request: web.Request) -> web.Response:
        stop = BY_KEY.get(request.match_info["stop"])
        if stop is None:
            return web.json_response({"ok": False, "error": "There is no such stop."}, status=404)
        if self._doing is not None:
            said = f"“{BY_KEY[self._doing].title}” is being done; wait for it."
            return web.json_response({"ok": False, "error": said}, status=409)
        self._doing = stop.key  # before anything is waited for: a second press comes at once
        self._task = asyncio.create_task(self._do(stop))
        return web.json_response({"ok": True})

    async def _do(self, stop: Stop) -> None:
        facts = functools.partial(number_in, self._world.state / "slipway.db")
        road = Road(self._world, self._town, facts=facts)
        try:
            await self._look()
            keys = [*self._missing(stop), stop.key]
            await self._town.bot_is_online(within_s=30)
            for key in keys:
                self._doing = key
                self._failures.pop(key, None)
                for name in BY_KEY[key].steps:
                    await _STEPS[name].act(road)
                self._done.add(key)
        except NotSeen as error:
            self._failures[self._doing or stop.key] = str(error)
        except (aiohttp.ClientError, OSError) as error:
            self._failures[self._doing or stop.key] = f"A part of the sandbox did not answer: {error!r}"
        finally:
            self._doing = None
