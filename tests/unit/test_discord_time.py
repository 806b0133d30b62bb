"""What Discord has given up is known by Discord's clock, whatever this machine's says."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from discord.utils import time_snowflake

from bot.discord_time import REMEMBERED, DiscordTime

NOW = datetime(2026, 3, 1, 9, 0, 0, tzinfo=UTC)


def time_of(ours: datetime, *dates: datetime | str) -> DiscordTime:
    """Return what knows these dates of answers, on a machine whose clock stands so."""
    known = DiscordTime(now=lambda: ours)
    for date in dates:
        known.told(date if isinstance(date, str) else format_datetime(date, usegmt=True))
    return known


def made(at: datetime) -> int:
    """Return the id of an interaction of that moment."""
    return time_snowflake(at)


@pytest.mark.parametrize("ahead_s", [-3600, 0, 3600])
@pytest.mark.parametrize(("age_s", "is_given_up"), [(0.0, False), (2.9, False), (3.1, True), (900.0, True)])
def test_the_age_of_an_interaction_is_by_discords_clock(ahead_s: int, age_s: float, *, is_given_up: bool):
    """A clock that is an hour wrong changes nothing."""
    known = time_of(NOW - timedelta(seconds=ahead_s), NOW)

    assert is_given_up is known.has_given_up(made(NOW - timedelta(seconds=age_s)))


def test_before_discord_has_answered_and_by_dates_that_are_none_nothing_is_given_up():
    """Rather done late than not at all."""
    assert not time_of(NOW).has_given_up(made(NOW - timedelta(hours=1)))
    assert not time_of(NOW, "", "yesterday").has_given_up(made(NOW - timedelta(hours=1)))


def test_an_answer_that_travelled_for_long_makes_nobody_older():
    """Of the newest answers that counts which says most: the others were late."""
    known = time_of(NOW, NOW - timedelta(seconds=9), NOW)

    assert known.has_given_up(made(NOW - timedelta(seconds=4)))
    for _ in range(REMEMBERED):
        known.told(format_datetime(NOW - timedelta(seconds=9), usegmt=True))
    assert not known.has_given_up(made(NOW - timedelta(seconds=4)))
