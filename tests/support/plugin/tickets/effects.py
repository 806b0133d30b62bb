"""Thanks whoever opened a ticket that is closed."""

from bot.app import App
from bot.core.cards import Card
from bot.effects.handler import Handler, Handlers
from bot.ports import Due
from bot.services import things
from tickets import words
from tickets.ticket import Ticket, TicketEffect


async def thank(app: App, due: Due) -> None:
    """Post it once: the nonce makes a second time harmless."""
    ticket = await things.get(app.store, Ticket, due.about.number)
    say = app.languages.server
    card = Card(say(words.THANKS()), [say(words.THANK(who=ticket.opened_by, ticket=ticket.ref))])
    await app.chat.post("requirements", card, nonce=f"thank-{due.id}", is_again=due.attempt > 1)


HANDLERS: Handlers = {TicketEffect.THANK: Handler(act=thank, cannot=words.CANNOT_THANK)}
