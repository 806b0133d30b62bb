"""The incident card's buttons: Acknowledge, Assign, Try again, Resolve."""

from collections.abc import Mapping
from typing import Any

import aiohttp
import discord
from discord.ext import commands

from bot.answers import put_in_place, say
from bot.client import Client, duties_of, pressed_number
from bot.core.record import Record
from bot.core.said import Say
from bot.core.values import Actor, Kind, PersonId, Ref
from bot.errors import Refused, Upstream
from bot.services import incidents
from bot.things.incident import words
from bot.things.incident.model import Incident
from bot.things.incident.rules import IncidentEvent as E
from cogs._decisions import HINT_LIMIT, Decision, register


async def _resolve(record: Record, number: int, reason: str, by: Actor) -> Incident:
    return await incidents.resolve(record, number, resolution=reason, by=by)


RESOLVE = Decision("resolve", Incident, E.RESOLVED, words.RESOLVE_FORM, words.RESOLVE_HINT, words.RESOLVED, _resolve)


class OpsCog(commands.Cog):
    """What operators deal with."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.on_press("acknowledge", self._acknowledge_pressed)
        client.on_press("assign", self._assign_pressed)
        client.on_press("try_again", self._again_pressed)
        client.on_press("assign_to", self._assignee_chosen)
        register(client, RESOLVE)

    async def _acknowledge_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        number = pressed_number(rest, Kind.INCIDENT)
        await incidents.acknowledge(self.client.app.record, number, by=self.client.actor(interaction))
        await say(interaction, words.IS_YOURS(incident=Ref(Kind.INCIDENT, number)))

    async def _again_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        number = pressed_number(rest, Kind.INCIDENT)
        await incidents.try_again(self.client.app.record, number, by=self.client.actor(interaction))
        await say(interaction, words.AGAIN(incident=Ref(Kind.INCIDENT, number)))

    async def _assign_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        number = pressed_number(rest, Kind.INCIDENT)
        by = self.client.actor(interaction)
        await self.client.app.record.check(Incident, number, E.ASSIGNED, by=by)
        about = Ref(Kind.INCIDENT, number)
        choice = assignees(number, self.client.speaker(interaction))
        await say(interaction, words.WHO_DEALS(incident=about), view=choice)

    async def _assignee_chosen(self, interaction: discord.Interaction[Client], rest: str) -> None:
        number = pressed_number(rest, Kind.INCIDENT)
        chosen = await self._member(interaction)
        to = Actor(
            PersonId(chosen.id), duties_of({role.id for role in chosen.roles}, self.client.app.settings.discord.roles)
        )
        await incidents.assign(self.client.app.record, number, to=to, by=self.client.actor(interaction))
        about = Ref(Kind.INCIDENT, number)
        await put_in_place(interaction, words.IS_THEIRS(incident=about))
        await interaction.followup.send(
            self.client.app.languages.server(words.WAS_GIVEN(who=chosen.id, incident=about, by=interaction.user.id)),
            allowed_mentions=discord.AllowedMentions(users=[chosen]),
        )

    async def _member(self, interaction: discord.Interaction[Client]) -> discord.Member:
        """Return the one member that was chosen. Raises Refused for one who has left."""
        sent: Mapping[str, Any] = dict(interaction.data or {})
        assert interaction.guild is not None
        try:
            return await interaction.guild.fetch_member(int(sent["values"][0]))
        except discord.NotFound:
            raise Refused(words.HAS_LEFT()) from None
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            raise Upstream("discord", str(error), retryable=True) from error


def assignees(number: int, speaker: Say) -> discord.ui.View:
    """Return the choice of who is to deal with an incident."""
    view = discord.ui.View(timeout=None)
    hint = speaker(words.WHO_DEALS_HINT())[:HINT_LIMIT]
    view.add_item(discord.ui.UserSelect(custom_id=f"assign_to:INC-{number}", placeholder=hint, max_values=1))
    view.stop()  # served by its id, also after a restart
    return view


async def setup(client: Client) -> None:
    """Have the buttons answered."""
    await client.add_cog(OpsCog(client))
