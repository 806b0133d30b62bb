"""What people decide about monitors."""

from bot.core.record import Record
from bot.core.values import Actor
from bot.things.monitor.model import Monitor
from bot.things.monitor.rules import MonitorEvent


async def call(record: Record, number: int, *, by: Actor) -> Monitor:
    """Ask for a measurement now."""
    async with record.decide(by) as decision:
        return await decision.move(Monitor, number, MonitorEvent.CALLED)
