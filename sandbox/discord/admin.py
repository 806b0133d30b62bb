"""What an administrator of the server does besides: give and take roles, open forums, delete channels."""

from sandbox.discord import messages, town
from sandbox.discord.slash import Mistake
from sandbox.discord.wire import Payload, snowflake
from sandbox.discord.world import THREAD_TYPES, Change, World


def administer(world: World, asked: Payload) -> str:
    """Do one thing and return a sentence.

    `give_role` and `take_role` want `person` and `role`; `create_forum`, `delete_channel` and `purge`
    want `channel`; a forum may be given the names of its `tags`.

    Raises:
        Mistake: there is no such thing to do, person, role or channel.
    """
    match asked:
        case {"op": "give_role" | "take_role" as op, "person": str(key), "role": str(name)}:
            person, role_id = town.PEOPLE.get(key), town.ROLES.get(name)
            if person is None or role_id is None:
                raise Mistake(f"There is no person {key!r} or no role {name!r}.")
            world.set_role(person.id, role_id, is_held=op == "give_role")
            return f"{person.name} {'has' if op == 'give_role' else 'has no longer'} the role {name}."
        case {"op": "create_forum", "channel": str(name)}:
            channel_id, tags = snowflake(), list(asked.get("tags", ["question"]))
            world.channels[channel_id] = town.forum(channel_id, name, position=len(world.channels), tags=tags)
            world.posts[channel_id] = {}
            world.tell(Change("CHANNEL_CREATE", world.channels[channel_id]))
            return f"The forum {name} is there."
        case {"op": "delete_channel", "channel": str(name)}:
            channel_id = town.CHANNELS.get(name, name)
            if channel_id not in world.channels:
                raise Mistake(f"There is no channel {name!r}.")
            gone = delete_channel(world, channel_id)
            return f"#{gone['name']} is deleted."
        case {"op": "purge", "channel": str(name)}:
            posts = world.posts.get(town.CHANNELS.get(name, name), {})
            messages.delete(world, *list(posts.values()))
            return f"{name} is empty."
        case _:
            raise Mistake(
                "An administrator can: give_role, take_role (person, role); "
                "create_forum, delete_channel, purge (channel)."
            )


def delete_channel(world: World, channel_id: str) -> Payload:
    """Take a channel away with its threads and messages, tell everyone, and return what it was."""
    for thread in [one for one in world.channels.values() if one["parent_id"] == channel_id]:
        delete_channel(world, thread["id"])
    gone = world.channels.pop(channel_id)
    del world.posts[channel_id]
    world.tell(Change("THREAD_DELETE" if gone["type"] in THREAD_TYPES else "CHANNEL_DELETE", gone))
    return gone
