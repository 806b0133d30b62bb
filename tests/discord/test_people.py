"""What people see, hear and may do in the sandbox's Discord, as their roles and the channels' overwrites say."""

from collections.abc import Iterator
from typing import Any

import discord
import pytest

from sandbox.person import NotSeen, Town
from tests.support.discord_town import ALL_RIGHTS, Api, Bot, discord_sandbox, eventually, online
from tests.support.listening import kinds_of, listening


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Run one sandbox for the module."""
    with discord_sandbox(tmp_path_factory.mktemp("discord"), options=ALL_RIGHTS) as facts:
        yield facts


async def channels_of(town: Town, who: str) -> list[str]:
    """Return the names of the channels that the person sees."""
    return [one["name"] for one in (await town.get(f"/_client/state?as={who}"))["channels"]]


async def test_people_hear_events_as_they_happen(described, town):
    """Server-sent events bring the message, and the interaction's way from waiting to answered, to its person only."""
    bot = Bot(described)

    @bot.tree.command(description="Answer")
    async def ping(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("pong", ephemeral=True)

    async with online(bot), listening(town, "nok") as heard, listening(town, "malee") as others:
        await bot.sync()
        await town.person("nok").slash("ping", channel="general")
        await bot.place("announcements").send("for all")
        await eventually(lambda: any(one.get("message", {}).get("content") == "for all" for one in others))

    assert ["waiting", "answered"] == [one["state"] for one in heard if one["type"] == "interaction"]
    assert ["pong", "for all"] == [one["message"]["content"] for one in heard if one["type"] == "message_create"]
    assert ["for all"] == [one["message"]["content"] for one in others if one["type"] == "message_create"]


async def test_a_channel_that_is_hidden_from_a_person_goes_at_once(described, town):
    """They are told to look anew and see it no more; the others hear that a channel has changed."""
    target = described["people"]["nok"]
    async with listening(town, "nok") as heard, listening(town, "malee") as others:
        await town.fault("forbid", channel="ops", permission="view_channel", target=target)
        await eventually(lambda: heard and others)
        seen = [await channels_of(town, who) for who in ("nok", "malee")]
        await town.fault("lift")
        await eventually(lambda: len(heard) == 2)

    assert ([False, True], True) == (["ops" in one for one in seen], "ops" in await channels_of(town, "nok"))
    assert (["snapshot", "channel"], ["channel", "channel"]) == (kinds_of(heard), kinds_of(others))


async def test_a_deleted_channel_goes_at_once_with_its_threads(described, town):
    """Everyone looks anew, and nothing of it is left to be asked for."""
    await town.admin("create_forum", channel="ideas")
    channels = (await town.get("/_client/state?as=nok"))["channels"]
    forum = next(one["id"] for one in channels if one["name"] == "ideas")
    async with Api(described) as api:
        body = {"name": "a post", "message": {"content": "x"}}
        _, post = await api.call("POST", f"/channels/{forum}/threads", body)
        async with listening(town, "nok") as heard:
            await town.admin("delete_channel", channel=forum)
            await eventually(lambda: len(heard) == 2)
        gone = await api.call("GET", f"/channels/{post['id']}")

    assert (["snapshot", "snapshot"], 404, 10003) == (kinds_of(heard), gone[0], gone[1]["code"])
    assert not {"ideas", "a post"} & set(await channels_of(town, "nok"))


async def test_a_person_opens_a_post_where_they_may(described, town):
    """With a title and a tag it is a thread of theirs, open to answers; without the permission it is refused."""
    await town.admin("create_forum", channel="questions")
    async with online(Bot(described)) as bot:
        post = await town.person("nok").open_post("questions", "How?", "I wonder.", tags=["question"])
        await town.person("malee").say("How?", "Like this.")
        await eventually(lambda: len(bot.events("THREAD_CREATE")) == 1)
        thread = bot.events("THREAD_CREATE")[0]

    assert (described["people"]["nok"], "How?", post["id"]) == (thread["owner_id"], thread["name"], thread["id"])
    assert 1 == len(thread["applied_tags"])
    assert ["I wonder.", "Like this."] == [one["content"] for one in await town.person("nok").messages("How?")]
    with pytest.raises(NotSeen, match="Unknown tag"):
        await town.person("nok").open_post("questions", "Why?", "x", tags=["nonsense"])
    with pytest.raises(NotSeen, match="Invalid Form Body"):
        await town.person("nok").open_post("questions", "x" * 101, "x")
    with pytest.raises(NotSeen, match="Only a forum"):
        await town.person("nok").open_post("general", "Why?", "x")
    await town.fault(
        "forbid", channel=thread["parent_id"], permission="send_messages", target=described["people"]["nok"]
    )
    with pytest.raises(NotSeen, match="may not write in #questions"):
        await town.person("nok").open_post("questions", "Why?", "x")


async def test_a_role_that_is_given_shows_at_once(town):
    """The card carries the duty of the first role that is held now, with its colour."""
    async with listening(town, "nok") as heard:
        await town.admin("give_role", person="nok", role="auditor")
        given = (await town.get("/_client/state?as=nok"))["me"]
        await town.admin("take_role", person="nok", role="auditor")
        taken = (await town.get("/_client/state?as=nok"))["me"]
        await eventually(lambda: len(heard) == 2)

    assert ["snapshot", "snapshot"] == kinds_of(heard)
    assert ("auditor", "#e67e22") == (given["duty"], given["color"])
    assert (None, "#99aab5") == (taken["duty"], taken["color"])


async def test_only_who_may_can_call_everyone(described, town):
    """@everyone of a person without the permission is plain text, and one who may has everyone called."""
    plain = await town.person("nok").say("general", "@everyone and @here")
    async with Api(described) as api:
        _, called = await api.call(
            "POST", f"/channels/{described['channels']['general']}/messages", {"content": "@here"}
        )

    assert (False, True) == (plain["mention_everyone"], called["mention_everyone"])


async def test_a_role_that_is_not_for_all_is_called_only_by_who_may_call_everyone(described, town):
    """The duties' roles may be mentioned by anyone, the bot's own may not."""
    mentionable, managed = described["roles"]["operator"], "1100000000000000299"

    said = await town.person("nok").say("general", f"<@&{mentionable}> <@&{managed}>")

    assert [mentionable] == said["mention_roles"]
