"""The road from a wish to a model that is watched in production, as data: who does what, in steps that can be run."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.customers import CHANGED_COUNT, USUAL_COUNT, send_requests
from sandbox.person import NotSeen, Person, Reply, Town
from sandbox.text import text_of
from sandbox.world import World

TRAINING_LIMIT_S = 600.0
"""The dataset of texts takes a minute, and two where there is little of a machine."""
CLOUD_LIMIT_S = 270.0
MEASURING_LIMIT_S = 180.0
SEEN_LIMIT_S = 180.0
BOT_RESTART_LIMIT_S = 90.0
BETWEEN_TRIES_S = 0.5

REQUIREMENT = {
    "Title": "Read handwritten digits ตัวเลขลายมือ",
    "Problem": "Clerks type the digits of 2 000 paper forms a day; one in fifty is wrong.",
    "Value expected": "Four hours of typing a day, and fewer wrong bookings.",
    "Targets": "accuracy >= 0.9, recall_worst_class >= 0.8, latency_p95_ms <= 200",
    "Constraints": "No form leaves the building.",
}
WATCHED = {"digits": "accuracy", "docstrings": "f1"}
"""What is reported while a model is trained, by dataset: those on which it takes long enough to be watched."""
CHANNEL_OF = {
    "REQ": "requirements",
    "RUN": "training",
    "AUD": "audit",
    "DEP": "deployments",
    "MON": "monitoring",
    "REC": "monitoring",
}
SEES_ALL = "nok"
"""Has no duty, so sees what everyone sees."""


class Said(Protocol):
    """What came of somebody's act."""

    @property
    def state(self) -> str:
        """Return answered, deferred, modal or failed."""
        ...

    @property
    def text(self) -> str:
        """Return what the answer says, or why it failed."""
        ...

    @property
    def is_private(self) -> bool:
        """Tell whether only this person sees it."""
        ...

    async def submit(self, values: Mapping[str, str]) -> "Said":
        """Fill in the form that it is; fields go by label."""
        ...


class Hand(Protocol):
    """Whoever does what a person does: a script, or somebody who looks at the page."""

    async def slash(self, command: str, *, channel: str, **options: str | int) -> Said:
        """Use a slash command."""
        ...

    async def click(self, channel: str, label: str, *, containing: str) -> Said:
        """Press a button."""
        ...

    async def sees(self, channel: str, text: str, *, within_s: float, of: str = "") -> None:
        """Wait for a message with the text, and with the thing's name if one is named. Raises NotSeen."""
        ...


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

    async def sees(self, channel: str, text: str, *, within_s: float, of: str = "") -> None:
        """Wait for a message."""
        await self.person.sees(channel, text, within_s=within_s, of=of)

    async def _insist(self, act: Callable[[], Awaitable[Reply]]) -> Reply:
        deadline = time.monotonic() + BOT_RESTART_LIMIT_S
        while (reply := await act()).state == "failed" and time.monotonic() < deadline:  # noqa: ASYNC110  # a person's way
            await asyncio.sleep(BETWEEN_TRIES_S)
        return reply


@dataclass
class Road:
    """Where the steps are taken, and the numbers of the things that came up on the way."""

    world: World
    town: Town
    numbers: dict[str, int] = field(default_factory=dict)
    hands: Callable[[str], Hand] | None = None
    """Whose hands take the steps by a person's key; scripts' where there are none."""
    facts: Callable[[str, Mapping[str, int]], int | None] = lambda _kind, _known: None
    """Finds the number of the road's thing of a kind, given the numbers that are known, where others do things too."""
    recipe: str = ""
    """The recipe of its runs; the first that fits the dataset where none is named."""
    parameters: str = ""
    """What each run is given besides what its step says, as in `batch_size=32`."""

    def person(self, key: str) -> Hand:
        """Return somebody."""
        return self.hands(key) if self.hands else Patient(self.town.person(key))

    async def number(self, kind: str) -> int:
        """Return the number of the thing of this kind that the road is about.

        What is not known from the way and not in the facts either is the newest with a card.

        Raises:
            NotSeen: there is none.
        """
        if kind not in self.numbers:
            found_in_facts = await asyncio.to_thread(self.facts, kind, self.numbers)
            if found_in_facts is not None:
                self.numbers[kind] = found_in_facts
        if kind not in self.numbers:
            messages = await self.town.person(SEES_ALL).messages(CHANNEL_OF[kind])
            heads = [re.match(rf"\W*{kind}-(\d+)\b", text_of(message)) for message in messages]
            found = [int(head.group(1)) for head in heads if head]
            if not found:
                raise NotSeen(f"There is no {kind} in #{CHANNEL_OF[kind]} yet.")
            self.numbers[kind] = max(found)
        return self.numbers[kind]

    async def name(self, kind: str) -> str:
        """Return the thing's name, as in `RUN-2`."""
        return f"{kind}-{await self.number(kind)}"

    async def dataset(self) -> str:
        """Return the dataset of the road's requirement, as its card names it; nothing where that cannot be read."""
        name = await self.name("REQ")
        for message in await self.town.person(SEES_ALL).messages(CHANNEL_OF["REQ"]):
            said = text_of(message)
            if re.match(rf"\W*{name}\b", said) and (found := re.search(r"^Dataset `([^`]+)`", said, re.MULTILINE)):
                return found[1]
        return ""

    def learn(self, kind: str, text: str) -> str:
        """Take the number from what was said and return the thing's name. Raises NotSeen."""
        found = re.search(rf"\b{kind}-(\d+)", text)
        if found is None:
            raise NotSeen(f"no {kind} is named in {text!r}")
        self.numbers[kind] = int(found.group(1))
        return found.group()


