"""People as a script: `await town.person("anan").slash("train launch", channel="training", requirement=1)`."""

import asyncio
import base64
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import aiohttp

from sandbox.text import Message, control, inputs_of, text_of

POLL_S, LONGEST_POLL_S = 0.03, 0.25
"""Between two looks: what comes at once is seen at once; a long wait costs little."""
POLL_GROWTH = 1.3
WITHIN_S = 90.0


class NotSeen(AssertionError):
    """What was looked for is not there; the message tells what is."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of an act."""

    state: str
    """answered, deferred, modal or failed."""
    text: str
    """What the answer says, or why it failed."""
    message: Message | None
    modal: Mapping[str, Any] | None
    choices: Sequence[Mapping[str, Any]]
    interaction: str
    by: "Person"

    @property
    def is_private(self) -> bool:
        """Tell whether only this person sees the answer."""
        return bool(self.message and self.message.get("ephemeral_to"))

    async def submit(self, values: Mapping[str, Any]) -> "Reply":
        """Submit the modal; fields go by label or custom_id, files as paths."""
        if self.modal is None:
            raise NotSeen(f"There is no form to fill in; the answer was {self.state}: {self.text!r}.")
        known = inputs_of(self.modal)
        missing = [name for name in values if name not in known]
        if missing:
            raise NotSeen(f"The form {self.modal['title']!r} has no field {missing[0]!r}; it has {sorted(known)}.")
        sent = {known[name]["custom_id"]: await self.by.uploaded(value) for name, value in values.items()}
        return await self.by.act("submit", interaction=self.interaction, values=sent)

    async def click(self, label: str) -> "Reply":
        """Click a button of the answer."""
        if self.message is None:
            raise NotSeen(f"There is no message to click on; the answer was {self.state}: {self.text!r}.")
        return await self.by.click_on(self.message, label)

    async def select(self, label: str, values: Sequence[str]) -> "Reply":
        """Choose in a select of the answer, by placeholder or custom_id."""
        found = control(self.message, label) if self.message else None
        if self.message is None or found is None:
            raise NotSeen(f"There is no select {label!r} in the answer {self.text!r}.")
        return await self.by.act(
            "select", message=self.message["id"], custom_id=found["custom_id"], values=list(values)
        )


class Person:
    """Somebody in the town."""

    def __init__(self, town: "Town", key: str) -> None:
        self.key = key
        self._town = town

    async def act(self, op: str, **fields: Any) -> Reply:
        """Do one thing; what the Discord client refuses raises NotSeen, what the bot misses is a failed Reply."""
        asked = {"as": self.key, "op": op, "wait_deferred_s": WITHIN_S} | fields
        done = await self._town.post("/_client/act", asked)
        result = done.get("result") or {}
        if not done["ok"] and result.get("state") != "failed":
            raise NotSeen(f"{self.key} could not {op}: {done['error']}")
        message = result.get("message")
        return Reply(
            state=result.get("state", "done"),
            text=text_of(message) if message else str(result.get("error") or ""),
            message=message,
            modal=result.get("modal"),
            choices=result.get("choices") or (),
            interaction=str(done.get("interaction", "")),
            by=self,
        )

    async def uploaded(self, value: Any) -> Any:
        """Return the value with paths turned into uploaded files."""
        if isinstance(value, Path):
            content = base64.b64encode(await asyncio.to_thread(value.read_bytes)).decode()
            asked = {"as": self.key, "op": "upload", "name": value.name, "content": content}
            return (await self._town.post("/_client/act", asked))["result"]["file"]
        if isinstance(value, list | tuple):
            return [await self.uploaded(one) for one in value]
        return value

    async def slash(self, command: str, *, channel: str, **options: Any) -> Reply:
        """Use a slash command, as in `slash("train launch", channel="training", requirement=1)`."""
        sent = {name: await self.uploaded(value) for name, value in options.items()}
        return await self.act("slash", channel=channel, command=command, options=sent)

    async def autocomplete(
        self, command: str, option: str, typed: str = "", *, channel: str = "general", **options: Any
    ) -> list[tuple[str, Any]]:
        """Type into an option and return the (name, value) pairs that are offered."""
        reply = await self.act(
            "autocomplete", channel=channel, command=command, option=option, value=typed, options=options
        )
        return [(one["name"], one["value"]) for one in reply.choices]

    async def say(self, channel: str, content: str, *, files: Sequence[Path] = ()) -> Message:
        """Write a message."""
        reply = await self.act("say", channel=channel, content=content, files=await self.uploaded(list(files)))
        assert reply.message is not None
        return reply.message

    async def open_post(self, forum: str, title: str, content: str, *, tags: Sequence[str] = ()) -> Message:
        """Open a post in a forum and return its first message."""
        reply = await self.act("open_post", channel=forum, title=title, content=content, tags=list(tags))
        assert reply.message is not None
        return reply.message

    async def delete(self, message: Message) -> None:
        """Delete a message."""
        await self.act("delete", message=message["id"])

    async def click(self, channel: str, label: str, *, containing: str = "", within_s: float = WITHIN_S) -> Reply:
        """Click a button by label or custom_id on the newest message that has it and contains the text."""
        message = await self._find(channel, containing, has=label, within_s=within_s)
        return await self.click_on(message, label)

    async def click_on(self, message: Message, label: str) -> Reply:
        """Click a button of this message."""
        found = control(message, label)
        if found is None:
            raise NotSeen(f"There is no button {label!r} on:\n{text_of(message)}")
        return await self.act("click", message=message["id"], custom_id=found["custom_id"])

    async def press_stale(self, message: Message, custom_id: str) -> Reply:
        """Press a button that an old copy of this message still shows."""
        return await self.act("press_stale", message=message["id"], custom_id=custom_id)

    async def select(self, channel: str, label: str, values: Sequence[str], *, containing: str = "") -> Reply:
        """Choose in a select by placeholder or custom_id."""
        message = await self._find(channel, containing, has=label, within_s=WITHIN_S)
        found = control(message, label)
        assert found is not None
        return await self.act("select", message=message["id"], custom_id=found["custom_id"], values=list(values))

    async def sees(self, channel: str, text: str, *, within_s: float = WITHIN_S, of: str = "") -> Message:
        """Return the newest message in the channel that contains the text, waiting for it. Raises NotSeen.

        `of` is the name of the thing that the message must speak of too, as in `RUN-2`.
        """
        return await self._find(channel, text, has=None, within_s=within_s, of=of)

    async def sees_nothing(self, channel: str, text: str) -> None:
        """Check that no visible message in the channel contains the text right now. Raises NotSeen."""
        for message in await self.messages(channel):
            if text in text_of(message):
                raise NotSeen(f"{self.key} does see {text!r} in #{channel}:\n{text_of(message)}")

    async def messages(self, channel: str) -> list[Message]:
        """Return what the person sees in the channel, oldest first; none if the channel is hidden."""
        state = await self._town.get(f"/_client/state?as={self.key}&channel={quote(channel)}")
        return [message for messages in state["messages"].values() for message in messages]

    async def _find(self, channel: str, text: str, *, has: str | None, within_s: float, of: str = "") -> Message:
        named = re.compile(rf"{re.escape(of)}\b" if of else "")
        deadline, wait_s = time.monotonic() + within_s, POLL_S
        while True:
            shown = await self.messages(channel)
            for message in reversed(shown):
                said = text_of(message)
                if text in said and named.search(said) and (has is None or control(message, has)):
                    return message
            if time.monotonic() >= deadline:
                there = "\n---\n".join(text_of(message) for message in shown[-8:]) or "(nothing)"
                wanted = f"{text!r}" + (f" with {has!r}" if has else "") + (f" of {of}" if of else "")
                raise NotSeen(
                    f"{self.key} does not see {wanted} in #{channel} after {within_s:g} s. There is:\n{there}"
                )
            await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_POLL_S, wait_s * POLL_GROWTH)


