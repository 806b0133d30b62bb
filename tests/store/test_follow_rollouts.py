"""Following takes each rollout's next step in the cloud, waits no longer than it should, and holds up no other."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.app import App
from bot.core.values import Kind, Ref, Stage
from bot.core.words import as_said
from bot.errors import Misconfigured, NeedsMending, Refused, Upstream
from bot.ports import Deployment, DeploymentStatus
from bot.services import cards, rollouts, things
from bot.things.incident.model import Incident
from bot.things.incident.subjects import Subject, of_failure, of_outage
from bot.things.rollout import decisions
from bot.things.rollout.model import Rollout
from jobs import follow_rollouts
from tests.support.fakes import FakeEndpoints, FakeRegistry
from tests.support.ports import Clock, deliver_due, place_in
from tests.support.road import ANAN, SOMCHAI, claimed, live, proposed, ramping

LIMIT_MIN = 60.0
"""As config.example.toml has it."""


@dataclass(frozen=True)
class Place:
    """An app, and the cloud it talks to."""

    app: App
    clock: Clock
    sky: FakeEndpoints
    registry: FakeRegistry
    tick: Callable[[], Awaitable[None]]

    async def creating(self) -> Rollout:
        """Have a rollout whose deployment is being created."""
        rollout = await proposed(self.app.record, (await claimed(self.app.record)).number)
        await rollouts.approve(self.app.record, rollout.number, reason="Go.", by=SOMCHAI)
        await decisions.begun(self.app.record, rollout.number)
        return await things.get(self.app.store, Rollout, rollout.number)

    async def looks(self, *, after_min: float) -> None:
        """Let time go by and look once."""
        self.clock.passes(minutes=after_min)
        await self.tick()

    async def stage(self, rollout: Rollout) -> Stage:
        """Return where the rollout stands."""
        return (await things.get(self.app.store, Rollout, rollout.number)).stage

    async def card(self, kind: Kind, number: int) -> str:
        """Return the text of a card with the labels of its buttons."""
        card = (await cards.face_for(self.app.store, Ref(kind, number))).card
        return "\n".join([*card.paragraphs, *(f"[{button.label}]" for button in card.buttons)])

    async def incidents(self) -> dict[Subject, Incident]:
        """Return the incidents by what they are about."""
        return {one.about: one for one in await things.newest(self.app.store, Incident)}


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Open an app."""
    async with place_in(tmp_path) as opened:
        tick = follow_rollouts.begun(opened.app)
        yield Place(opened.app, opened.clock, opened.endpoints, opened.registry, tick)


async def test_a_deployment_that_never_gets_ready_fails_at_its_limit(place: Place):
    """Ops hear it with the log and what remains, and another rollout may be proposed."""
    rollout = await place.creating()
    await place.looks(after_min=LIMIT_MIN - 1)
    before = await place.stage(rollout)
    await place.looks(after_min=1)
    told = (await place.incidents())[of_failure(Ref(Kind.ROLLOUT, rollout.number))]

    assert (before, await place.stage(rollout)) == (Stage.CREATING, Stage.FAILED)
    assert "not ready within 60 minutes" in str(told.cause)
    assert "`dep-1` may still stand in Azure" in str(told.next_step)
    assert told.log_tail == "the log of dep-1"
    assert (
        await rollouts.propose(place.app.record, rollout.run, reason="Again.", endpoint_prefix="slipway", by=ANAN)
    ).stage is Stage.REQUESTED


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (Upstream("azure", "503", retryable=True), Stage.CREATING),
        (NeedsMending("azure", "the client secret has expired"), Stage.FAILED),
        (Misconfigured("the secret file is gone"), Stage.FAILED),
    ],
    ids=["an outage", "a secret", "a setting"],
)
async def test_an_outage_is_waited_out_and_what_waiting_does_not_mend_is_not(
    place: Place, error: Exception, ends: Stage
):
    """Work for a cloud that is down waits, as all work does; Ops know of each."""
    rollout = await place.creating()
    place.sky.fails["dep-1"] = error
    stages = []
    for _ in range(3):
        await place.looks(after_min=LIMIT_MIN / 2)
        stages.append(await place.stage(rollout))

    assert stages == [Stage.CREATING, ends, ends]
    assert of_outage("azure") in await place.incidents()


