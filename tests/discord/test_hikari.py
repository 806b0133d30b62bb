"""The sandbox's Discord under hikari, a second library, which is told only another address and whom to trust."""

import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any

import hikari
import pytest
from hikari.impl import (
    ContainerComponentBuilder,
    HTTPSettings,
    MessageActionRowBuilder,
    TextDisplayComponentBuilder,
)

from tests.support import need
from tests.support.discord_town import ALL_RIGHTS, DISCORD_SPEC, discord_sandbox, eventually


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Run one sandbox for the module, where members may be listed."""
    with discord_sandbox(tmp_path_factory.mktemp("discord"), options=(*ALL_RIGHTS, "--grant", "members")) as facts:
        yield facts


class Listener:
    """What a hikari bot is asked, answered, and what it heard."""

    def __init__(self, bot: hikari.GatewayBot) -> None:
        self.bot = bot
        self.heard: list[hikari.Event] = []
        bot.subscribe(hikari.InteractionCreateEvent, self.answer)
        for kind in (hikari.GuildReactionAddEvent, hikari.GuildBulkMessageDeleteEvent):
            bot.subscribe(kind, self.keep)

    async def keep(self, event: hikari.Event) -> None:
        """Remember an event."""
        self.heard.append(event)

    async def answer(self, event: hikari.InteractionCreateEvent) -> None:
        """Answer whatever came."""
        match event.interaction:
            case hikari.CommandInteraction() as asked:
                await getattr(self, asked.command_name)(asked)
            case hikari.ComponentInteraction() as pressed:
                text = TextDisplayComponentBuilder(content="pressed")
                await pressed.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, components=[text])
            case hikari.ModalInteraction() as sent:
                value = sent.components[0].components[0].value
                await sent.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, f"got {value}")

    async def ping(self, asked: hikari.CommandInteraction) -> None:
        """Answer for one pair of eyes."""
        private = hikari.MessageFlag.EPHEMERAL
        await asked.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, "pong", flags=private)

    async def slow(self, asked: hikari.CommandInteraction) -> None:
        """Think first, and add something."""
        await asked.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
        await asked.edit_initial_response("done")
        await asked.execute("and more")

    async def form(self, asked: hikari.CommandInteraction) -> None:
        """Open a modal."""
        row = self.bot.rest.build_modal_action_row()
        row.add_text_input("t", "Text")
        await asked.create_modal_response("Form", "f", components=[row])

    async def card(self, asked: hikari.CommandInteraction) -> None:
        """Show a card with a button."""
        card, row = ContainerComponentBuilder(), MessageActionRowBuilder()
        card.add_text_display("### RUN-1")
        row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "b", label="Press")
        card.add_component(row)
        await asked.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, components=[card])


@pytest.fixture
async def listener(described) -> AsyncIterator[Listener]:
    """Return a hikari bot that is online; only its REST address is not the usual one."""
    http = HTTPSettings(ssl=ssl.create_default_context(cafile=described["ca_file"]))
    bot = hikari.GatewayBot(
        described["token"],
        banner=None,
        logs=None,
        http_settings=http,
        rest_url=f"https://localhost:{described['tls_port']}/api/v10",
        intents=hikari.Intents.GUILDS | hikari.Intents.GUILD_MESSAGES | hikari.Intents.GUILD_MESSAGE_REACTIONS,
    )
    listening = Listener(bot)
    await bot.start(check_for_updates=False)
    yield listening
    await bot.close()


async def test_hikari_answers_commands_buttons_and_forms(listener, described, town):
    """At once, after thinking, with a card whose button works, and with a modal."""
    rest, guild = listener.bot.rest, int(described["guild"])
    application = await rest.fetch_application()
    commands = [rest.slash_command_builder(name, "d") for name in ("ping", "slow", "form", "card")]
    await rest.set_application_commands(application.id, commands, guild=guild)
    nok = town.person("nok")

    ping = await nok.slash("ping", channel="general")
    slow = await nok.slash("slow", channel="general")
    card = await nok.slash("card", channel="general")
    pressed = await nok.click("general", "Press", containing="RUN-1")
    form = await nok.slash("form", channel="general")
    sent = await form.submit({"t": "words"})

    assert ("pong", True, "done") == (ping.text, ping.is_private, slow.text)
    assert ("answered", "answered", "pressed") == (card.state, pressed.state, pressed.text)
    assert ("modal", "got words") == (form.state, sent.text)
    await nok.sees("general", "and more")


async def test_hikari_manages_commands_one_by_one(listener, described):
    """Created, fetched, edited and deleted, in the guild and everywhere."""
    rest = listener.bot.rest
    application = await rest.fetch_application()
    for guild in (int(described["guild"]), hikari.UNDEFINED):
        made = await rest.create_slash_command(application.id, "one", "first", guild=guild)
        again = await rest.create_slash_command(application.id, "one", "second", guild=guild)
        edited = await rest.edit_application_command(application.id, made.id, guild=guild, description="third")
        fetched = await rest.fetch_application_command(application.id, made.id, guild=guild)
        await rest.delete_application_command(application.id, made.id, guild=guild)
        with pytest.raises(hikari.NotFoundError):
            await rest.fetch_application_command(application.id, made.id, guild=guild)

        assert (made.id, "second", "third") == (again.id, again.description, edited.description)
        assert ("one", "third") == (fetched.name, fetched.description)


async def test_hikari_writes_reacts_pins_and_tidies_up(listener, described, town):
    """Files, embeds, threads, pins, reactions and bulk deletion, and the events of the last two."""
    rest, channel = listener.bot.rest, int(described["channels"]["audit"])
    first = await rest.create_message(channel, "one", attachment=hikari.Bytes(b"x", "x.txt"))
    second = await rest.create_message(channel, embed=hikari.Embed(title="two"))
    await rest.trigger_typing(channel)
    await rest.add_reaction(channel, first.id, "👍")
    reacted = [one.username async for one in rest.fetch_reactions_for_emoji(channel, first.id, "👍")]
    shown = (await rest.fetch_message(channel, first.id)).reactions
    await rest.delete_my_reaction(channel, first.id, "👍")
    await rest.pin_message(channel, first.id)
    pinned = [one.message.id if hasattr(one, "message") else one.id for one in await rest.fetch_pins(channel)]
    thread = await rest.create_thread(channel, hikari.ChannelType.GUILD_PUBLIC_THREAD, "details")
    await rest.create_message(thread.id, "in detail")
    await rest.delete_messages(channel, first.id, second.id)
    await eventually(lambda: len(listener.heard) == 2, what="the two events")

    assert (["slipway"], [("👍", 1, True)], [first.id]) == (
        reacted,
        [(one.emoji.name, one.count, one.is_me) for one in shown],
        pinned,
    )
    kinds: list[type[hikari.Event]] = [hikari.GuildReactionAddEvent, hikari.GuildBulkMessageDeleteEvent]
    assert kinds == [next(kind for kind in kinds if isinstance(one, kind)) for one in listener.heard]
    assert [] == await town.person("nok").messages("audit")


async def test_hikari_looks_around(listener, described):
    """The guild, its members and emojis, and a person who takes no direct messages."""
    rest, guild = listener.bot.rest, int(described["guild"])
    member = await rest.fetch_my_member(guild)
    members = [one.username async for one in rest.fetch_members(guild)]
    direct = await rest.create_dm_channel(int(described["people"]["nok"]))
    with pytest.raises(hikari.ForbiddenError) as closed:
        await rest.create_message(direct.id, "psst")

    assert "slipway" == member.username
    assert {"slipway", "malee", "anan", "kanya", "preecha", "somchai", "nok"} == set(members)
    assert (50007, []) == (closed.value.code, list(await rest.fetch_guild_emojis(guild)))


async def test_hikaris_traffic_was_in_discords_official_form(listener, described, town):
    """Every request of hikari's and every answer fits the OpenAPI description, and no route was missing."""
    if not DISCORD_SPEC.is_file():
        need.lacking("Discord's OpenAPI description")
    await listener.bot.rest.fetch_guild(int(described["guild"]))

    report = await town.violations()
    assert [] == [(one["where"], one["message"][-400:], one["body"][:200]) for one in report["violations"]]
    assert [] == report["unknown_routes"]
