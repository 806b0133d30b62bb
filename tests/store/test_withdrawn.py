"""What is withdrawn is not trained any more: its plans are discarded, and nothing of it is tried again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.core.values import Kind, Ref, Stage
from bot.core.words import as_said
from bot.errors import WrongStage
from bot.ports import JobStatus, Observation
from bot.services import attempts, cards, planning, sweeps, things, training, withdrawing
from bot.things.recipe.recipe import RetryPolicy
from bot.things.run.causes import Cause, Failure, Remedy
from bot.things.sweep.model import Sweep
from tests.support.field import Place, place_in, running
from tests.support.road import ANAN, CLUSTER, MALEE, RECIPE, RECIPES

NODE_LOST = Failure(as_said("The node was lost."), as_said("Look at it."), Cause.NODE_LOST)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Open an app with a run that was submitted."""
    async with place_in(tmp_path) as opened:
        yield opened


async def withdraw(place: Place) -> None:
    """Have the run's requirement withdrawn."""
    await withdrawing.withdraw(place.app.record, place.run.requirement, reason="Not needed.", by=MALEE)


async def test_plans_of_what_is_withdrawn_are_discarded(place: Place):
    """Their cards say why, and offer nothing; a run that was launched goes on."""
    record, wish = place.app.record, planning.Wish(RECIPE.name)
    plan = await planning.plan(record, 1, wish, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    how: dict[str, Any] = {"method": "grid", "space": "epochs=1|2", "count": 1, "at_once": 2, "metric": ""}
    sweep = await sweeps.plan(record, 1, wish, **how, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    await withdraw(place)
    card = (await cards.face_for(place.app.store, Ref(Kind.RUN, plan.number))).card

    assert "🛑 REQ-1 was withdrawn" in card.paragraphs
    assert [] == list(card.buttons)
    assert Stage.CANCELLED is (await things.get(place.app.store, Sweep, sweep.number)).stage
    assert Stage.SUBMITTED is (await place.now()).stage


async def test_nothing_of_what_is_withdrawn_is_tried_again(place: Place):
    """Neither by a press, which its card does not have, nor by its recipe's policy."""
    await place.sees(running(1))
    await withdraw(place)
    policy = RetryPolicy((Cause.NODE_LOST.value,), 1, 0.0)
    recipes = {RECIPE.name: replace(RECIPE, retry=policy)}
    await training.failed(place.app.record, 1, NODE_LOST, node="gpu1", recipes=recipes)
    for remedy in (Remedy.RETRY, Remedy.RESUME):
        with pytest.raises(WrongStage, match="REQ-1 was \\*withdrawn\\*"):
            await attempts.again(place.app.record, 1, remedy, cluster=CLUSTER, by=ANAN)

    assert Stage.FAILED is (await place.now()).stage
    assert [("Log", "log:RUN-1")] == await place.presses()


async def test_cards_that_offer_another_attempt_are_drawn_anew_once_it_is_withdrawn(place: Place):
    """That of a run that failed, and its incident's."""
    store, now = place.app.store, place.app.record.now()
    await training.failed(place.app.record, 1, NODE_LOST, node="gpu1")
    for row in await store.claim_cards(now=now, lease=training.REDRAW_INTERVAL, limit=99):
        await store.card_drawn(row, channel="c", message="1", digest="d", not_before=now)
    await withdraw(place)
    rows = await store.claim_cards(now=now, lease=training.REDRAW_INTERVAL, limit=99)

    assert {Ref(Kind.RUN, 1), Ref(Kind.INCIDENT, 1), Ref(Kind.REQUIREMENT, 1)} == {row.about for row in rows}


async def test_what_was_to_go_on_elsewhere_does_not_once_it_is_withdrawn(place: Place):
    """It ends where it is."""
    await place.sees(running(1))
    await training.elsewhere(place.app.record, 1, cluster=CLUSTER, by=ANAN)
    await withdraw(place)
    await place.sees(Observation(JobStatus.CANCELLED, "saved and stopped when asked", "gpu1"))

    assert (Stage.CANCELLED, 1) == ((run := await place.now()).stage, run.attempt)
