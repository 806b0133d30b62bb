"""Schedules as rows: when each is next due is data, so that nothing is missed or done twice across restarts."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from bot.core.text import typed
from bot.core.words import QUOTED
from bot.errors import Refused
from bot.things.monitor import words

SHOWN_CRON = 60
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
        why = QUOTED(text=str(error)) if str(error) else words.NEVER_COMES()
        raise Refused(words.SCHEDULE_UNUSABLE(cron=typed(cron, limit=SHOWN_CRON), why=why)) from error
    return moment.astimezone(UTC)
