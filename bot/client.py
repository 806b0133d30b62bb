"""The discord.py client: finds the cogs, knows who holds which duty, answers errors, routes presses and modals.

Presses and modals are routed by their ids alone, so they outlive a restart: `<action>:<kind>-<number>` for a button,
the same with more behind it for a modal.
"""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

import aiohttp
import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot import words
from bot.answers import defer_when_slow, say
from bot.app import App
from bot.config import DiscordSettings, Roles
from bot.core.said import ENGLISH, Speaker
from bot.core.text import clip
from bot.core.values import Actor, Deed, Duty, Kind, PersonId
from bot.core.words import as_said
from bot.discord_time import DiscordTime
from bot.effects import health
from bot.errors import Refused, Upstream
from bot.services.incidents import name_of
from bot.translator import CommandTranslator
from bot.unreadable import tolerant

log = structlog.get_logger()
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # the bot does not speak, so nothing is amiss

MESSAGE_LIMIT = 2000
READY_TIMEOUT_S = 0.5
"""How long discord.py waits for more guilds after the last one; the bot lives in one guild."""

Interaction: TypeAlias = "discord.Interaction[Client]"
Answer: TypeAlias = Callable[["discord.Interaction[Client]", str], Awaitable[None]]
"""Answers a press or a modal; the text is what stands behind the action in its id."""

_ROLE_DUTIES: Mapping[str, Duty] = {
    "analyst": Duty.ANALYST,
    "creator": Duty.CREATOR,
    "auditor": Duty.AUDITOR,
    "data_analyst": Duty.DATA_ANALYST,
    "operator": Duty.OPERATOR,
}
LONGEST_RATE_LIMIT_S = 30.0
"""A request that Discord lets wait longer fails, and what it was for is tried again later."""
_MODAL_PREFIX = "modal:"
ALREADY_ACKNOWLEDGED = 40060
"""Discord's code for a second first answer: the interaction was delivered twice."""
_DEED = "deed"
NOTED_AFTER_S = 5.0
"""By then it is noted which message shows a card, also on a busy machine."""


class _Tree(app_commands.CommandTree["Client"]):
    """The commands; one that Discord has given up is not acted on."""

    async def interaction_check(self, interaction: "discord.Interaction[Client]", /) -> bool:
        """Tell whether somebody still waits for the answer."""
        return interaction.client.is_awaited(interaction)


