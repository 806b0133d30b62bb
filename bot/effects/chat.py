"""What is told once: verdicts and announcements. Cards are drawn elsewhere, as often as facts change."""

from bot.app import App
from bot.domain import drawing
from bot.domain.model import Audit, Requirement, Rollout, Run
from bot.ports import Due
from bot.services import things


async def tell_verdict(app: App, due: Due) -> None:
    """Tell the creator and the business analyst of an audit's verdict, pass or fail."""
    audit = await things.get(app.store, Audit, due.about.number)
    run = await things.get(app.store, Run, audit.run)
    requirement = await things.get(app.store, Requirement, audit.requirement)
    await app.chat.post("training", drawing.verdict(audit, requirement, run), nonce=_nonce(due))


async def announce(app: App, due: Due) -> None:
    """Announce a model that went live."""
    rollout = await things.get(app.store, Rollout, due.about.number)
    run = await things.get(app.store, Run, rollout.run)
    requirement = await things.get(app.store, Requirement, rollout.requirement)
    await app.chat.post("announcements", drawing.announcement(rollout, requirement, run), nonce=_nonce(due))


def _nonce(due: Due) -> str:
    return f"effect-{due.id}"
