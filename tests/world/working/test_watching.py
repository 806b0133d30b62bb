"""What is seen of a run while it goes on: its curve, why it waits, that it stands still; and who deals with trouble."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from sandbox.text import Message, text_of
from tests.support.crew import INCIDENT_LIMIT_S, LONG, SEEN_LIMIT_S, TRAINED_LIMIT_S, Crew
from tests.support.waiting import eventually, eventually_awaited

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]


async def _card(place: Crew, channel: str, about: str, text: str = "", *, within_s: float = SEEN_LIMIT_S) -> Message:
    """Wait until the thing's card says this."""

    async def shown() -> list[Message]:
        return [one for one in await place.cards(channel, f"{about} ·") if text in text_of(one)]

    [card] = await eventually_awaited(shown, within_s=within_s)
    return card


def _pictures(card: Message) -> list[tuple[str, str]]:
    """Return the names and alt texts of a card's pictures."""
    gallery = [part for part in card["components"][0]["components"] if part["type"] == 12]
    return [
        (item["media"]["url"].split("?")[0].rpartition("/")[2], item["description"])
        for part in gallery
        for item in part["items"]
    ]


def _processes(run: int) -> list[int]:
    """Return the ids of the run's training processes."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(f"runs/slipway-run-{run}-1/spec.json" in word for word in words) and "python" in words[0]:
            found.append(int(process.name))
    return found


async def test_a_run_draws_its_curve_as_it_goes(place: Crew, requirement: int) -> None:
    """The picture comes with the second epoch and is drawn anew at the end, with a text for those who do not see it."""
    run = await place.launched(requirement, parameters="epochs=60 pause_s=0.1")

    async def drawn() -> list[tuple[str, str]]:
        return [one for card in await place.cards("training", f"RUN-{run} ·") for one in _pictures(card)]

    [(early, alt_text)] = await eventually_awaited(drawn, within_s=TRAINED_LIMIT_S)
    ended = await _card(place, "training", f"RUN-{run}", "Held-out results", within_s=TRAINED_LIMIT_S)

    async def whole() -> bool:
        return any("over 60 epochs" in said for _, said in await drawn())

    await eventually_awaited(whole)
    charts = Path(place.database).parent / "data" / "charts"
    await eventually(lambda: len(list(charts.glob(f"RUN-{run}-*"))) == 1)
    log = await place.person("anan").click("training", "Log", containing=f"RUN-{run} ·")

    assert "Curves of loss and accuracy" in alt_text
    assert early.endswith(".png")
    assert "Held-out results" in text_of(ended)
    assert f"From the log of RUN-{run}" in log.text
    assert log.is_private


async def test_a_waiting_run_says_what_it_waits_for(place: Crew, requirement: int) -> None:
    """SLURM's reason as it is now, not as it was when it began to wait."""
    for node in ("gpu1", "gpu2"):
        await place.order_slurm("node", node=node, down=True)
    run = await place.launched(requirement)
    await _card(place, "training", f"RUN-{run}", "ReqNodeNotAvail")
    await place.order_slurm("node", node="gpu1", down=False)
    await place.order_slurm("node", node="gpu2", down=False)
    await place.reaches("runs", run, "succeeded")


async def test_a_run_that_stands_still_is_told_once_and_again_when_it_goes_on(place: Crew, requirement: int) -> None:
    """Its processes are frozen: Ops hear of it, and that it is over when they thaw."""
    run = await place.launched(requirement, parameters=LONG)
    await place.reaches("runs", run, "running")
    frozen = await eventually(lambda: _processes(run))
    for process in frozen:
        os.kill(process, signal.SIGSTOP)
    number = await place.outage_of(f"RUN-{run} stalled")
    card = text_of(await _card(place, "ops", f"INC-{number}", "stands still", within_s=INCIDENT_LIMIT_S))
    for process in frozen:
        os.kill(process, signal.SIGCONT)
    resolved = text_of(await _card(place, "ops", f"INC-{number}", "Resolved", within_s=INCIDENT_LIMIT_S))
    await place.cancelled(run)

    assert f"RUN-{run} stands still" in card
    assert f"/train logs run:{run}" in card
    assert "it gets on again" in resolved
    assert 1 == len(place.incidents(f"RUN-{run} stalled"))


async def test_an_incident_is_given_to_somebody_who_can_deal_with_it(place: Crew, requirement: int) -> None:
    """Whoever is chosen is told and named on the card; somebody without the duty is not taken."""
    run = await place.launched(requirement, parameters="learning_rate=1000")
    await place.reaches("runs", run, "failed")
    [number] = await eventually(lambda: place.incidents(f"RUN-{run}"))
    await _card(place, "ops", f"INC-{number}")
    await place.town.admin("give_role", person="kanya", role="operator")
    somchai = place.person("somchai")
    ids: Any = place.world.discord["people"]
    people = {name: str(ids[name]) for name in ("kanya", "anan")}
    asked = await somchai.click("ops", "Assign", containing=f"INC-{number} ·")
    wrong = await asked.select("Who deals with it?", [people["anan"]])
    given = await asked.select("Who deals with it?", [people["kanya"]])
    card = text_of(await _card(place, "ops", f"INC-{number}", "Handled by"))
    told = await somchai.sees("ops", f"deals with INC-{number}")
    await place.town.admin("take_role", person="kanya", role="operator")
    denied = await place.person("anan").click("ops", "Assign", containing=f"INC-{number} ·")

    await place.refused(wrong, "is no operator")
    assert f"INC-{number} is theirs" in given.text
    assert f"<@{people['kanya']}>" in card
    assert "Acknowledged" in card
    assert [people["kanya"]] == [one["id"] for one in told["mentions"]]
    await place.refused(denied, "needs the duty")
