"""While the cluster cannot be asked, the cards of what it was given say so, and no longer when that is over."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.values import Kind, Ref
from bot.effects import health
from bot.errors import Upstream
from bot.services import cards, incidents, sweeps
from tests.support.field import Place, place_in, running
from tests.support.road import RECIPE, RESULT, SOMCHAI, ordered, submitted, swept

GONE = Upstream("cluster", "connection refused", retryable=False)
SAID = "The cluster cannot be asked since <t:{}:R>; this is what was seen last."


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Open an app with a run that was submitted."""
    async with place_in(tmp_path) as opened:
        yield opened


async def _due(place: Place) -> set[str]:
    """Return the cards of runs and sweeps that are due by now, and have them drawn as things are."""
    rows = await place.app.store.claim_cards(now=place.clock(), lease=timedelta(seconds=9), limit=99)
    for row in rows:
        await place.app.store.card_drawn(row, channel="c", message=str(row.about), digest="d", not_before=place.clock())
    return {str(row.about) for row in rows if row.about.kind in (Kind.RUN, Kind.SWEEP)}


async def _text(place: Place, kind: Kind, number: int) -> str:
    return "\n".join((await cards.face_for(place.app.store, Ref(kind, number))).card.paragraphs)


async def test_the_card_of_a_run_says_so_while_it_lasts(place: Place):
    """Whether the cluster answers again by itself or an operator resolves the incident: the card is due each time."""
    await place.sees(running(1))
    place.clock.passes(minutes=5)
    await _due(place)
    said, before = SAID.format(int(place.clock().timestamp())), await place.card()
    await health.failed(place.app, GONE, work="following")
    due, shown = [await _due(place)], [await place.card()]
    place.clock.passes(minutes=5)
    await health.answered(place.app, "following")
    due, shown = [*due, await _due(place)], [*shown, await place.card()]
    await health.failed(place.app, GONE, work="following")
    due, shown = [*due, await _due(place)], [*shown, await place.card()]
    await incidents.resolve(place.app.record, 2, resolution="It was the switch.", by=SOMCHAI)
    due, shown = [*due, await _due(place)], [*shown, await place.card()]

    assert said in shown[0]
    assert "epoch 1 of 9" in shown[0]
    assert [False, True, False, True, False] == ["cannot be asked" in one for one in (before, *shown)]
    assert [{"RUN-1"}] * 4 == due


async def test_other_outages_and_what_has_ended_change_no_card(place: Place):
    """Only what the cluster still has is not known any more."""
    await place.sees(running(1))
    place.cluster.results[place.run.key] = RESULT
    await _due(place)
    await health.failed(place.app, Upstream("mlflow", "507", retryable=False), work="recording")
    due, shown = await _due(place), await place.card()
    await incidents.outage(place.app.record, "cluster", "connection refused")
    await place.sees(running(2))
    meanwhile = await place.card()

    assert (set(), False, True) == (due, "cannot be asked" in shown, "cannot be asked" in meanwhile)


async def test_a_sweep_says_it_for_its_runs_and_what_was_ordered_waits(place: Place):
    """A hundred runs of one sweep make one card due."""
    sweep = await swept(place.app.record, place.run.requirement, space=f"{next(iter(RECIPE.parameters))}=1|2|3")
    await sweeps.prepare(place.app.record, sweep.number)
    run = await ordered(place.app.record, place.run.requirement)
    waiting = await _due(place)
    await health.failed(place.app, GONE, work="following")
    due, texts = await _due(place), [await _text(place, Kind.SWEEP, 1), await _text(place, Kind.RUN, run.number)]
    await sweeps.submitted(place.app.record, sweep.number, job_id="7")

    assert {"RUN-1", f"RUN-{run.number}", "SWP-1"} == due == waiting
    assert [True, True] == ["; it is sent when the cluster answers again" in text for text in texts]
    assert "; this is what was seen last" in await _text(place, Kind.SWEEP, 1)


async def test_the_cards_of_many_runs_do_not_flood_their_channel(place: Place):
    """The newest at once, thirty each minute: half of what Discord takes is kept for what happens meanwhile."""
    for _ in range(44):
        await submitted(place.app.record, place.run.requirement)
    await _due(place)
    await health.failed(place.app, GONE, work="following")
    due = [await _due(place)]
    place.clock.passes(minutes=1)
    due.append(await _due(place))

    assert [30, 15] == [len(one) for one in due]
    assert "RUN-45" in due[0]
