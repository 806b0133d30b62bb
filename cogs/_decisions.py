"""Decisions with a reason, as rows: a button that checks who presses, a form for the reason, the deciding service."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import discord

from bot.answers import ask, say
from bot.client import Client, modal_id, modal_values, pressed_number
from bot.core.kind import Event
from bot.core.values import Actor, Ref
from bot.domain.model import Thing
from bot.services.audits import REASON_LIMIT
from bot.services.record import Record, said

TITLE_LIMIT = 45


@dataclass(frozen=True, slots=True)
class Decision:
    """One kind of decision that people take by a button."""

    action: str
    """The first part of the button's id."""
    kind: type[Thing]
    event: Event
    title: str
    """Of the form; the thing's name is put behind it."""
    hint: str
    decide: Callable[[Record, int, str, Actor], Awaitable[object]]
    """Takes the record, the number, the reason and who decides."""


def register(client: Client, decision: Decision) -> None:
    """Have the decision's button and form answered."""

    async def pressed(interaction: discord.Interaction[Client], rest: str) -> None:
        number = pressed_number(rest, decision.kind.kind)
        await client.app.record.check(decision.kind, number, decision.event, by=client.actor(interaction))
        await ask(interaction, form_of(decision, number))

    async def submitted(interaction: discord.Interaction[Client], rest: str) -> None:
        number = pressed_number(rest, decision.kind.kind)
        reason = modal_values(interaction).get("reason", "")
        await decision.decide(client.app.record, number, reason, client.actor(interaction))
        about = Ref(decision.kind.kind, number)
        await say(interaction, f"{about}: {said(decision.event)}. It is on the record.")

    client.on_press(decision.action, pressed)
    client.on_modal(decision.action, submitted)


def form_of(decision: Decision, number: int) -> discord.ui.Modal:
    """Return the form for the reason."""
    return reason_form(decision.action, Ref(decision.kind.kind, number), title=decision.title, hint=decision.hint)


def reason_form(action: str, about: Ref, *, title: str, hint: str) -> discord.ui.Modal:
    """Return a form for the reason of what is done with a thing, answered by `Client.on_modal(action, …)`."""
    form = discord.ui.Modal(title=f"{title} {about}"[:TITLE_LIMIT], custom_id=modal_id(action, str(about)))
    text = discord.ui.TextInput[discord.ui.View](
        custom_id="reason",
        style=discord.TextStyle.paragraph,
        max_length=REASON_LIMIT,
        placeholder=hint,
    )
    form.add_item(
        discord.ui.Label(text="Reason", description="It is kept on the record with your name.", component=text)
    )
    form.stop()  # served by its id, also after a restart; discord.py would keep each for ever
    return form
