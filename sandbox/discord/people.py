"""What people see and do: the same acts for the page, for scripts and for tests."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sandbox.discord import checks, interactions, messages, town
from sandbox.discord.attachments import CDN, MEDIA, PAGE, stored_file
from sandbox.discord.call import Server
from sandbox.discord.components import BUTTON, SELECTS, STRING_SELECT, walk
from sandbox.discord.interactions import Interaction, Standing
from sandbox.discord.modals import submission
from sandbox.discord.permissions import Permission
from sandbox.discord.slash import Mistake, Sending, command_data, resolve
from sandbox.discord.threads import open_thread, reopen
from sandbox.discord.wire import Payload, snowflake
from sandbox.discord.world import FORUM_TYPE, THREAD_TYPES, Change, Post, StoredFile, person_by_id

SHOWN_MAX = 200
EVENT_NAMES = {
    "MESSAGE_CREATE": "message_create",
    "MESSAGE_UPDATE": "message_update",
    "MESSAGE_DELETE": "message_delete",
    "TYPING_START": "typing",
    "COMMANDS": "commands",
    "THREAD_CREATE": "channel",
    "THREAD_UPDATE": "channel",
    "CHANNEL_CREATE": "channel",
    "CHANNEL_UPDATE": "channel",
    "CHANNEL_DELETE": "snapshot",
    "THREAD_DELETE": "snapshot",
    "GUILD_MEMBER_UPDATE": "snapshot",
}
"""What people hear of a change; after a `snapshot` what they see is to be asked for anew."""


def for_page(fields: object) -> str:
    """Return the JSON text with attachment links on the page's own origin."""
    return json.dumps(fields, ensure_ascii=False).replace(CDN, PAGE).replace(MEDIA, PAGE)


