"""An unmodified discord.py bot in the sandbox's Discord: what it posts, what people do, and what it answers."""

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from sandbox.discord.recorder import Recorder
from sandbox.person import NotSeen
from sandbox.text import text_of
from tests.support import need
from tests.support.discord_town import ALL_RIGHTS, DISCORD_SPEC, Bot, discord_sandbox, eventually, online

PNG = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000200000003080200000000000000")


class Approve(ui.DynamicItem[ui.Button[Any]], template=r"approve:(?P<ref>[A-Z]+-\d+)"):
    """A button whose whole state is in its id."""

    def __init__(self, ref: str) -> None:
        super().__init__(ui.Button(label="Approve", custom_id=f"approve:{ref}"))
        self.ref = ref

    @classmethod
    async def from_custom_id(cls, interaction, item, match) -> "Approve":  # noqa: ARG003
        return cls(match["ref"])

    async def callback(self, interaction) -> None:
        await interaction.response.send_modal(Reasons())


class Reasons(ui.Modal, title="Reasons"):
    """Every kind of input that discord.py 2.7 has."""

    note: Any = ui.Label(text="Note", description="why", component=ui.TextInput(style=discord.TextStyle.long))
    verdict: Any = ui.Label(
        text="Verdict",
        component=ui.RadioGroup(options=[discord.RadioGroupOption(label=one, value=one) for one in ("pass", "fail")]),
    )
    checks: Any = ui.Label(
        text="Checks",
        component=ui.CheckboxGroup(
            options=[discord.CheckboxGroupOption(label=one, value=one) for one in ("bias", "cost", "legal")],
            required=False,
        ),
    )
    sure: Any = ui.Label(text="Sure", component=ui.Checkbox())
    papers: Any = ui.Label(text="Papers", component=ui.FileUpload(required=False, max_values=2))

    async def on_submit(self, interaction) -> None:
        papers = [(await one.read()).decode() for one in self.papers.component.values]
        said = (
            self.note.component.value,
            self.verdict.component.value,
            self.checks.component.values,
            self.sure.component.value,
            papers,
        )
        await interaction.response.send_message(repr(said), ephemeral=True)


