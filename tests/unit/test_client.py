"""Who acts is taken from what Discord sent with the press, and not from what the bot has heard of the server so far."""

from typing import Any

import aiohttp
import discord
import pytest

from bot.client import Client
from bot.core.values import Actor, Duty, PersonId
from tests.support.ports import SETTINGS

PERSON, UNKNOWN_ROLE = 1234567890, 77


@pytest.fixture
async def client() -> Client:
    """Return the bot's client as it is after READY, before any GUILD_CREATE."""
    client = Client(SETTINGS.discord, cogs=(), connector=aiohttp.BaseConnector())
    me: Any = {"id": "1", "username": "slipway", "discriminator": "0", "avatar": None}
    client._connection.user = discord.ClientUser(state=client._connection, data=me)
    return client


def press(client: Client, *roles: int) -> "discord.Interaction[Client]":
    """Return a press on a button by someone with these roles, as discord.py makes it of what Discord sends."""
    user = {"id": str(PERSON), "username": "malee", "discriminator": "0", "avatar": None}
    member = {"user": user, "roles": [str(role) for role in roles], "flags": 0, "deaf": False, "mute": False}
    sent: Any = {
        "id": "5",
        "type": 3,
        "token": "t",
        "version": 1,
        "application_id": "1",
        "attachment_size_limit": 10,
        "guild_id": str(SETTINGS.discord.guild),
        "member": {**member, "joined_at": None, "permissions": "0"},
        "data": {"custom_id": "claim:REQ-1", "component_type": 2},
    }
    return discord.Interaction(data=sent, state=client._connection)


@pytest.mark.parametrize("is_known", [False, True], ids=["before the server is known", "when the server is known"])
async def test_duties_come_from_the_roles_that_came_with_the_press(client: Client, *, is_known: bool):
    """Also between the bot's login and Discord's telling what roles there are; roles of other bots give none."""
    roles = SETTINGS.discord.roles
    if is_known:
        every = [SETTINGS.discord.guild, *roles.creator, *roles.operator, UNKNOWN_ROLE]
        told: list[Any] = [
            {"id": str(one), "name": "r", "permissions": "0", "position": 0, "color": 0} for one in every
        ]
        told = [{**one, "colors": {}, "hoist": False, "managed": False, "mentionable": False} for one in told]
        server: Any = {"id": str(SETTINGS.discord.guild), "roles": told}
        client._connection._add_guild_from_data(server)
    held = press(client, *roles.creator, *roles.operator, UNKNOWN_ROLE)

    assert client.actor(held) == Actor(PersonId(PERSON), frozenset({Duty.CREATOR, Duty.OPERATOR}))
    assert client.actor(press(client, UNKNOWN_ROLE)).duties == frozenset()


async def test_everyone_may_be_given_a_duty(client: Client):
    """By the id of the server, which is that of the role that all have."""
    everyone = SETTINGS.discord.roles.model_copy(update={"analyst": (SETTINGS.discord.guild,)})
    client._settings = SETTINGS.discord.model_copy(update={"roles": everyone})

    assert client.actor(press(client)).duties == {Duty.ANALYST}