@dataclass(frozen=True)
class Step:
    """One thing that somebody does, or sees."""

    key: str
    who: str
    what: str
    """As in `{RUN} fails`; names in braces are filled in."""
    act: Callable[[Road], Awaitable[None]]

    def said(self, road: Road) -> str:
        """Return what was done, with the things' names."""
        return self.what.format_map({kind: f"{kind}-{number}" for kind, number in road.numbers.items()})


async def _file(road: Road) -> None:
    malee = road.person("malee")
    form = await malee.slash("requirement file", channel="requirements", dataset="digits", kind="assist")
    reply = await form.submit(REQUIREMENT)
    answered(reply, "is filed")
    await malee.sees("requirements", road.learn("REQ", reply.text), within_s=SEEN_LIMIT_S)


async def _claim_refused(road: Road) -> None:
    reply = await road.person("malee").click("requirements", "Claim", containing=await road.name("REQ"))
    refused(reply, "needs the duty")


async def _claim(road: Road) -> None:
    anan, requirement = road.person("anan"), await road.name("REQ")
    answered(await anan.click("requirements", "Claim", containing=requirement), f"{requirement} is yours")
    await anan.sees("requirements", "Claimed", within_s=SEEN_LIMIT_S, of=requirement)


async def _fail(road: Road) -> None:
    await _launch(road, parameters="learning_rate=1000")
    somchai, run = road.person("somchai"), await road.name("RUN")
    await somchai.sees("ops", f"{run} failed", within_s=TRAINING_LIMIT_S)
    await somchai.sees("ops", "diverged", within_s=SEEN_LIMIT_S, of=run)
    await somchai.sees("ops", "Last log lines", within_s=SEEN_LIMIT_S, of=run)


async def _acknowledge(road: Road) -> None:
    answered(await road.person("somchai").click("ops", "Acknowledge", containing="diverged"), "is yours")


async def _launch(road: Road, *, parameters: str, **more: str) -> None:
    if road.recipe:
        more["recipe"] = road.recipe
    reply = await road.person("anan").slash(
        "train launch",
        channel="training",
        requirement=await road.number("REQ"),
        cpus=1,
        memory_gib=4,
        parameters=f"{parameters} {road.parameters}".strip(),
        **more,
    )
    answered(reply, "is planned")
    run = road.learn("RUN", reply.text)
    await road.person("anan").sees("training", "It would start", within_s=SEEN_LIMIT_S, of=run)
    answered(await road.person("anan").click("training", "Launch", containing=run), f"{run} is ordered")


async def _train(road: Road) -> None:
    await _launch(road, parameters="epochs=40", hypothesis="A small network is enough for this.")
    anan, run = road.person("anan"), await road.name("RUN")
    measure = WATCHED.get(await road.dataset())
    for text in ("of 40", "loss", measure) if measure else ():
        await anan.sees("training", text, within_s=TRAINING_LIMIT_S, of=run)


async def _succeed(road: Road) -> None:
    run = await road.name("RUN")
    await road.person("anan").sees("training", "Held-out results", within_s=TRAINING_LIMIT_S, of=run)


async def _open_audit(road: Road) -> None:
    await road.person("kanya").sees("audit", "AUD-", within_s=SEEN_LIMIT_S, of=await road.name("RUN"))
    await road.number("AUD")


async def _audit_refused(road: Road) -> None:
    refused(await road.person("anan").click("audit", "Approve", containing=await road.name("AUD")), "needs the duty")


async def _pass_audit(road: Road) -> None:
    audit = await road.name("AUD")
    form = await road.person("kanya").click("audit", "Approve", containing=audit)
    answered(await form.submit({"Reason": "I have read each check, and the gap is small."}), "approved")
    for who in ("anan", "malee"):
        await road.person(who).sees("training", f"{audit}: approved", within_s=SEEN_LIMIT_S)


