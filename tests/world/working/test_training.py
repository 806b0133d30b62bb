"""Training at depth, through slash commands and buttons: sweeps, comparing, logs, repeating, stopping and resuming."""

import re

import pytest

from sandbox.text import text_of
from tests.support.crew import LONG, QUICK, TRAINED_LIMIT_S, Crew
from tests.support.waiting import eventually_awaited

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]


async def test_a_sweep_is_one_card_with_a_leaderboard_and_one_promotion(place: Crew, requirement: int):
    """Four runs as one array end on one card, and a press sends the best to Audit, once."""
    anan, number, first = place.person("anan"), place.count("sweeps") + 1, place.count("runs") + 1
    name = f"SWP-{number}"
    planned = await anan.slash(
        "sweep launch",
        channel="training",
        requirement=requirement,
        recipe=QUICK,
        space="learning_rate=0.001|0.01 hidden=16|32",
        parameters="batch_size=128",
        hypothesis="Wider learns faster.",
        at_once=2,
    )
    plan = text_of(await anan.sees("training", "would start at once", of=name))
    ordered = await anan.click("training", "Launch", containing=f"{name} ·")
    card = text_of(await anan.sees("training", "4 of 4 runs ended", within_s=TRAINED_LIMIT_S, of=name))
    promoted = await anan.click("training", "Promote the best", containing=f"{name} ·")
    again = await anan.slash("sweep promote", channel="training", sweep=number)
    best = card.split("1. ", 1)[1].split("RUN-", 1)[1].split(" ", 1)[0]

    assert f"{name} with 4 runs is planned" in planned.text
    assert "At most **4.0** GPU hours" in plan
    assert f"{name} is ordered" in ordered.text
    assert "batch_size=128" in (await anan.slash("train show", channel="training", run=int(best))).text
    assert "4 succeeded" in card
    assert f"RUN-{best} of {name} goes to Audit" in promoted.text
    assert f"RUN-{best} of {name} was promoted already" in again.text
    await place.person("kanya").sees("audit", f" of RUN-{best} for REQ-")
    await anan.sees_nothing("training", f"### RUN-{first} ")


async def test_runs_are_compared_with_curves_and_a_table(place: Crew, requirement: int):
    """What differs and the results run by run, a picture of the curves and a CSV come in one answer."""
    anan, rates = place.person("anan"), ("0.001", "0.01", "0.02")
    runs = [await place.launched(requirement, parameters=f"epochs=3 learning_rate={rate}") for rate in rates]
    for run in runs:
        await place.reaches("runs", run, "succeeded")
    reply = await anan.slash("train compare", channel="training", runs=f"{runs[0]} {runs[1]} RUN-{runs[2]}")
    refused = await anan.slash("train compare", channel="training", runs=str(runs[0]))

    parts = reply.text.split("**RUN-")

    assert [str(run) for run in runs] == [part.split("*")[0].split()[0] for part in parts[1:]]
    assert [f"learning_rate={rate}" for rate in rates] == [
        re.findall(r"learning_rate=[0-9.]+", part)[0] for part in parts[1:]
    ]
    assert "curves.png" in reply.text
    assert "comparison.csv" in reply.text
    assert "Between 2 and 8 different runs" in refused.text


async def test_a_log_is_searched_and_sent_whole(place: Crew, requirement: int):
    """A search gives numbered lines, all of them as a file if asked; so does the log; what is not there is said."""
    anan, run = place.person("anan"), await place.launched(requirement, parameters="epochs=12")
    await place.reaches("runs", run, "succeeded")
    found = await anan.slash("train logs", channel="training", run=run, search="epoch 12 of")
    whole = await anan.slash("train logs", channel="training", run=run, whole=True)
    every = await anan.slash("train logs", channel="training", run=run, search="epoch 1", lines=1, whole=True)
    nothing = await anan.slash("train logs", channel="training", run=run, search="ไม่มี")

    assert ":epoch 12 of 12" in found.text
    assert f"run-{run}.log" in whole.text
    assert f"run-{run}.log" in every.text
    assert every.message is not None
    assert whole.message is not None
    assert 0 < every.message["attachments"][0]["size"] < whole.message["attachments"][0]["size"]
    assert "has no such line" in nothing.text


async def test_the_cluster_is_shown_at_a_glance(place: Crew):
    """GPUs, nodes, queue and use answer for everyone."""
    somchai = place.person("somchai")
    shown = {
        name: (await somchai.slash(f"cluster {name}", channel="ops")).text
        for name in ("status", "queue", "nodes", "usage")
    }

    assert "of 8 used" in shown["status"]
    assert "gpu1" in shown["nodes"]
    assert "Queue" in shown["queue"]
    assert "GPU hours" in shown["usage"]


async def test_a_run_is_noted_stopped_with_its_checkpoint_and_resumed(place: Crew, requirement: int):
    """Save and stop keeps the checkpoint; the next attempt goes on from it and not from the beginning."""
    anan = place.person("anan")
    number = await place.launched(requirement, parameters=LONG)
    await anan.sees("training", "of 2,000", within_s=TRAINED_LIMIT_S, of=f"RUN-{number}")
    noted = await anan.slash("train note", channel="training", run=number, conclusion="It learns by heart.")
    stopped = await anan.click("training", "Save and stop", containing=f"### RUN-{number} ")
    await place.reaches("runs", number, "cancelled")
    resumed = await anan.click("training", "Resume", containing=f"### RUN-{number} ")
    card = text_of(await anan.sees("training", "attempt 2", within_s=TRAINED_LIMIT_S, of=f"RUN-{number}"))
    log = await _log_with(place, number, "training from epoch", attempt=2)
    await place.cancelled(number)

    assert f"Noted on RUN-{number}" in noted.text
    assert "is being cancelled" in stopped.text
    assert f"Attempt 2 of RUN-{number}" in resumed.text
    assert "It learns by heart." in card
    assert int(log.partition("training from epoch ")[2].split()[0]) > 0


async def _log_with(place: Crew, run: int, text: str, *, attempt: int) -> str:
    """Return the lines with the text of an attempt's log, once there are some."""

    async def found() -> str:
        asked = {"run": run, "search": text, "attempt": attempt}
        reply = await place.person("anan").slash("train logs", channel="training", **asked)
        return reply.text if text in reply.text else ""

    return await eventually_awaited(found, within_s=TRAINED_LIMIT_S)


async def test_a_space_that_cannot_be_read_changes_nothing(place: Crew, requirement: int):
    """Each mistake in a sweep's space gets its sentence."""
    anan, before = place.person("anan"), await place.settled()
    said = {
        space: (await anan.slash("sweep launch", channel="training", requirement=requirement, space=space)).text
        for space in ("learning_rate", "speed=1|2", "epochs=0|1")
    }

    assert "cannot be read" in said["learning_rate"]
    assert "has no parameter `speed`" in said["speed=1|2"]
    assert "must be between" in said["epochs=0|1"]
    assert before == place.books()
