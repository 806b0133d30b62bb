"""Decisions with a reason, as rows: a button that checks who presses, a form for the reason, the deciding service."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import discord

from bot.answers import ask, say
from bot.client import Client, modal_id, modal_values, pressed_number
from bot.core import words
from bot.core.kind import Event
from bot.core.reason import REASON_LIMIT
from bot.core.record import Record
from bot.core.said import Phrase, Said, Say
from bot.core.values import Actor, Ref, Thing

TITLE_LIMIT, LABEL_LIMIT, DESCRIPTION_LIMIT, HINT_LIMIT = 45, 45, 100, 100
"""Characters that Discord takes in a form: its title; a field's label, description and placeholder."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One kind of decision that people take by a button."""

    action: str
    """The first part of the button's id."""
    kind: type[Thing]
    event: Event
    form: Phrase
    """The form's title, with the thing's name in it."""
    hint: Phrase
    done: Phrase
    """The deed in a word, for the answer."""
    decide: Callable[[Record, int, str, Actor], Awaitable[object]]
    """Takes the record, the number, the reason and who decides."""


def register(client: Client, decision: Decision) -> None:
    """Have the decision's button and form answered."""

    async def pressed(interaction: discord.Interaction[Client], rest: str) -> None:
        number = pressed_number(rest, decision.kind.kind)
        await client.app.record.check(decision.kind, number, decision.event, by=client.actor(interaction))
        await ask(interaction, form_of(decision, number, client.speaker(interaction)))

    async def submitted(interaction: discord.Interaction[Client], rest: str) -> None:
        number = pressed_number(rest, decision.kind.kind)
        reason = modal_values(interaction).get("reason", "")
        await decision.decide(client.app.record, number, reason, client.actor(interaction))
        done = words.ON_RECORD(name=Ref(decision.kind.kind, number), deed=decision.done())
        await say(interaction, done)

    client.on_press(decision.action, pressed)
    client.on_modal(decision.action, submitted)


def form_of(decision: Decision, number: int, speaker: Say) -> discord.ui.Modal:
    """Return the form for the reason."""
    about = Ref(decision.kind.kind, number)
    title = decision.form(**{decision.kind.kind.name.lower(): about})
    return reason_form(decision.action, about, title=title, hint=decision.hint(), speaker=speaker)


def reason_form(action: str, about: Ref, *, title: Said, hint: Said, speaker: Say) -> discord.ui.Modal:
    """Return a form for the reason of what is done with a thing, answered by `Client.on_modal(action, …)`."""
    form = discord.ui.Modal(title=speaker(title)[:TITLE_LIMIT], custom_id=modal_id(action, str(about)))
    text = discord.ui.TextInput[discord.ui.View](
        custom_id="reason",
        style=discord.TextStyle.paragraph,
        max_length=REASON_LIMIT,
        placeholder=speaker(hint)[:HINT_LIMIT],
    )
    label, description = speaker(words.REASON())[:LABEL_LIMIT], speaker(words.REASON_KEPT())[:DESCRIPTION_LIMIT]
    form.add_item(discord.ui.Label(text=label, description=description, component=text))
    form.stop()  # served by its id, also after a restart; discord.py would keep each for ever
    return form