class People:
    """The acts and the views of everyone."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.world = server.world
        self.uploads: dict[str, StoredFile] = {}
        self.listeners: dict[str, set[asyncio.Queue[str]]] = {one.id: set() for one in town.PEOPLE.values()}
        self.read_up_to: dict[tuple[str, str], int] = {}
        self.acts: dict[str, Callable[[town.Person, Payload], Awaitable[Payload]]] = {
            "slash": self._slash,
            "autocomplete": self._autocomplete,
            "click": self._click,
            "press_stale": self._press_stale,
            "select": self._select,
            "submit": self._submit,
            "say": self._say,
            "open_post": self._open_post,
            "delete": self._delete,
            "upload": self._upload,
            "read": self._read,
        }
        self.world.watchers.append(self._watch)
        server.desk.on_change = self._on_interaction
        server.gateway.on_status = self._on_status

    # ------------------------------------------------------------ what they see

    def view(self, person: town.Person, only: str | None = None) -> Payload:
        """Return everything that this person may see; with `only`, the messages of one channel and no more."""
        places = [one for one in self.world.channels.values() if self._sees_channel(person, one["id"])]
        wanted = [place for place in places if only in (None, place["id"], place["name"])]
        shown = {place["id"]: self._shown_posts(person, place["id"]) for place in wanted}
        seen = {
            "messages": {place: [self.message(one) for one in posts] for place, posts in shown.items()},
            "bot_online": self.server.gateway.is_bot_online,
        }
        if only is not None:  # as somebody asks who waits for a word there, many times a second
            return {"channels": [{"id": place["id"], "name": place["name"]} for place in wanted], **seen}
        return {
            "me": self.card(person),
            "people": [self.card(one) for one in town.PEOPLE.values()],
            "bot": self.world.user(town.APPLICATION_ID),
            "guild": {"id": town.GUILD_ID, "name": town.guild_fields([])["name"]},
            "roles": list(self.world.roles.values()),
            "channels": [self._channel(person, place) for place in places],
            "commands": self.world.commands_for(person.id),
            **seen,
        }

    def card(self, person: town.Person) -> Payload:
        """Return who a person is; their duty is that of the first role they hold now."""
        duties = {role_id: duty for duty, role_id in town.ROLES.items()}
        duty = next((duties[one] for one in self.world.role_ids(person.id) if one in duties), None)
        return {
            "id": person.id,
            "key": person.key,
            "name": person.name,
            "nick": person.nick,
            "duty": duty,
            "roles": self.world.role_ids(person.id),
            "color": town.color_of(duty),
            "locale": person.locale,
        }

    def message(self, one: Post) -> Payload:
        """Return a message as people get it."""
        return one.fields | {"ephemeral_to": one.ephemeral_to, "edited": one.fields["edited_timestamp"] is not None}

    def _channel(self, person: town.Person, place: Payload) -> Payload:
        seen = self.read_up_to.get((person.id, place["id"]), 0)
        unread = sum(int(one.id) > seen for one in self._shown_posts(person, place["id"]))
        may = self.world.may(person.id, place["id"])
        return {name: place.get(name) for name in ("id", "name", "topic", "type", "parent_id")} | {
            "tags": self._tags(place),
            "archived": place.get("thread_metadata", {}).get("archived", False),
            "unread": unread,
            "may_write": writing(place) in may,
            "may_manage": Permission.MANAGE_MESSAGES in may,
            "may_mention_everyone": Permission.MENTION_EVERYONE in may,
        }

    def _tags(self, place: Payload) -> list[str]:
        """Return the names of a post's tags."""
        worn = place.get("applied_tags") or ()
        known = self.world.channel(place["parent_id"]).get("available_tags", ()) if worn else ()
        return [one["name"] for one in known if one["id"] in worn]

    def _shown_posts(self, person: town.Person, channel_id: str) -> list[Post]:
        posts = [one for one in self.world.posts[channel_id].values() if one.ephemeral_to in (None, person.id)]
        return posts[-SHOWN_MAX:]

    def _sees_channel(self, person: town.Person, channel_id: str) -> bool:
        return Permission.VIEW_CHANNEL in self.world.may(person.id, channel_id)

    def _watch(self, change: Change) -> None:
        name = EVENT_NAMES.get(change.event)
        if name is None:
            return
        for person in town.PEOPLE.values():
            if self.listeners[person.id] and change.only_to in (None, person.id):
                event = self._event(person, name, change)
                if event is not None:
                    self._send(person.id, event)

    def _event(self, person: town.Person, name: str, change: Change) -> Payload | None:
        fields = change.fields
        if name == "snapshot":
            return {"type": name}
        if name == "commands":
            return {"type": name, "commands": self.world.commands_for(person.id)}
        place = fields["id"] if name == "channel" else fields["channel_id"]
        if not self._sees_channel(person, place):
            return {"type": "snapshot"} if change.event == "CHANNEL_UPDATE" else None
        return {"type": name} | self._told(person, name, place, fields)

    def _told(self, person: town.Person, name: str, place: str, fields: Payload) -> Payload:
        match name:
            case "channel":
                return {"channel": self._channel(person, self.world.channels[place])}
            case "message_delete":
                return {"id": fields["id"], "channel_id": place}
            case "typing":
                return {"channel_id": place, "user_id": fields["user_id"]}
            case _:
                return {"message": self.message(self.world.post(place, fields["id"]))}

    def _send(self, person_id: str, event: Payload) -> None:
        text = for_page(event)
        for queue in self.listeners[person_id]:
            queue.put_nowait(text)

    def _on_interaction(self, one: Interaction) -> None:
        self._send(one.user_id, {"type": "interaction"} | outcome(one))

    def _on_status(self, online: bool) -> None:  # noqa: FBT001 - a callback's one fact
        for person_id in self.listeners:
            self._send(person_id, {"type": "bot_status", "online": online})

    # ------------------------------------------------------------ what they do

    async def act(self, asked: Payload, files: Mapping[str, StoredFile]) -> Payload:
        """Do one thing and return its answer. Raises Mistake or Problem."""
        self.uploads |= files
        person = person_by_id(str(asked.get("as"))) or town.PEOPLE.get(str(asked.get("as")))
        if person is None:
            raise Mistake(f"There is nobody called {asked.get('as')!r}.")
        act = self.acts.get(str(asked.get("op")))
        if act is None:
            raise Mistake(f"People cannot {asked.get('op')!r}; they can: {', '.join(self.acts)}.")
        try:
            return await act(person, asked)
        except KeyError as missing:
            raise Mistake(f"{asked['op']} needs the field {missing}.") from missing

    def _place(self, person: town.Person, asked: Payload) -> str:
        name = str(asked["channel"])
        for place in self.world.channels.values():
            if name.lstrip("#") in (place["id"], place["name"]) and self._sees_channel(person, place["id"]):
                return str(place["id"])
        raise Mistake(f"{person.name} sees no channel {name!r}.")

    def _post(self, person: town.Person, message_id: str) -> Post:
        for channel_id, posts in self.world.posts.items():
            one = posts.get(message_id)
            if one is not None and one.ephemeral_to in (None, person.id) and self._sees_channel(person, channel_id):
                return one
        raise Mistake(f"{person.name} sees no message {message_id}.")

    def _sending(self, person: town.Person, channel_id: str) -> Sending:
        return Sending(self.world, person.id, channel_id, self.uploads)

    async def _slash(self, person: town.Person, asked: Payload) -> Payload:
        channel_id = self._place(person, asked)
        if Permission.USE_APPLICATION_COMMANDS not in self.world.may(person.id, channel_id):
            raise Mistake(f"{person.name} may not use commands here.")
        values = asked.get("options") or {}
        data = command_data(self._sending(person, channel_id), asked["command"], values)
        return await self._finish(self._open(interactions.COMMAND, person, channel_id, data, None), asked)

    async def _autocomplete(self, person: town.Person, asked: Payload) -> Payload:
        channel_id = self._place(person, asked)
        values = (asked.get("options") or {}) | {asked["option"]: asked.get("value", "")}
        data = command_data(self._sending(person, channel_id), asked["command"], values, focused=asked["option"])
        one = self._open(interactions.AUTOCOMPLETE, person, channel_id, data, None)
        return await self._finish(one, asked)

    def _component(self, one: Post, custom_id: str) -> Payload:
        for component in walk(one.fields["components"]):
            if component.get("custom_id") == custom_id:
                if component.get("disabled"):
                    raise Mistake("That is disabled.")
                return component
        raise Mistake(f"The message has nothing with the id {custom_id!r}.")

    async def _click(self, person: town.Person, asked: Payload) -> Payload:
        one = self._post(person, str(asked["message"]))
        component = self._component(one, asked["custom_id"])
        if component["type"] != BUTTON:
            raise Mistake("That is no button.")
        data = {"custom_id": component["custom_id"], "component_type": BUTTON, "id": component["id"]}
        return await self._finish(
            self._open(interactions.COMPONENT, person, one.fields["channel_id"], data, one), asked
        )

    async def _press_stale(self, person: town.Person, asked: Payload) -> Payload:
        """Press a button that the message had once: a client that has not heard of the edit yet still shows it."""
        one = self._post(person, str(asked["message"]))
        data = {"custom_id": str(asked["custom_id"]), "component_type": BUTTON, "id": 1}
        return await self._finish(
            self._open(interactions.COMPONENT, person, one.fields["channel_id"], data, one), asked
        )

    async def _select(self, person: town.Person, asked: Payload) -> Payload:
        one = self._post(person, str(asked["message"]))
        component = self._component(one, asked["custom_id"])
        values = [str(value) for value in asked["values"]]
        if component["type"] not in SELECTS or not component["min_values"] <= len(values) <= component["max_values"]:
            raise Mistake("That cannot be selected.")
        data: Payload = {
            "custom_id": component["custom_id"],
            "component_type": component["type"],
            "id": component["id"],
        }
        if component["type"] == STRING_SELECT:
            known = [option["value"] for option in component["options"]]
            if any(value not in known for value in values):
                raise Mistake(f"The options are: {', '.join(known)}.")
            data["values"] = values
        else:
            data["resolved"] = {}
            data["values"] = [resolve(self.world, value, data["resolved"]) for value in values]
        return await self._finish(
            self._open(interactions.COMPONENT, person, one.fields["channel_id"], data, one), asked
        )

    async def _submit(self, person: town.Person, asked: Payload) -> Payload:
        named = asked.get("interaction") or asked.get("modal_interaction") or asked.get("modal")
        one = self.server.desk.by_id.get(str(named))
        if one is None or one.modal is None or one.user_id != person.id:
            raise Mistake(f"{person.name} has no open form {named}.")
        data = submission(self._sending(person, one.channel_id), one.modal, asked.get("values") or {})
        return await self._finish(self._open(interactions.MODAL_SUBMIT, person, one.channel_id, data, one), asked)

    def _open(
        self, kind: int, person: town.Person, channel_id: str, data: Payload, source: Interaction | Post | None
    ) -> Interaction:
        return self.server.desk.open(kind, person, channel_id, data, source)

    async def _finish(self, one: Interaction, asked: Payload) -> Payload:
        await one.settled.wait()
        if one.standing is Standing.DEFERRED and asked.get("wait_deferred_s"):
            try:
                await asyncio.wait_for(one.loaded.wait(), float(asked["wait_deferred_s"]))
            except TimeoutError:
                one.error = None
        ended = outcome(one)
        if one.standing is Standing.FAILED:
            return {"ok": False, "error": one.error, "interaction": one.id, "result": ended}
        return {"ok": True, "interaction": one.id, "result": ended}

    async def _say(self, person: town.Person, asked: Payload) -> Payload:
        channel_id = self._writable(person, asked)
        if self.world.channels[channel_id]["type"] == FORUM_TYPE:
            raise Mistake("A forum holds posts; write in one of them.")
        content, files = self._said(asked)
        reopen(self.world, self.world.channels[channel_id], person.id)
        new = messages.post(self.world, messages.Draft(channel_id, person.id, content, files))
        return {"ok": True, "result": {"message": self.message(new)}}

    async def _open_post(self, person: town.Person, asked: Payload) -> Payload:
        """Open a post in a forum: a `title`, what it says, and the names of its `tags`."""
        forum = self.world.channels[self._writable(person, asked)]
        if forum["type"] != FORUM_TYPE:
            raise Mistake("Only a forum takes posts.")
        tags = {one["name"]: one["id"] for one in forum["available_tags"]}
        body = {"name": str(asked["title"]), "applied_tags": [tags.get(one, "0") for one in asked.get("tags") or ()]}
        checks.check_thread(body)
        content, files = self._said(asked)
        thread = open_thread(self.world, forum["id"], body, owner_id=person.id)
        draft = messages.Draft(thread["id"], person.id, content, files, {"id": thread["id"]})
        return {"ok": True, "result": {"message": self.message(messages.post(self.world, draft))}}

    def _writable(self, person: town.Person, asked: Payload) -> str:
        place = self.world.channels[self._place(person, asked)]
        if writing(place) not in self.world.may(person.id, place["id"]):
            raise Mistake(f"{person.name} may not write in #{place['name']}.")
        return str(place["id"])

    def _said(self, asked: Payload) -> tuple[Payload, dict[str, StoredFile]]:
        content = str(asked.get("content") or "")
        files = {str(number): self.uploads[ref] for number, ref in enumerate(asked.get("files") or ())}
        if not content.strip() and not files:
            raise Mistake("There is nothing to say.")
        if len(content) > 2000:
            raise Mistake("A message has at most 2000 characters.")
        return {"content": content}, files

    async def _delete(self, person: town.Person, asked: Payload) -> Payload:
        one = self._post(person, str(asked["message"]))
        is_own = person.id in (one.fields["author"]["id"], one.ephemeral_to)
        if not is_own and Permission.MANAGE_MESSAGES not in self.world.may(person.id, one.fields["channel_id"]):
            raise Mistake(f"{person.name} may delete only messages of their own.")
        messages.delete(self.world, one)
        return {"ok": True, "result": {}}

    async def _upload(self, _: town.Person, asked: Payload) -> Payload:
        ref = snowflake()
        content = base64.b64decode(asked["content"])
        self.uploads[ref] = stored_file(str(asked["name"]), content, asked.get("content_type"))
        return {"ok": True, "result": {"file": ref}}

    async def _read(self, person: town.Person, asked: Payload) -> Payload:
        channel_id = self._place(person, asked)
        newest = max((int(one.id) for one in self._shown_posts(person, channel_id)), default=0)
        self.read_up_to[person.id, channel_id] = newest
        return {"ok": True, "result": {}}


def writing(place: Payload) -> Permission:
    """Return the permission that writing in a place takes; in a forum it is the one for opening posts."""
    is_thread = place["type"] in THREAD_TYPES
    return Permission.SEND_MESSAGES_IN_THREADS if is_thread else Permission.SEND_MESSAGES


def outcome(one: Interaction) -> Payload:
    """Return how an interaction stands, with what came of it."""
    ended: Payload = {"id": one.id, "state": one.standing.value, "channel_id": one.channel_id}
    optional: dict[str, Any] = {
        "modal": one.modal,
        "choices": one.choices,
        "error": one.error,
        "name": one.name or None,
    }
    if one.response is not None:
        response = one.response
        is_edited = response.fields["edited_timestamp"] is not None
        optional["message"] = response.fields | {"ephemeral_to": response.ephemeral_to, "edited": is_edited}
    return ended | {name: value for name, value in optional.items() if value is not None}
