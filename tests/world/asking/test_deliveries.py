"""What Discord delivers twice is done once; what it has given up is not done."""

import pytest

from sandbox.person import Reply
from tests.support.crew import REQUIREMENT, Crew
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

GIVEN_UP_S = 3.5
"""Discord waits for three."""
ANSWERED, TOO_LATE = "interaction was answered already", "interaction came too late"
"""In the bot's log."""
AGAIN_S = 1.0
"""After the first has been answered."""


async def test_a_form_that_comes_twice_at_once_files_once(place: Crew) -> None:
    """As when the gateway's line is resumed; the person has one answer."""
    before = place.count("requirements")
    reply = await _filed(place, "duplicate_interaction")

    assert "is filed" in reply.text
    assert before + 1 == place.count("requirements")


async def test_a_form_that_comes_again_later_files_once(place: Crew) -> None:
    """The second meets what the first has done, though nobody remembers it any more."""
    before, answered = place.count("requirements"), _logged(place, ANSWERED)
    reply = await _filed(place, "duplicate_interaction", delay_s=AGAIN_S)
    number = place.count("requirements")
    await eventually(lambda: _logged(place, ANSWERED) > answered)

    assert "is filed" in reply.text
    assert before + 1 == number == place.count("requirements")


async def test_a_command_and_a_press_that_come_twice_are_done_once(place: Crew) -> None:
    """Claimed, launched and cancelled once each."""
    anan, number = place.person("anan"), await place.file()
    await place.town.fault("duplicate_interaction")
    claimed = await anan.slash("requirement claim", channel="requirements", requirement=number)
    await place.town.fault("duplicate_interaction")
    planned = await anan.slash(
        "train launch", channel="training", requirement=number, recipe="quick", cpus=1, memory_gib=2
    )
    run = place.count("runs")
    await place.town.fault("duplicate_interaction")
    cancelled = await anan.slash("train cancel", channel="training", run=run)
    events = place.query("SELECT event FROM events WHERE kind = 'RUN' AND number = ? ORDER BY sequence", run)

    assert "is yours" in claimed.text
    assert f"RUN-{run}" in planned.text
    assert "is cancelled" in cancelled.text
    assert [("run.planned",), ("run.cancelled",)] == events


async def test_what_discord_has_given_up_is_not_done(place: Crew) -> None:
    """The person was told that it failed; whoever presses again is the first."""
    before, too_late = await place.settled(), _logged(place, TOO_LATE)
    late = await _filed(place, "late_interaction", delay_s=GIVEN_UP_S)
    await eventually(lambda: _logged(place, TOO_LATE) > too_late)
    after = place.books()
    again = await _filed(place)

    assert "failed" == late.state
    assert before == after
    assert "is filed" in again.text


def _logged(place: Crew, words: str) -> int:
    """Return how often the bot has logged this."""
    return place.world.bot.log.read_text(encoding="utf-8").count(words)


async def _filed(place: Crew, fault: str = "", **how: float) -> Reply:
    """File a requirement; the form is delivered as the fault says."""
    form = await place.person("malee").slash("requirement file", channel="requirements", dataset="digits")
    if fault:
        await place.town.fault(fault, **how)
    return await form.submit(REQUIREMENT)
