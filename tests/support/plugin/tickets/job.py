"""Closes what is open: a schedule."""

from datetime import timedelta

from bot.app import App
from bot.config import Settings
from bot.core.values import SYSTEM, Stage
from tickets.ticket import Ticket, TicketEvent


def interval(_: Settings) -> timedelta:
    """Return how often it is looked."""
    return timedelta(seconds=0.5)


async def tick(app: App) -> None:
    """Close one that says that it is done."""
    async with app.record.decide(SYSTEM) as decision:
        for ticket in await decision.tx.select(Ticket, stages=(Stage.OPEN.value,), text="done"):
            await decision.move(Ticket, ticket.number, TicketEvent.CLOSED)
