"""Schedules as rows: when each is next due is data, so that nothing is missed or done twice across restarts."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from bot.core.text import quoted
from bot.errors import Refused

MONITOR_JOB = "monitor"
"""The `job` of a schedule that has a live model measured."""


def next_time(cron: str, zone: str, *, after: datetime) -> datetime:
    """Return the first moment after `after` that the five cron fields name in the zone, in UTC.

    Raises:
        Refused: the expression cannot be read or never comes.
    """
    try:
        moment = next(CronSim(cron, after.astimezone(ZoneInfo(zone))))
    except (CronSimError, StopIteration) as error:
        raise Refused(
            f"The schedule {quoted(cron, limit=60)} cannot be used ({str(error) or 'it never comes'})."
        ) from error
    return moment.astimezone(UTC)