class Client(commands.Bot):
    """The bot's side of Discord. It holds no state that a restart would lose."""

    def __init__(self, settings: DiscordSettings, *, cogs: Sequence[str], connector: aiohttp.BaseConnector) -> None:
        self._discord_time = DiscordTime()
        super().__init__(
            http_trace=self._discord_time.trace(),
            tree_cls=_Tree,
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=discord.Intents(guilds=True, guild_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            connector=connector,
            guild_ready_timeout=READY_TIMEOUT_S,
            max_messages=None,
            max_ratelimit_timeout=LONGEST_RATE_LIMIT_S,
        )
        # No public hook stands before a parser fails, and nothing behind it can go on with the same connection.
        self._connection.parsers = tolerant(self._connection.parsers)
        self.tree.error(self._command_failed)
        self.add_listener(defer_when_slow, "on_interaction")
        self.app: App  # set by `serve` before it connects
        self._settings = settings
        self._cogs = cogs
        self.is_known = asyncio.Event()
        """Whether Discord has said who the bot is; before that it takes nothing from us."""
        self._presses: dict[str, Answer] = {}
        self._modals: dict[str, Answer] = {}

    @property
    def guild_id(self) -> int:
        """The id of the guild that the bot serves."""
        return self._settings.guild

    def on_press(self, action: str, answer: Answer) -> None:
        """Have buttons whose id begins with `action:` answered so."""
        assert action not in self._presses, f"two answers to the press {action}"
        self._presses[action] = answer

    def on_modal(self, action: str, answer: Answer) -> None:
        """Have modals made by `modal_id(action, …)` answered so."""
        assert action not in self._modals, f"two answers to the modal {action}"
        self._modals[action] = answer

    async def load_cogs(self) -> None:
        """Load the cogs, once; one that cannot be loaded stops the start."""
        for module in self._cogs:
            await self.load_extension(module)

    async def setup_hook(self) -> None:
        """Note that Discord knows the bot; discord.py calls this after each login."""
        self.is_known.set()

    async def tell_commands(self) -> None:
        """Tell Discord the commands."""
        guild = discord.Object(self._settings.guild)
        await self.tree.set_translator(CommandTranslator(self.app.languages))
        self.tree.copy_global_to(guild=guild)
        await self.tree.sync(guild=guild)

    async def close(self) -> None:
        """Close the connection and keep the cogs, since discord.py calls this too when Discord ends it for good."""
        await discord.Client.close(self)

    async def hang_up(self) -> None:
        """End the gateway's line where discord.py has left it open; requests that are on their way go on."""
        if self.ws is not None:
            await self.ws.close(code=1000)

    async def reopened(self, connector: aiohttp.BaseConnector) -> None:
        """Make ready for a login after a close."""
        self.clear()
        self.is_known.clear()
        self.http.connector = connector  # the one before was closed with its session
        await self.__aenter__()  # gives it the running loop again

    async def on_message(self, _: discord.Message, /) -> None:
        """Leave messages alone: all commands are slash commands."""

    async def on_ready(self) -> None:
        """Have what waited for Discord tried at once."""
        log.info("connected to discord", as_user=str(self.user), guild=self.guild_id)
        await self._discord_is_back()

    async def on_resumed(self) -> None:
        """Have what waited for Discord tried at once."""
        log.info("connected to discord again")
        await self._discord_is_back()

    async def on_disconnect(self) -> None:
        """Say so; discord.py goes on trying by itself."""
        log.info("not connected to discord")

    async def _discord_is_back(self) -> None:
        await self.app.store.hasten(("chat",), now=self.app.record.now())
        await health.answered(self.app, health.probe_of("discord"))

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Have a deleted card drawn again."""
        await self._gone(event.channel_id, {event.message_id})

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Have all cards drawn again that a moderator swept away at once."""
        await self._gone(event.channel_id, event.message_ids)

    async def _gone(self, channel_id: int, messages: set[int]) -> None:
        """Have what stood in these messages drawn again: now, and what was just being posted when it is noted where."""
        channels = self._settings.channels
        names = [name for name in type(channels).model_fields if getattr(channels, name) == channel_id]
        for wait_s in (0.0, NOTED_AFTER_S) if names else ():
            await asyncio.sleep(wait_s)
            for name in names:
                await self.app.store.card_gone(name, *(str(message) for message in messages))

    async def on_interaction(self, interaction: "discord.Interaction[Client]") -> None:
        """Route presses and modals; commands are the tree's."""
        sent: Mapping[str, object] = dict(interaction.data or {})
        custom_id = str(sent.get("custom_id", ""))
        if interaction.type is discord.InteractionType.component:
            action, _, rest = custom_id.partition(":")
            answer = self._presses.get(action)
        elif interaction.type is discord.InteractionType.modal_submit:
            action, _, rest = custom_id.removeprefix(_MODAL_PREFIX).partition(":")
            answer = self._modals.get(action)
        else:
            return
        if not self.is_awaited(interaction):
            return
        try:
            await (answer or _outdated)(interaction, rest)
        except Exception as error:  # noqa: BLE001  # one of the three places for this: buttons have no other
            await answer_error(interaction, error)

    async def _command_failed(
        self, interaction: "discord.Interaction[Client]", error: app_commands.AppCommandError
    ) -> None:
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await answer_error(interaction, cause)

    def is_awaited(self, interaction: "discord.Interaction[Client]") -> bool:
        """Tell whether Discord still waits for the answer. It tells people that what it has given up has failed."""
        if not self._discord_time.has_given_up(interaction.id):
            return True
        log.warning("interaction came too late", interaction=interaction.id, user=interaction.user.id)
        return False

    def speaker(self, interaction: "discord.Interaction[Client]") -> Speaker:
        """Return who makes sentences in the language of the one who acts."""
        return self.app.languages.of(str(interaction.locale))

    def actor(self, interaction: "discord.Interaction[Client]") -> Actor:
        """Return who acts, with the duties that their roles give at this moment, as Discord sent them.

        What they do by one interaction is one deed, however often Discord delivers it.
        """
        deed = interaction.extras.setdefault(_DEED, Deed(str(interaction.id)))
        return Actor(PersonId(interaction.user.id), duties_of(_role_ids(interaction.user), self._settings.roles), deed)


def _role_ids(user: discord.User | discord.Member) -> set[int]:
    """Return the roles as they came with the interaction, and @everyone, whose id is the guild's.

    The public list lacks those that discord.py has not heard of, as between the login and the guild's being told.
    """
    return {*user._roles, user.guild.id} if isinstance(user, discord.Member) else set()  # noqa: SLF001  # see above


async def _outdated(_: "discord.Interaction[Client]", rest: str) -> None:
    raise Refused(words.OLD_BUTTON(id=rest))


def duties_of(role_ids: set[int], roles: Roles) -> frozenset[Duty]:
    """Return the duties that these Discord roles give."""
    return frozenset(duty for name, duty in _ROLE_DUTIES.items() if role_ids & set(getattr(roles, name)))


def told_error(
    error: BaseException, *, reference: str, to: frozenset[Duty] = frozenset(), speaker: Speaker = ENGLISH
) -> str:
    """Return in words what is wrong, to somebody of these duties; the reference is what the log has of it.

    What somebody must mend, as a login or a key, is for Ops: it names accounts and files.
    """
    match error:
        case Refused():
            return speaker(as_said(error.said))
        case Upstream(retryable=True):
            return speaker(words.UNREACHABLE(system=name_of(error.system), said=error.message))
        case Upstream() if Duty.OPERATOR in to:
            return speaker(words.NEEDS_MENDING(system=name_of(error.system), said=error.message))
        case Upstream():
            return speaker(words.NEEDS_MENDING_BY_OPS(system=name_of(error.system), reference=reference))
        case _:
            return speaker(words.MISTAKE(reference=reference))


async def answer_error(interaction: "discord.Interaction[Client]", error: BaseException) -> None:
    """Tell the one who acted what is wrong: a refusal in its words, anything else with a reference for the log."""
    if isinstance(error, discord.HTTPException) and error.code == ALREADY_ACKNOWLEDGED:
        log.info("interaction was answered already", interaction=interaction.id, user=interaction.user.id)
        return
    reference = secrets.token_hex(4)
    if isinstance(error, Upstream):
        log.warning("interaction failed", reference=reference, error=str(error), user=interaction.user.id)
    elif not isinstance(error, Refused):
        log.error("interaction failed", reference=reference, user=interaction.user.id, exc_info=error)
    duties = interaction.client.actor(interaction).duties
    text = clip(
        told_error(error, reference=reference, to=duties, speaker=interaction.client.speaker(interaction)),
        MESSAGE_LIMIT,
    )
    try:
        await say(interaction, text)
    except discord.HTTPException as gone:  # too late, or they left: the log has it
        log.warning("error not told", error=str(gone), about=str(error))


_PRESS_REST = re.compile(r"([A-Z]{3})-([0-9]{1,9})")


def pressed_number(rest: str, kind: Kind) -> int:
    """Return the number in `<kind>-<number>`. Raises Refused for anything else, and for another kind."""
    match = _PRESS_REST.fullmatch(rest)
    if match is None or match[1] != kind:
        raise Refused(words.UNREADABLE_BUTTON())
    return int(match[2])


def modal_id(action: str, rest: str) -> str:
    """Return the id of a modal that `on_modal(action, …)` answers."""
    return f"{_MODAL_PREFIX}{action}:{rest}"


def modal_values(interaction: "discord.Interaction[Client]") -> dict[str, str]:
    """Return a submitted modal's texts and choices by field id, also when the modal was sent before a restart."""
    values: dict[str, str] = {}
    sent: Mapping[str, object] = dict(interaction.data or {})
    rows = _children(sent)
    while rows:
        row = rows.pop()
        inner = row.get("component")
        if isinstance(inner, dict):
            rows.append(inner)
        rows.extend(child for child in _children(row))
        if "custom_id" in row and ("value" in row or "values" in row):
            values[str(row["custom_id"])] = _value(row)
    return values


def _children(row: Mapping[str, object]) -> list[Mapping[str, object]]:
    children = row.get("components")
    return children if isinstance(children, list) else []


def _value(row: Mapping[str, object]) -> str:
    chosen = row.get("values")
    if isinstance(chosen, list):
        return str(chosen[0]) if chosen else ""
    return str(row.get("value") or "")
