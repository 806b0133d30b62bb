"""Drives the whole road as the five people, prints it as it goes, and fails when a step is not seen in Discord."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sandbox.customers import send_requests
from sandbox.person import NotSeen, Person, Reply, Town
from sandbox.world import World

TRAINING_LIMIT_S = 90.0
CLOUD_LIMIT_S = 90.0
MEASURING_LIMIT_S = 60.0
SEEN_LIMIT_S = 15.0
BOT_RESTART_LIMIT_S = 20.0
BETWEEN_TRIES_S = 0.5

REQUIREMENT = {
    "Title": "Read handwritten digits ตัวเลขลายมือ",
    "Problem": "Clerks type the digits of 2 000 paper forms a day; one in fifty is wrong.",
    "Value expected": "Four hours of typing a day, and fewer wrong bookings.",
    "Targets": "accuracy >= 0.9, recall_worst_class >= 0.8, latency_p95_ms <= 200",
    "Constraints": "No form leaves the building.",
}


class StoryFailed(Exception):  # what it is
    """A step of the road was not seen."""


@dataclass
class Teller:
    """Prints the steps with their times."""

    began: float = field(default_factory=time.monotonic)
    count: int = 0

    def step(self, who: str, what: str) -> None:
        """Print a step that was seen."""
        self.count += 1
        print(f"{time.monotonic() - self.began:6.1f} s  {self.count:2d}. {who:<8} {what}", flush=True)


async def tell(world: World, *, between: Callable[[str], Awaitable[None]] | None = None) -> None:
    """Drive the road; `between` is awaited with a step's name after it, for those who want to break things there.

    Raises:
        StoryFailed: a step was not seen in Discord.
    """
    teller = Teller()

    async def done(name: str, who: str, what: str) -> None:
        teller.step(who, what)
        if between is not None:
            await between(name)

    async with Town(world.page) as town:
        try:
            await town.bot_is_online(within_s=30)
            await town.has_command("requirement")
            await _train(town, done)
            await _audit(town, done)
            await _deploy(town, done)
            await _monitor(world, town, done)
        except NotSeen as missing:
            raise StoryFailed(
                f"after step {teller.count}: {missing}\n\nThe bot's log ends:\n{world.bot.log_tail()}"
            ) from missing
    print(f"\n  The model is deployed, announced and monitored; {teller.count} steps seen in Discord.")


@dataclass(frozen=True)
class Patient:
    """A person who tries again while Discord says that the interaction failed, as one does while a bot restarts."""

    person: Person

    async def slash(self, command: str, *, channel: str, **options: str | int) -> Reply:
        """Use a slash command."""
        return await self._insist(lambda: self.person.slash(command, channel=channel, **options))

    async def click(self, channel: str, label: str, *, containing: str) -> Reply:
        """Press a button."""
        return await self._insist(lambda: self.person.click(channel, label, containing=containing))

    async def sees(self, channel: str, text: str, *, within_s: float) -> None:
        """Wait for a message."""
        await self.person.sees(channel, text, within_s=within_s)

    async def _insist(self, act: Callable[[], Awaitable[Reply]]) -> Reply:
        deadline = time.monotonic() + BOT_RESTART_LIMIT_S
        while (reply := await act()).state == "failed" and time.monotonic() < deadline:  # noqa: ASYNC110  # a person's way
            await asyncio.sleep(BETWEEN_TRIES_S)
        return reply


Done = Callable[[str, str, str], Awaitable[None]]


async def _train(town: Town, done: Done) -> None:
    malee, anan, somchai = Patient(town.person("malee")), Patient(town.person("anan")), Patient(town.person("somchai"))
    form = await malee.slash("requirement file", channel="requirements", dataset="digits", kind="assist")
    _answered(await form.submit(REQUIREMENT), "REQ-1 is filed")
    await malee.sees("requirements", "REQ-1", within_s=SEEN_LIMIT_S)
    await done("filed", "Malee", "files REQ-1 in a form; its card is in #requirements")

    _refused(await malee.click("requirements", "Claim", containing="REQ-1"), "needs the duty")
    await done("claim_refused", "Malee", "may not claim it herself, and is told so")

    _answered(await anan.click("requirements", "Claim", containing="REQ-1"), "REQ-1 is yours")
    await anan.sees("requirements", "Claimed", within_s=SEEN_LIMIT_S)
    await done("claimed", "Anan", "claims it with the card's button")

    _answered(
        await anan.slash(
            "train launch", channel="training", requirement=1, memory_gib=4, cpus=1, parameters="learning_rate=1000"
        ),
        "RUN-1",
    )
    await somchai.sees("ops", "RUN-1 failed", within_s=TRAINING_LIMIT_S)
    await somchai.sees("ops", "diverged", within_s=SEEN_LIMIT_S)
    await done("failed", "Somchai", "sees in #ops that RUN-1 failed, why, and the last log lines")
    _answered(await somchai.click("ops", "Acknowledge", containing="RUN-1"), "is yours")
    await done("acknowledged", "Somchai", "acknowledges the incident")

    _answered(
        await anan.slash(
            "train launch",
            channel="training",
            requirement=1,
            cpus=1,
            memory_gib=4,
            parameters="epochs=80",
            hypothesis="A small network is enough for 8 x 8 pixels.",
        ),
        "RUN-2",
    )
    await anan.sees("training", "of 80", within_s=TRAINING_LIMIT_S)
    await done("running", "Anan", "launches RUN-2 and watches its bar, loss and accuracy live")
    await anan.sees("training", "Held-out results", within_s=TRAINING_LIMIT_S)
    await done("succeeded", "Anan", "sees RUN-2 succeed with its held-out results")


async def _audit(town: Town, done: Done) -> None:
    kanya, anan = Patient(town.person("kanya")), Patient(town.person("anan"))
    await kanya.sees("audit", "AUD-1", within_s=SEEN_LIMIT_S)
    await done("audit_opened", "Kanya", "finds AUD-1 with the checks against the targets")
    _refused(await anan.click("audit", "Approve", containing="AUD-1"), "needs the duty")
    await done("audit_refused", "Anan", "may not approve his own model")
    form = await kanya.click("audit", "Approve", containing="AUD-1")
    _answered(await form.submit({"Reason": "All targets are met and the gap is small."}), "approved")
    await anan.sees("training", "AUD-1: approved", within_s=SEEN_LIMIT_S)
    await done("approved", "Kanya", "approves with her reason; Anan and Malee are told")


async def _deploy(town: Town, done: Done) -> None:
    anan, somchai, nok = Patient(town.person("anan")), Patient(town.person("somchai")), Patient(town.person("nok"))
    await anan.sees("training", "model version", within_s=TRAINING_LIMIT_S)
    _answered(
        await anan.slash("deploy propose", channel="deployments", run=2, reason="The clerks wait for it."), "DEP-1"
    )
    await somchai.sees("deployments", "DEP-1", within_s=SEEN_LIMIT_S)
    await done("proposed", "Anan", "proposes the rollout DEP-1")
    form = await somchai.click("deployments", "Approve", containing="DEP-1")
    _answered(await form.submit({"Reason": "Quiet hours, and the audit is fresh."}), "approved")
    await done("rollout_approved", "Somchai", "approves it; the cloud goes to work")
    await somchai.sees("deployments", "100 %", within_s=CLOUD_LIMIT_S)
    await done("live", "Somchai", "sees it created at 0 %, smoke-tested, then live at 100 %")
    await nok.sees("announcements", "is live", within_s=SEEN_LIMIT_S)
    await done("announced", "Nok", "reads the announcement like everyone else")


async def _monitor(world: World, town: Town, done: Done) -> None:
    preecha, somchai = Patient(town.person("preecha")), Patient(town.person("somchai"))
    await preecha.sees("monitoring", "MON-1", within_s=SEEN_LIMIT_S)
    await send_requests(world.azure, endpoint="slipway-req-1", count=200, darkened=False)
    _answered(await preecha.slash("monitor run", channel="monitoring", monitor=1), "MON-1")
    await preecha.sees("monitoring", "stable", within_s=MEASURING_LIMIT_S)
    await done("measured", "Preecha", "measures production: 200 requests, all stable, with a chart")

    await send_requests(world.azure, endpoint="slipway-req-1", count=400, darkened=True)
    _answered(await preecha.click("monitoring", "Measure now", containing="MON-1"), "MON-1")
    await preecha.sees("monitoring", "REC-1", within_s=MEASURING_LIMIT_S)
    await done("drifted", "Preecha", "sees the drift after darker scans come in: REC-1 recommends retraining")

    _refused(await somchai.click("monitoring", "Start retraining", containing="REC-1"), "needs the duty")
    _answered(await preecha.click("monitoring", "Start retraining", containing="REC-1"), "RUN-3")
    await preecha.sees("training", "RUN-3", within_s=SEEN_LIMIT_S)
    await done("retraining", "Preecha", "starts retraining with one press: RUN-3 is ordered")


def _answered(reply: Reply, text: str) -> None:
    if reply.state == "failed" or text not in reply.text:
        raise NotSeen(f"{reply.by.key} was answered {reply.state}: {reply.text!r}, not {text!r}")


def _refused(reply: Reply, text: str) -> None:
    _answered(reply, text)
    if not reply.is_private:
        raise NotSeen(f"the refusal {reply.text!r} was shown to everyone")
