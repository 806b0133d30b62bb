"""Schedules follow the config, on each database: what was promised before a change is kept."""

from datetime import UTC, datetime

from bot.core.record import Record
from bot.ports import Schedule
from bot.services import monitoring
from tests.support.ports import Clock
from tests.support.races import Bots
from tests.support.road import claimed, filed, live

BANGKOK = "Asia/Bangkok"


async def schedules(record: Record) -> list[tuple[str, str, datetime]]:
    """Return when monitors are measured, and when next."""
    async with record.store.reading() as tx:
        return [(one.cron, one.zone, one.next_at) for one in await tx.schedules()]


async def test_a_changed_time_reaches_the_monitors_that_are_there(bots: Bots):
    """At the start, by hour and by zone; what did not change is left as it is."""
    record = bots[0]
    await live(record, (await claimed(record)).number)
    seen = []
    for cron, zone in (("0 8 * * *", BANGKOK), ("0 20 * * *", BANGKOK), ("0 20 * * *", "UTC")):
        await monitoring.reschedule(record, cron=cron, zone=zone)
        [now] = await schedules(record)
        seen.append(now)

    assert seen == [
        ("0 8 * * *", BANGKOK, datetime(2026, 3, 2, 1, 0, tzinfo=UTC)),
        ("0 20 * * *", BANGKOK, datetime(2026, 3, 1, 13, 0, tzinfo=UTC)),
        ("0 20 * * *", "UTC", datetime(2026, 3, 1, 20, 0, tzinfo=UTC)),
    ]


async def test_what_was_missed_while_the_time_was_changed_is_measured_late(bots: Bots):
    """The bot was stopped over its hour: it measures once, and then by the new time."""
    record, clock = bots[0], bots[0].now
    await live(record, (await claimed(record)).number)
    assert isinstance(clock, Clock)
    clock.passes(days=1)
    await monitoring.reschedule(record, cron="0 20 * * *", zone=BANGKOK)
    fired = [await monitoring.fire_due(record) for _ in range(2)]

    assert fired == [1, 0]
    assert await schedules(record) == [("0 20 * * *", BANGKOK, datetime(2026, 3, 2, 13, 0, tzinfo=UTC))]


async def test_other_schedules_are_left_alone(bots: Bots):
    """What a newer version wrote is not ours to change."""
    other = Schedule(
        name="other", job="from_the_future", cron="0 1 * * *", zone="UTC", arguments={}, next_at=bots[0].now()
    )
    await filed(bots[0])
    async with bots[0].store.writing() as tx:
        await tx.put_schedule(other)
    await monitoring.reschedule(bots[0], cron="0 20 * * *", zone=BANGKOK)

    assert await schedules(bots[0]) == [("0 1 * * *", "UTC", other.next_at)]
