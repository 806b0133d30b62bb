"""What is told once: verdicts and announcements. Cards are drawn elsewhere, as often as facts change."""

from dataclasses import replace

from bot.app import App
from bot.domain import drawing
from bot.domain.cards import Card
from bot.domain.model import Audit, Requirement, Rollout, Run
from bot.effects import health
from bot.ports import Due
from bot.services import things


async def tell_verdict(app: App, due: Due) -> None:
    """Tell the creators and the business analyst of an audit's verdict, pass or fail."""
    audit = await things.get(app.store, Audit, due.about.number)
    run = await things.get(app.store, Run, audit.run)
    requirement = await things.get(app.store, Requirement, audit.requirement)
    await _post(app, "training", drawing.verdict(audit, requirement, run), due)


async def announce(app: App, due: Due) -> None:
    """Announce a model that went live."""
    rollout = await things.get(app.store, Rollout, due.about.number)
    run = await things.get(app.store, Run, rollout.run)
    requirement = await things.get(app.store, Requirement, rollout.requirement)
    await _post(app, "announcements", drawing.announcement(rollout, requirement, run), due)


async def _post(app: App, channel: str, card: Card, due: Due) -> None:
    nonce = f"effect-{due.id}"
    await app.chat.post(channel, replace(card, mark=nonce), nonce=nonce, is_again=due.attempt > 1)
    await health.answered(app, health.writing_in(channel))