class Town:
    """The sandbox's Discord as people reach it."""

    def __init__(self, http_url: str) -> None:
        self.url = http_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The HTTP session; only inside `async with`."""
        assert self._session is not None, "use `async with Town(...)`"
        return self._session

    def person(self, key: str) -> Person:
        """Return one of malee, anan, kanya, preecha, somchai, nok."""
        return Person(self, key)

    async def get(self, path: str) -> Any:
        """Return the JSON at this path."""
        async with self.session.get(self.url + path) as response:
            response.raise_for_status()
            return await response.json()

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return the JSON that this request is answered with."""
        async with self.session.post(self.url + path, json=body) as response:
            response.raise_for_status()
            return await response.json()

    async def fault(self, kind: str, **fields: Any) -> str:
        """Switch a fault on, or with `lift` all of them off; see sandbox.discord.faults."""
        return str((await self.post("/_client/fault", {"kind": kind} | fields))["result"])

    async def admin(self, op: str, **fields: object) -> str:
        """Do what an administrator of the server does; see sandbox.discord.admin."""
        return str((await self.post("/_client/admin", {"op": op} | fields))["result"])

    async def violations(self) -> dict[str, Any]:
        """Return what was out of form so far."""
        report: dict[str, Any] = await self.get("/_client/violations")
        return report

    async def bot_is_online(self, *, within_s: float = WITHIN_S, online: bool = True) -> None:
        """Wait until the bot's gateway line is up (or down). Raises NotSeen."""
        deadline, wait_s = time.monotonic() + within_s, POLL_S
        while (await self.get("/_client/state?as=nok&channel="))["bot_online"] is not online:
            if time.monotonic() >= deadline:
                raise NotSeen(f"The bot is {'not online' if online else 'still online'} after {within_s:g} s.")
            await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_POLL_S, wait_s * POLL_GROWTH)

    async def has_command(self, command: str, *, within_s: float = WITHIN_S) -> None:
        """Wait until the bot has registered the command. Raises NotSeen."""
        deadline, wait_s = time.monotonic() + within_s, POLL_S
        while True:
            names = [one["name"] for one in (await self.get("/_client/state?as=nok"))["commands"]]
            if command.partition(" ")[0] in names:
                return
            if time.monotonic() >= deadline:
                raise NotSeen(f"There is no command /{command}; there are {names}.")
            await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_POLL_S, wait_s * POLL_GROWTH)
