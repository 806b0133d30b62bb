"""Training at depth, through slash commands and buttons: sweeps, comparing, logs, repeating, stopping and resuming."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.person import Person, Town
from sandbox.road import REQUIREMENT
from sandbox.text import text_of
from sandbox.world import keep_running, world

WITHIN_S = 150


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """Bring up a world with a claimed requirement."""
    async with world(tmp_path_factory.mktemp("training") / "world") as place:
        supervising = asyncio.create_task(keep_running(place.bot))
        async with Town(place.page) as people:
            await people.bot_is_online(within_s=30)
            await people.has_command("sweep")
            form = await people.person("malee").slash(
                "requirement file", channel="requirements", dataset="digits", kind="new"
            )
            await form.submit(REQUIREMENT)
            await people.person("anan").slash("requirement claim", channel="requirements", requirement=1)
            yield people
        supervising.cancel()


@pytest.fixture
def anan(town: Town) -> Person:
    """Return the creator."""
    return town.person("anan")


pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(360)]


async def test_a_sweep_is_one_card_with_a_leaderboard_and_one_promotion(anan: Person, town: Town):
    """Four runs as one array end on one card, and a press sends the best to Audit, once."""
    planned = await anan.slash(
        "sweep launch",
        channel="training",
        requirement=1,
        space="learning_rate=0.001|0.01 hidden=16|32",
        parameters="batch_size=128",
        hypothesis="Wider learns faster.",
        at_once=2,
    )
    plan = text_of(await anan.sees("training", "would start at once"))
    ordered = await anan.click("training", "Launch", containing="SWP-1")
    card = text_of(await anan.sees("training", "4 of 4 runs ended", within_s=WITHIN_S))
    promoted = await anan.click("training", "Promote the best", containing="SWP-1")
    again = await anan.slash("sweep promote", channel="training", sweep=1)
    best = card.split("1. ", 1)[1].split("RUN-", 1)[1].split(" ", 1)[0]

    assert "SWP-1 with 4 runs is planned" in planned.text
    assert "At most **4.0** GPU hours" in plan
    assert "SWP-1 is ordered" in ordered.text
    assert "batch_size=128" in (await anan.slash("train show", channel="training", run=int(best))).text
    assert "4 succeeded" in card
    assert f"RUN-{best} of SWP-1 goes to Audit" in promoted.text
    assert f"RUN-{best} of SWP-1 was promoted already" in again.text
    await town.person("kanya").sees("audit", f"Model of RUN-{best}", within_s=20)
    await anan.sees_nothing("training", "### RUN-1")


async def test_runs_are_compared_with_curves_and_a_table(anan: Person):
    """What differs and the results run by run, a picture of the curves and a CSV come in one answer."""
    reply = await anan.slash("train compare", channel="training", runs="1 2 RUN-3")
    refused = await anan.slash("train compare", channel="training", runs="1")

    parts = reply.text.split("**RUN-")

    assert ["1", "2", "3"] == [part[0] for part in parts[1:]]
    assert ["learning_rate=0.001", "learning_rate=0.001", "learning_rate=0.01"] == [
        re.findall(r"learning_rate=[0-9.]+", part)[0] for part in parts[1:]
    ]
    assert "curves.png" in reply.text
    assert "comparison.csv" in reply.text
    assert "Between 2 and 8 different runs" in refused.text


async def test_a_log_is_searched_and_sent_whole(anan: Person):
    """A search gives numbered lines, all of them as a file if asked; so does the log; what is not there is said."""
    found = await anan.slash("train logs", channel="training", run=1, search="epoch 12 of")
    whole = await anan.slash("train logs", channel="training", run=1, whole=True)
    every = await anan.slash("train logs", channel="training", run=1, search="epoch", lines=1, whole=True)
    nothing = await anan.slash("train logs", channel="training", run=1, search="ไม่มี")

    assert ":epoch 12 of 12" in found.text
    assert "run-1.log" in whole.text
    assert "run-1.log" in every.text
    assert every.message is not None
    assert whole.message is not None
    assert 0 < every.message["attachments"][0]["size"] < whole.message["attachments"][0]["size"]
    assert "has no such line" in nothing.text


async def test_the_cluster_is_shown_at_a_glance(town: Town):
    """GPUs, nodes, queue and use answer for everyone."""
    somchai = town.person("somchai")
    shown = {
        name: (await somchai.slash(f"cluster {name}", channel="ops")).text
        for name in ("status", "queue", "nodes", "usage")
    }

    assert "of 8 used" in shown["status"]
    assert "gpu1" in shown["nodes"]
    assert "Queue" in shown["queue"]
    assert "GPU hours" in shown["usage"]


async def test_a_run_is_noted_stopped_with_its_checkpoint_and_resumed(anan: Person):
    """Save and stop keeps the checkpoint; the next attempt goes on from it and not from the beginning."""
    planned = await anan.slash("train launch", channel="training", requirement=1, parameters="epochs=200", cpus=1)
    number = int(planned.text.split("RUN-", 1)[1].split(" ", 1)[0])
    await anan.sees("training", f"RUN-{number} ·", within_s=WITHIN_S)
    await anan.click("training", "Launch", containing=f"RUN-{number} ·")
    await anan.sees("training", "of 200", within_s=WITHIN_S)
    noted = await anan.slash("train note", channel="training", run=number, conclusion="It learns by heart.")
    stopped = await anan.click("training", "Save and stop", containing=f"### RUN-{number} ")
    await anan.sees("training", "Cancelled", within_s=WITHIN_S)
    resumed = await anan.click("training", "Resume", containing=f"### RUN-{number} ")
    card = text_of(await anan.sees("training", "attempt 2", within_s=WITHIN_S))
    log = await _log_with(anan, number, "training on", attempt=2)
    await anan.slash("train cancel", channel="training", run=number)

    assert f"Noted on RUN-{number}" in noted.text
    assert "is being cancelled" in stopped.text
    assert f"Attempt 2 of RUN-{number}" in resumed.text
    assert "It learns by heart." in card
    assert "from epoch 0, step 0" not in log


async def _log_with(person: Person, run: int, text: str, *, attempt: int = 1) -> str:
    """Return the lines with the text of an attempt's log, once there are some."""
    for _ in range(240):
        reply = await person.slash("train logs", channel="training", run=run, search=text, attempt=attempt)
        if text in reply.text:
            return reply.text
        await asyncio.sleep(0.5)  # asking is the only way to know
    return ""


async def test_a_space_that_cannot_be_read_changes_nothing(anan: Person):
    """Each mistake in a sweep's space gets its sentence."""
    said = {
        space: (await anan.slash("sweep launch", channel="training", requirement=1, space=space)).text
        for space in ("learning_rate", "speed=1|2", "epochs=0|1")
    }

    assert "cannot be read" in said["learning_rate"]
    assert "has no parameter `speed`" in said["speed=1|2"]
    assert "must be between" in said["epochs=0|1"]
    await anan.sees_nothing("training", "SWP-2")