def card(text: str, *, picture: str | None = None) -> ui.LayoutView:
    """Return a card as ours are."""
    view = ui.LayoutView(timeout=None)
    row: ui.ActionRow[Any] = ui.ActionRow()
    row.add_item(Approve("AUD-1"))
    parts: list[Any] = [ui.TextDisplay(text), ui.Separator()]
    if picture:
        parts.append(ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{picture}", description="a chart")))
    view.add_item(ui.Container(*parts, row, accent_colour=0x3498DB))
    return view


def commands(bot: Bot) -> None:
    """Give the bot its commands."""
    train = app_commands.Group(name="train", description="Runs")

    @train.command(description="Order a run")
    async def launch(interaction: discord.Interaction, requirement: int, partition: str = "gpu") -> None:
        await interaction.response.send_message(f"REQ-{requirement} on {partition}", ephemeral=True)

    @launch.autocomplete("partition")
    async def partitions(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:  # noqa: ARG001
        return [app_commands.Choice(name=one, value=one) for one in ("gpu", "long") if typed in one]

    @train.command(description="Think first")
    async def think(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send("thought")
        await interaction.followup.send("and again", ephemeral=True)
        original = await interaction.original_response()
        await original.edit(content="thought it over")

    @train.command(description="Never answer")
    async def sleep(interaction: discord.Interaction) -> None:
        interaction.client.sleeping = interaction  # type: ignore[attr-defined]

    @train.command(description="Show who and what")
    async def show(interaction: discord.Interaction, who: discord.Member, paper: discord.Attachment) -> None:
        content = (await paper.read()).decode()
        assert isinstance(interaction.user, discord.Member)
        roles = sorted(role.name for role in interaction.user.roles)
        await interaction.response.send_message(f"{who.display_name} {content} {roles} {interaction.locale}")

    bot.tree.add_command(train)
    bot.add_dynamic_items(Approve)


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Run one sandbox for the module; it ends with everything in form."""
    with discord_sandbox(tmp_path_factory.mktemp("discord"), options=ALL_RIGHTS) as facts:
        yield facts


@pytest.fixture
async def bot(described) -> AsyncIterator[Bot]:
    """Return a bot that is online with its commands."""
    client = Bot(described)
    commands(client)
    async with online(client):
        await client.sync()
        yield client


@pytest.mark.usefixtures("bot")
async def test_a_slash_command_is_answered_to_its_person_only(town):
    """An ephemeral answer is seen by who asked and by nobody else."""
    reply = await town.person("anan").slash("train launch", channel="training", requirement=12)

    assert ("answered", "REQ-12 on gpu", True) == (reply.state, reply.text, reply.is_private)
    assert "REQ-12" in text_of(await town.person("anan").sees("training", "REQ-12"))
    await town.person("malee").sees_nothing("training", "REQ-12")


async def test_the_bot_is_not_told_of_ephemeral_messages(bot, town):
    """No MESSAGE_CREATE, and no way to them by the channel's route."""
    reply = await town.person("anan").slash("train launch", channel="ops", requirement=13)

    with pytest.raises(discord.NotFound) as refused:
        await bot.place("ops").fetch_message(int(reply.message["id"]))
    assert 10008 == refused.value.code
    assert reply.message["id"] not in [one["id"] for one in bot.events("MESSAGE_CREATE")]


@pytest.mark.usefixtures("bot")
async def test_autocomplete_offers_what_fits(town):
    """What is typed reaches the bot; its choices come back as pairs."""
    offered = await town.person("anan").autocomplete("train launch", "partition", "lo", channel="training")

    assert [("long", "long")] == offered


@pytest.mark.usefixtures("bot")
async def test_a_deferred_answer_is_filled_by_the_first_follow_up(town):
    """LOADING goes away; later follow-ups are messages of their own."""
    reply = await town.person("anan").slash("train think", channel="general")

    seen = await town.person("anan").sees("general", "thought it over")
    assert ("answered", seen["id"], 0) == (reply.state, reply.message["id"], seen["flags"] & 128)
    await town.person("anan").sees("general", "and again")


@pytest.mark.usefixtures("bot")
async def test_people_files_roles_and_locale_reach_the_bot(town, tmp_path):
    """Members and attachments are resolved, and a file is read from the CDN."""
    paper = tmp_path / "paper.txt"
    paper.write_text("สวัสดี", encoding="utf-8")

    reply = await town.person("malee").slash("train show", channel="general", who="somchai", paper=paper)

    assert "Somchai · สมชาย สวัสดี ['@everyone', 'Business Analyst', 'Member'] th" == reply.text


@pytest.mark.usefixtures("bot")
async def test_what_a_client_would_not_send_is_refused_in_words(town):
    """A missing option and an unknown command never reach the bot."""
    with pytest.raises(NotSeen, match="needs requirement"):
        await town.person("anan").slash("train launch", channel="training")
    with pytest.raises(NotSeen, match="no command /nonsense"):
        await town.person("anan").slash("nonsense", channel="training")


async def test_a_button_on_a_card_opens_a_modal_whose_inputs_all_arrive(bot, town, tmp_path):
    """Text, radio, checkboxes, a box and files go through Label inputs to the bot."""
    paper = tmp_path / "evidence.txt"
    paper.write_text("evidence", encoding="utf-8")
    await bot.place("audit").send(view=card("## AUD-1\nwaits for a verdict"))

    opened = await town.person("kanya").click("audit", "Approve", containing="AUD-1")
    reply = await opened.submit(
        {"Note": "fine\nso far", "Verdict": "pass", "Checks": ["bias", "legal"], "Sure": True, "Papers": [paper]}
    )

    assert ("modal", "Reasons") == (opened.state, opened.modal["title"])
    assert repr(("fine\nso far", "pass", ["bias", "legal"], True, ["evidence"])) == reply.text
    with pytest.raises(NotSeen, match="Note must be filled in"):
        await opened.submit({"Note": "", "Verdict": "pass"})


async def test_a_card_is_edited_in_place_with_a_new_picture(bot, town):
    """The message keeps its id; the old picture goes and the new one can be fetched by people and bot."""
    picture = discord.File(io.BytesIO(PNG), "loss.png")
    sent = await bot.place("training").send(view=card("RUN-1 epoch 1", picture="loss.png"), file=picture)
    again = discord.File(io.BytesIO(PNG + b"2"), "loss.png")

    edited = await sent.edit(view=card("RUN-1 epoch 2", picture="loss.png"), attachments=[again])

    seen = await town.person("nok").sees("training", "RUN-1 epoch 2")
    await town.person("nok").sees_nothing("training", "RUN-1 epoch 1")
    shown = next(one for one in seen["components"][0]["components"] if one["type"] == 12)["items"][0]["media"]
    async with town.session.get(town.url + shown["url"]) as response:
        fetched = await response.read()
    assert (sent.id, True, 2, 3) == (edited.id, seen["edited"], shown["width"], shown["height"])
    assert [PNG + b"2", PNG + b"2"] == [fetched, await edited.attachments[0].read()]


async def test_a_button_survives_the_bots_restart(described, town):
    """The card was posted by a bot that is gone; a new one answers the click."""
    first = Bot(described)
    async with online(first):
        await first.place("audit").send(view=card("AUD-1 from before"))
    second = Bot(described)
    commands(second)

    async with online(second):
        opened = await town.person("kanya").click("audit", "Approve", containing="from before")

    assert "modal" == opened.state


async def test_a_nonce_posts_once(bot, town):
    """Two sends under one nonce are one message; another nonce is another message."""
    channel = bot.place("announcements")

    sent = [await channel.send("v2 is live", nonce=nonce) for nonce in ("live:1", "live:1", "live:2")]

    seen = [one for one in await town.person("nok").messages("announcements") if "v2 is live" in text_of(one)]
    assert (sent[0].id, True, 2) == (sent[1].id, sent[0].id != sent[2].id, len(seen))


async def test_the_bot_hears_that_a_person_deleted_its_card(bot, town):
    """MESSAGE_DELETE comes, and editing the card then fails as Unknown Message."""
    sent = await bot.place("deployments").send(view=card("DEP-1"))

    await town.person("somchai").delete(await town.person("somchai").sees("deployments", "DEP-1"))

    await eventually(lambda: str(sent.id) in [one["id"] for one in bot.events("MESSAGE_DELETE")])
    with pytest.raises(discord.NotFound) as refused:
        await sent.edit(view=card("DEP-1"))
    assert 10008 == refused.value.code


async def test_what_people_write_reaches_the_bot_without_its_content(bot, town):
    """Without the message content intent the text is empty, unless the bot is mentioned."""
    await town.person("nok").say("general", "hello there")
    await town.person("nok").say("general", f"hello <@{bot.user.id}>")

    await eventually(lambda: len(bot.events("MESSAGE_CREATE")) >= 2)
    said = [one["content"] for one in bot.events("MESSAGE_CREATE") if one["author"]["username"] == "nok"]
    assert ["", f"hello <@{bot.user.id}>"] == said


async def test_an_interaction_that_is_not_answered_fails_after_three_seconds(bot, town):
    """The person is told, and the late answer is refused with 10062."""
    reply = await town.person("anan").slash("train sleep", channel="training")

    with pytest.raises(discord.NotFound) as refused:
        await bot.sleeping.response.send_message("sorry")
    assert ("failed", "This interaction failed", 10062) == (reply.state, reply.text, refused.value.code)


async def test_history_threads_and_embeds_work_as_the_library_expects(bot, town):
    """The newest message comes first; a thread opens on a message and can be written in."""
    channel = bot.place("requirements")
    first = await channel.send(embed=discord.Embed(title="REQ-1", description="churn").add_field(name="k", value="v"))
    second = await channel.send("REQ-2", silent=True, reference=first)
    thread = await first.create_thread(name="REQ-1 in detail")
    await thread.send("details")

    assert [second.id, first.id] == [one.id async for one in channel.history(limit=2)]
    assert first.id == thread.id
    assert "details" == text_of(await town.person("malee").sees("REQ-1 in detail", "details"))
    assert "REQ-1\nchurn\nk: v" in text_of(await town.person("malee").sees("requirements", "churn"))


async def test_a_hidden_channel_is_closed_to_the_bot(bot, town):
    """403 50001 once it may not view it, 50013 when it may only not write; lifting the fault reopens it."""
    await town.fault("forbid", channel="monitoring", permission="send_messages")
    with pytest.raises(discord.Forbidden) as no_writing:
        await bot.place("monitoring").send("x")
    await town.fault("forbid", channel="monitoring", permission="view_channel")
    with pytest.raises(discord.Forbidden) as no_viewing:
        await bot.place("monitoring").send("x")
    await town.fault("lift")
    await bot.place("monitoring").send("open again")

    assert (50013, 50001) == (no_writing.value.code, no_viewing.value.code)


async def test_all_traffic_was_in_discords_official_form(bot, town):
    """Every request of discord.py and every answer of the sandbox fits the OpenAPI description."""
    if not DISCORD_SPEC.is_file():
        need.lacking("Discord's OpenAPI description")
    await bot.application_info()
    await bot.fetch_guild(int(bot.described["guild"]))
    await bot.guilds[0].fetch_member(int(bot.described["people"]["kanya"]))
    await bot.guilds[0].fetch_roles()
    await bot.guilds[0].fetch_channels()
    await bot.fetch_channel(int(bot.described["channels"]["ops"]))
    await bot.fetch_user(int(bot.described["people"]["nok"]))

    report = await town.violations()
    assert [] == [(one["where"], one["message"][-400:]) for one in report["violations"]]
    assert [] == report["unknown_routes"]
    assert report["validated"] > 10


def test_the_recorder_sees_what_is_out_of_form():
    """A wrong type, an unknown field, an answer that lacks a field: the oracle is awake."""
    if not DISCORD_SPEC.is_file():
        need.lacking("Discord's OpenAPI description")
    recorder = Recorder(DISCORD_SPEC)

    recorder.request("POST", "/channels/{channel_id}/messages", {"content": 7})
    recorder.request("POST", "/channels/{channel_id}/messages", {"contents": "x"})
    recorder.response("GET", "/users/@me", 200, {"id": "1"})

    assert ["request", "request", "response"] == [one["side"] for one in recorder.report()["violations"]][:3]


def test_without_the_description_nothing_is_validated():
    """The sandbox works without the file, and says so."""
    recorder = Recorder(None)
    recorder.request("POST", "/channels/{channel_id}/messages", {"content": 7})

    report = recorder.report()
    assert (False, 0, []) == (report["spec"], report["validated"], report["violations"])


def test_nothing_of_the_bots_side_is_imported():
    """The sandbox knows nothing of bot, cogs and jobs, so that both cannot share a misunderstanding."""
    folder = Path(__file__).parents[2] / "sandbox" / "discord"
    lines = [line for file in folder.glob("*.py") for line in file.read_text(encoding="utf-8").splitlines()]

    assert [] == [line for line in lines if line.startswith(("from bot", "import bot", "from cogs", "from jobs"))]
