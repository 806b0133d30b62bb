"""What is told once: verdicts and announcements. Cards are drawn elsewhere, as often as facts change."""

from dataclasses import replace

from bot.app import App
from bot.core.cards import Card
from bot.effects import health
from bot.effects.handler import Handler, Handlers
from bot.lifecycle import EFFECTS, KINDS, RULES
from bot.ports import Due
from bot.services import cards, things


async def tell(app: App, due: Due) -> None:
    """Tell a thing's message in the channel that its kind names."""
    rules = RULES[due.about.kind]
    message = rules.messages[EFFECTS[due.effect]]
    async with app.store.reading() as tx:
        view = await cards.view_of(tx, await things.found(tx, rules.model, due.about.number))
    await _post(app, message.channel, message.draw(view, app.languages.server), due)


async def _post(app: App, channel: str, card: Card, due: Due) -> None:
    nonce = f"effect-{due.id}"
    await app.chat.post(channel, replace(card, mark=nonce), nonce=nonce, is_again=due.attempt > 1)
    await health.answered(app, health.writing_in(channel))


HANDLERS: Handlers = {
    effect: Handler(act=tell, cannot=message.cannot) for kind in KINDS for effect, message in kind.messages.items()
}