@pytest.mark.parametrize("have", ["creating", "ramping"])
async def test_a_lasting_refusal_ends_its_rollout_at_the_first_look_and_is_no_outage(place: Place, have: str):
    """Ops read the cause and the log, nobody is told that Azure is away, and another rollout may be proposed."""
    refusal = Upstream("azure", "OutOfQuota: 16 cores are wanted, 4 are left (HTTP 400)", retryable=False)
    if have == "creating":
        rollout = await place.creating()
        place.sky.fails["dep-1"] = refusal
    else:
        rollout = await ramping(place.app.record, (await claimed(place.app.record)).number)
        place.sky.shifts = [refusal]
    await place.looks(after_min=0)
    told = await place.incidents()

    assert await place.stage(rollout) is Stage.FAILED
    assert [of_failure(Ref(Kind.ROLLOUT, rollout.number))] == list(told)
    assert told[of_failure(Ref(Kind.ROLLOUT, rollout.number))].cause == as_said(refusal.message)
    assert told[of_failure(Ref(Kind.ROLLOUT, rollout.number))].log_tail == "the log of dep-1"


BUSY = Deployment(DeploymentStatus.CREATING, {"dep-1": 0})
BROKEN = replace(BUSY, error="InternalError: The router is away.")
GONE = Deployment(DeploymentStatus.ABSENT, {})


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        ([BUSY, BROKEN, BUSY], "InternalError: The router is away."),
        ([BUSY, BUSY, BUSY], "Azure says that it is still at it"),
        ([BUSY, GONE, GONE], "endpoint slipway-req-1 is not there"),
    ],
    ids=["a failing change", "a change without end", "an endpoint that is gone"],
)
async def test_traffic_that_never_moves_fails_its_rollout_at_the_limit(
    place: Place, answers: list[Deployment], cause: str
):
    """Ops hear why, and where to look whom the traffic goes to; what stands in the cloud stays there."""
    rollout = await ramping(place.app.record, (await claimed(place.app.record)).number)
    place.sky.shifts = list(answers)
    await place.looks(after_min=0)
    await place.looks(after_min=LIMIT_MIN - 1)
    before = await place.stage(rollout)
    await place.looks(after_min=1)
    told = (await place.incidents())[of_failure(Ref(Kind.ROLLOUT, rollout.number))]

    assert (before, await place.stage(rollout)) == (Stage.RAMPING, Stage.FAILED)
    assert str(told.cause) == f"It did not get all traffic within 60 minutes (azure.traffic_limit_min): {cause}"
    assert "Traffic may have moved to `dep-1`, or may still: look at endpoint `slipway-req-1`" in str(told.next_step)
    assert {what.partition(" ")[0] for what in place.sky.done} == {"shift"}


async def test_traffic_that_could_not_be_asked_for_during_an_outage_is_not_late(place: Place):
    """When Azure is back it gets its time, and a rollout whose traffic moves then goes live."""
    rollout = await ramping(place.app.record, (await claimed(place.app.record)).number)
    place.sky.shifts = [*[Upstream("azure", "503", retryable=True)] * 3, BUSY, BUSY]
    stages = []
    for _ in range(6):
        await place.looks(after_min=LIMIT_MIN * 2 / 3)
        stages.append(await place.stage(rollout))

    assert stages == [Stage.RAMPING] * 5 + [Stage.LIVE]


async def test_a_rollout_that_cannot_be_followed_holds_up_no_other(place: Place):
    """However many there are: the oldest comes as far as the newest, beside one with a setting that is gone."""
    every = [await place.creating() for _ in range(28)]
    place.sky.fails["dep-14"] = Misconfigured("the environment variable AZURE_SECRET is empty or not set")
    place.sky.status = {rollout.deployment: DeploymentStatus.READY for rollout in every}
    await place.looks(after_min=1)
    stages = [await place.stage(rollout) for rollout in every]

    assert [Stage.VERIFYING] * 13 + [Stage.CREATING] + [Stage.VERIFYING] * 14 == stages
    assert "AZURE_SECRET is empty" in str((await place.incidents())[of_outage("azure")].cause)