async def _propose(road: Road) -> None:
    anan, run = road.person("anan"), await road.name("RUN")
    await anan.sees("training", "model version", within_s=TRAINING_LIMIT_S, of=run)
    form = await anan.slash("deploy propose", channel="deployments", run=await road.number("RUN"))
    reply = await form.submit({"Reason": "People wait for it."})
    answered(reply, "DEP-")
    await road.person("somchai").sees("deployments", road.learn("DEP", reply.text), within_s=SEEN_LIMIT_S)


async def _approve_rollout(road: Road) -> None:
    form = await road.person("somchai").click("deployments", "Approve", containing=await road.name("DEP"))
    answered(await form.submit({"Reason": "Quiet hours, and the audit is fresh."}), "approved")


async def _live(road: Road) -> None:
    somchai, rollout = road.person("somchai"), await road.name("DEP")
    for text in ("smoke request answered", "100%"):
        await somchai.sees("deployments", text, within_s=CLOUD_LIMIT_S, of=rollout)


async def _announced(road: Road) -> None:
    await road.person("nok").sees("announcements", "is live", within_s=SEEN_LIMIT_S, of=await road.name("DEP"))


async def _endpoint(road: Road) -> str:
    return f"slipway-req-{await road.number('REQ')}"


async def _measure(road: Road) -> None:
    preecha = road.person("preecha")
    await preecha.sees("monitoring", "MON-", within_s=SEEN_LIMIT_S)
    monitor = await road.number("MON")
    await send_requests(road.world.azure, endpoint=await _endpoint(road), count=USUAL_COUNT, changed=False)
    answered(await preecha.slash("monitor run", channel="monitoring", monitor=monitor), f"MON-{monitor}")
    await preecha.sees("monitoring", "stable", within_s=MEASURING_LIMIT_S, of=f"MON-{monitor}")
    shown = await road.town.person("preecha").sees("monitoring", "stable", of=f"MON-{monitor}")
    if not any(file["filename"].endswith(".png") for file in shown["attachments"]):
        raise NotSeen(f"MON-{monitor} has no chart")


async def _drift(road: Road) -> None:
    preecha, monitor = road.person("preecha"), await road.name("MON")
    await send_requests(road.world.azure, endpoint=await _endpoint(road), count=CHANGED_COUNT, changed=True)
    answered(await preecha.click("monitoring", "Measure now", containing=monitor), monitor)
    await preecha.sees("monitoring", "REC-", within_s=MEASURING_LIMIT_S, of=monitor)
    await road.number("REC")


async def _retrain(road: Road) -> None:
    preecha, advice = road.person("preecha"), await road.name("REC")
    refused(await road.person("somchai").click("monitoring", "Start retraining", containing=advice), "needs the duty")
    reply = await preecha.click("monitoring", "Start retraining", containing=advice)
    answered(reply, "RUN-")
    await preecha.sees("training", road.learn("RUN", reply.text), within_s=SEEN_LIMIT_S)


def answered(reply: Said, text: str) -> None:
    """Check what somebody was answered. Raises NotSeen."""
    if reply.state == "failed" or text not in reply.text:
        raise NotSeen(f"The answer was {reply.state}: {reply.text!r}, not {text!r}.")


def refused(reply: Said, text: str) -> None:
    """Check that somebody was refused, and that only they were told. Raises NotSeen."""
    answered(reply, text)
    if not reply.is_private:
        raise NotSeen(f"the refusal {reply.text!r} was shown to everyone")


STEPS = (
    Step("filed", "Malee", "files {REQ} in a form; its card is in #requirements", _file),
    Step("claim_refused", "Malee", "may not claim it herself, and is told so", _claim_refused),
    Step("claimed", "Anan", "claims it with the card's button", _claim),
    Step("failed", "Somchai", "sees in #ops that {RUN} failed, why, and the last log lines", _fail),
    Step("acknowledged", "Somchai", "acknowledges the incident", _acknowledge),
    Step("running", "Anan", "launches {RUN} and watches its bar, loss and accuracy live", _train),
    Step("succeeded", "Anan", "sees {RUN} succeed with its held-out results", _succeed),
    Step("audit_opened", "Kanya", "finds {AUD} with the checks against the targets", _open_audit),
    Step("audit_refused", "Anan", "may not approve his own model", _audit_refused),
    Step("approved", "Kanya", "approves with her reason; Anan and Malee are told", _pass_audit),
    Step("proposed", "Anan", "proposes the rollout {DEP}", _propose),
    Step("rollout_approved", "Somchai", "approves it; the cloud goes to work", _approve_rollout),
    Step("live", "Somchai", "sees it smoke-tested, then live at 100%", _live),
    Step("announced", "Nok", "reads the announcement like everyone else", _announced),
    Step("measured", "Preecha", "measures production: 100 requests, all stable, with a chart", _measure),
    Step("drifted", "Preecha", "sees the drift after paler scans come in: {REC} recommends retraining", _drift),
    Step("retraining", "Preecha", "starts retraining with one press: {RUN} is ordered", _retrain),
)
