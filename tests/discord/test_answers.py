"""What people see of the bot's answers, early, late, and at the moment at which they are deferred."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import discord
import pytest
import pytest_asyncio
from discord import app_commands

from bot import answers
from bot.core.said import ENGLISH, Speaker, Words
from sandbox.person import Person, Town
from tests.support.discord_town import Bot, discord_sandbox, online, url_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

LATE_S = answers.DEFER_AFTER_S + 0.3
W = Words("tests.answers")
DONE, DONE_LATE = W("done", "Done."), W("done_late", "Done late.")


class Answering(Bot):
    """Answers as long after it was asked as the command says."""

    def __init__(self, described: dict[str, Any]) -> None:
        super().__init__(described)
        for name, answer in (("say", self._say), ("form", self._form), ("button", self._button)):
            command: Any = app_commands.Command(name=name, description=name, callback=self._after(answer))
            self.tree.add_command(command)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Do what the real client's listener does, and answer presses."""
        await answers.defer_when_slow(interaction)

    @staticmethod
    def speaker(_: discord.Interaction) -> Speaker:
        """Return who makes sentences, as the real client has it."""
        return ENGLISH

    @staticmethod
    def _after(answer: Any) -> Any:
        async def callback(interaction: discord.Interaction, seconds: float) -> None:
            await asyncio.sleep(seconds)
            await answer(interaction)

        return callback

    async def _say(self, interaction: discord.Interaction) -> None:
        await answers.say(interaction, "Said.")

    async def _form(self, interaction: discord.Interaction) -> None:
        form = discord.ui.Modal(title="A form", custom_id="form")
        form.add_item(discord.ui.Label(text="Reason", component=discord.ui.TextInput(custom_id="reason")))
        await answers.ask(interaction, form)

    async def _button(self, interaction: discord.Interaction) -> None:
        await answers.say(interaction, "Press.", view=Late())


class Late(discord.ui.View):
    """Two buttons whose answer takes the message's place, one of them late."""

    @discord.ui.button(label="Now")
    async def now(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await answers.put_in_place(interaction, DONE())

    @discord.ui.button(label="Later")
    async def later(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await asyncio.sleep(LATE_S)
        await answers.put_in_place(interaction, DONE_LATE())


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Run one sandbox for the module."""
    with discord_sandbox(tmp_path_factory.mktemp("discord")) as facts:
        yield facts


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def anan(described: dict[str, Any]) -> AsyncIterator[Person]:
    """Return somebody who asks the bot."""
    async with online(Answering(described)) as bot, Town(url_of(described)) as town:
        await bot.sync()
        yield town.person("anan")
        report = await town.violations()

        assert [] == report["violations"]


async def slash(person: Person, command: str, seconds: float, **asked: Any) -> Any:
    """Use a command in #general; `wait_deferred_s=0` returns what is seen first."""
    return await person.act("slash", channel="general", command=command, options={"seconds": seconds}, **asked)


async def test_what_comes_early_is_the_answer(anan):
    """Nobody is told that anything is thought about."""
    said, form = await slash(anan, "say", 0, wait_deferred_s=0), await slash(anan, "form", 0, wait_deferred_s=0)

    assert ("answered", "Said.", True) == (said.state, said.text, said.is_private)
    assert ("modal", "A form") == (form.state, form.modal["title"])


async def test_what_comes_late_takes_the_place_of_the_thinking(anan):
    """There is one message; only the one who asked sees it."""
    first, last = await asyncio.gather(
        slash(anan, "say", LATE_S, wait_deferred_s=0), slash(anan, "say", LATE_S, wait_deferred_s=10)
    )
    shown = await anan.messages("general")

    assert "deferred" == first.state
    assert ("Said.", True) == (last.text, last.is_private)
    assert 1 == sum(message["id"] == last.message["id"] for message in shown)


async def test_a_form_that_comes_too_late_is_told(anan):
    """Discord opens none any more."""
    told = await slash(anan, "form", LATE_S)

    assert "Try once more" in told.text
    assert told.is_private


async def test_a_press_is_answered_in_its_place_or_beside_it(anan):
    """The message that was pressed changes; when that is too late, the answer stands below."""
    early, late = await slash(anan, "button", 0), await slash(anan, "button", 0)
    now, later = await asyncio.gather(early.click("Now"), late.click("Later"))
    texts = [message["content"] for message in await anan.messages("general")]

    assert "failed" not in (now.state, later.state)
    assert "Done late." == later.text
    assert ["Done."] == [text for text in texts if text == "Done."]


async def test_an_answer_at_the_moment_of_the_deferral_is_one_answer(anan):
    """Around that moment each comes once, whichever of the two is first."""
    moments = [answers.DEFER_AFTER_S + step / 1000 for step in range(-60, 20, 4)]
    replies = await asyncio.gather(*(slash(anan, "say", moment) for moment in moments))

    assert ["Said."] * len(moments) == [reply.text for reply in replies]
    assert len(moments) == len({reply.message["id"] for reply in replies})