async def test_a_model_that_cannot_be_served_is_not_brought_to_the_cloud(place: Place):
    """One that was audited before anybody looked: its rollout fails at its first step, with all that is missing."""
    rollout = await proposed(place.app.record, (await claimed(place.app.record)).number)
    await rollouts.approve(place.app.record, rollout.number, reason="Go.", by=SOMCHAI)
    place.registry.leaves_out = ("conda.yaml", "input_example.json")
    await deliver_due(place.app, "endpoints")
    told = await place.incidents()

    assert await place.stage(rollout) is Stage.FAILED
    assert [of_failure(Ref(Kind.ROLLOUT, rollout.number))] == list(told)
    assert "input example cannot be read" in str(told[of_failure(Ref(Kind.ROLLOUT, rollout.number))].cause)
    assert "there is no `conda.yaml`" in str(told[of_failure(Ref(Kind.ROLLOUT, rollout.number))].cause)
    assert place.sky.done == []


async def test_an_aborted_rollout_is_removed_from_the_cloud(place: Place):
    """Users go to what is live, and the card says how far it is; its trouble with the cloud is no longer told."""
    requirement = (await claimed(place.app.record)).number
    serving = await live(place.app.record, requirement)
    rollout = await ramping(place.app.record, requirement)
    await decisions.abort(place.app.record, rollout.number, reason="The scanner was changed.", by=ANAN)
    await place.looks(after_min=1)
    shown = [await place.card(Kind.ROLLOUT, rollout.number)]
    for _ in range(6):  # what it was to do before comes first, and finds nothing to do
        await deliver_due(place.app, "endpoints")
        place.clock.passes(minutes=10)
    shown.append(await place.card(Kind.ROLLOUT, rollout.number))

    assert place.sky.done == [f"remove dep-{rollout.number} for {{'dep-{serving.number}': 100}}"] * 2
    assert "`dep-2` is being removed from Azure" in shown[0]
    assert "`dep-2` is removed from Azure" in shown[1]
    assert all("The scanner was changed." in text and "[Abort]" not in text for text in shown)
    assert await place.stage(serving) is Stage.LIVE
    assert await place.incidents() == {}


async def test_an_abort_while_the_model_is_fetched_leaves_nothing_in_the_cloud(place: Place):
    """What comes back from the registry afterwards begins nothing."""
    rollout = await place.creating()
    place.registry.while_fetching = lambda: decisions.abort(
        place.app.record, rollout.number, reason="Stop.", by=SOMCHAI
    )
    await place.looks(after_min=1)

    assert place.sky.done == []
    assert await place.stage(rollout) is Stage.ABORTED
    assert await place.incidents() == {}


async def test_what_was_only_proposed_is_aborted_without_the_cloud(place: Place):
    """Nothing was begun there, and the card says so; the button is there until it is live, and not after."""
    rollout = await proposed(place.app.record, (await claimed(place.app.record)).number)
    shown = [await place.card(Kind.ROLLOUT, rollout.number)]
    await decisions.abort(place.app.record, rollout.number, reason="Too early.", by=ANAN)
    await deliver_due(place.app, "endpoints")
    shown.append(await place.card(Kind.ROLLOUT, rollout.number))
    for have in (ramping, live):
        other = await have(place.app.record, (await claimed(place.app.record)).number)
        shown.append(await place.card(Kind.ROLLOUT, other.number))

    assert ["[Abort]" in text for text in shown] == [True, False, True, False]
    assert "Nothing was begun in Azure" in shown[1]
    assert place.sky.done == []


async def test_a_rollout_that_was_live_before_the_abort_is_not_aborted(place: Place):
    """Its name for that is another, and the refusal says what it is."""
    rollout = await live(place.app.record, (await claimed(place.app.record)).number)

    with pytest.raises(Refused, match=r"DEP-1 is already \*live\*"):
        await decisions.abort(place.app.record, rollout.number, reason="Stop.", by=SOMCHAI)
