"""Answers to interactions: Discord has the first within its three seconds, however long the work takes.

What is not answered by `DEFER_AFTER_S` is deferred by a listener: the one who acted sees that Slipway is thinking, and
the answer takes that place when it comes. So cogs answer through here and need not know which of the two it is.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeAlias

import discord
import structlog
from discord.utils import MISSING, utcnow

from bot import words
from bot.core.cards import Card
from bot.core.said import Said
from bot.layout import files_of, view_of

log = structlog.get_logger()

Interaction: TypeAlias = "discord.Interaction[Any]"

DEFER_AFTER_S = 2.0
"""Of Discord's three seconds: when hundreds act at once a deferral has the third to get there."""
LEAST_S = 0.2
"""An answer gets so long at least, also to what came late: a form cannot be opened any more after a deferral."""
_TURN = "turn"


async def say(
    interaction: Interaction,
    text: str | Said = MISSING,
    *,
    view: discord.ui.View | discord.ui.LayoutView = MISSING,
    files: Sequence[discord.File] = (),
) -> None:
    """Answer so that only the one who acted sees it."""
    if isinstance(text, Said):
        text = interaction.client.speaker(interaction)(text)
    content: dict[str, Any] = {"content": text, "view": view, "files": list(files), "ephemeral": True}
    async with _turn(interaction):
        if interaction.response.is_done():
            await interaction.followup.send(**content)
        else:
            content["content"] = None if text is MISSING else text
            await interaction.response.send_message(**content)


async def show(interaction: Interaction, card: Card) -> None:
    """Answer with a card that only the one who acted can see."""
    await say(interaction, view=view_of(card), files=files_of(card))


async def ask(interaction: Interaction, form: discord.ui.Modal) -> None:
    """Open a form; Discord takes none any more from who is thinking."""
    async with _turn(interaction):
        if not interaction.response.is_done():
            await interaction.response.send_modal(form)
            return
    await say(interaction, words.FORM_TOO_LATE())


async def put_in_place(interaction: Interaction, said: Said) -> None:
    """Put a sentence in the place of the message that was pressed; beside it when the answer was deferred."""
    async with _turn(interaction):
        if not interaction.response.is_done():
            await interaction.response.edit_message(content=interaction.client.speaker(interaction)(said), view=None)
            return
    await say(interaction, said)


async def think(interaction: Interaction) -> None:
    """Have Discord show that the answer will take a while, unless there was an answer."""
    async with _turn(interaction):
        if not interaction.response.is_done():
            await interaction.response.defer(ephemeral=True, thinking=True)


async def defer_when_slow(interaction: Interaction) -> None:
    """Defer what is not answered in time. It listens to all interactions; what is offered while typing has no delay."""
    if interaction.type is discord.InteractionType.autocomplete:
        return
    age_s = max((utcnow() - interaction.created_at).total_seconds(), 0.0)  # ours and Discord's clocks may differ
    await asyncio.sleep(max(DEFER_AFTER_S - age_s, LEAST_S))
    try:
        await think(interaction)
    except discord.HTTPException as error:
        log.warning("interaction not deferred", error=str(error), user=interaction.user.id)


def _turn(interaction: Interaction) -> asyncio.Lock:
    """Return the lock that keeps two first answers from crossing."""
    turn: asyncio.Lock = interaction.extras.setdefault(_TURN, asyncio.Lock())
    return turn
