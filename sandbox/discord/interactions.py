"""The life of an interaction: three seconds to answer once, then a token that works for fifteen minutes."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.discord import messages, town
from sandbox.discord.gateway import Gateway
from sandbox.discord.problems import Fault, Problem, invalid_form
from sandbox.discord.wire import Payload, snowflake
from sandbox.discord.world import Post, StoredFile, World

ANSWER_WITHIN_S = 3.0
TOKEN_VALID_S = 15 * 60.0
SETTLE_S = 0.02
"""A person is no faster than this; discord.py stores a view only after the answer to its request has come."""
FAILED = "This interaction failed"

PING, COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 1, 2, 3, 4, 5
REPLY, DEFER_REPLY, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
ALLOWED = {
    COMMAND: frozenset({REPLY, DEFER_REPLY, MODAL}),
    COMPONENT: frozenset({REPLY, DEFER_REPLY, DEFER_UPDATE, UPDATE, MODAL}),
    AUTOCOMPLETE: frozenset({CHOICES}),
    MODAL_SUBMIT: frozenset({REPLY, DEFER_REPLY, DEFER_UPDATE, UPDATE}),
}
"""Which callbacks answer which interaction. Source: docs, "Receiving and Responding", interaction callback type."""


class Standing(StrEnum):
    """Where an interaction stands, in the words of the people's API."""

    WAITING = "waiting"
    ANSWERED = "answered"
    DEFERRED = "deferred"
    MODAL = "modal"
    FAILED = "failed"


@dataclass(slots=True)
class Interaction:
    """One act of a person that the bot has to answer."""

    id: str
    token: str
    kind: int
    user_id: str
    channel_id: str
    message: Post | None
    """The message whose component was used, or that the modal came from."""
    metadata: Payload
    name: str = ""
    """The full name of the command, if it is one."""
    made_at: float = field(default_factory=time.monotonic)
    answered_after_ms: float | None = None
    """From being made to its first answer, when there is one."""
    standing: Standing = Standing.WAITING
    is_taken: bool = False
    """An answer has begun to be handled; a second one is refused."""
    response: Post | None = None
    modal: Payload | None = None
    choices: list[Payload] | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Answered (and the answer's response is with the bot), or failed."""
    loaded: asyncio.Event = field(default_factory=asyncio.Event)
    """A deferred answer has its content."""
    error: str | None = None

    @property
    def has_valid_token(self) -> bool:
        """Tell whether follow-ups are still taken."""
        is_young = time.monotonic() - self.made_at < TOKEN_VALID_S
        return is_young and self.standing not in (Standing.WAITING, Standing.FAILED)


class Desk:
    """Where interactions are opened, sent to the bot, and answered."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world = world
        self.gateway = gateway
        self.by_id: dict[str, Interaction] = {}
        self.by_token: dict[str, Interaction] = {}
        self.on_change: Callable[[Interaction], None] = lambda _: None
        self.deliveries: Callable[[], Sequence[float]] = lambda: (0.0,)
        """After how many seconds the event goes out: at once, or as a fault says, late, twice or never."""

    def open(
        self, kind: int, person: town.Person, channel_id: str, data: Payload, source: Interaction | Post | None
    ) -> Interaction:
        """Send an interaction to the bot; it fails by itself when no answer comes in time."""
        message = source.message if isinstance(source, Interaction) else source
        interaction_id = snowflake()
        metadata = self._metadata(interaction_id, kind, person, source)
        token = f"aW50ZXJhY3Rpb246{secrets.token_urlsafe(48)}"
        interaction = Interaction(interaction_id, token, kind, person.id, channel_id, message, metadata)
        interaction.name = full_name(data) if kind == COMMAND else ""
        self._forget_old()
        self.by_id[interaction.id] = self.by_token[token] = interaction
        self.on_change(interaction)
        loop, event = asyncio.get_running_loop(), self._event(interaction, person, data)
        for delay_s in self.deliveries():
            if delay_s:
                loop.call_later(delay_s, self.gateway.dispatch, "INTERACTION_CREATE", event)
            else:
                self.gateway.dispatch("INTERACTION_CREATE", event)
        loop.call_later(ANSWER_WITHIN_S, self._expire, interaction)
        return interaction

    def _forget_old(self) -> None:
        """Drop interactions whose token ran out an interval ago, so that a late follow-up still hears 50027."""
        limit = time.monotonic() - 2 * TOKEN_VALID_S
        for old in [one for one in self.by_id.values() if one.made_at < limit]:
            del self.by_id[old.id], self.by_token[old.token]

    def _metadata(
        self, interaction_id: str, kind: int, person: town.Person, source: Interaction | Post | None
    ) -> Payload:
        metadata: Payload = {
            "id": interaction_id,
            "type": kind,
            "user": self.world.user(person.id),
            "authorizing_integration_owners": {"0": town.GUILD_ID},
        }
        if isinstance(source, Post):
            metadata["interacted_message_id"] = source.id
        elif isinstance(source, Interaction):
            metadata["triggering_interaction_metadata"] = source.metadata
        return metadata

    def _event(self, interaction: Interaction, person: town.Person, data: Payload) -> Payload:
        world = self.world
        held = str(int(world.may(person.id, interaction.channel_id)))
        event: Payload = {
            "id": interaction.id,
            "application_id": town.APPLICATION_ID,
            "type": interaction.kind,
            "token": interaction.token,
            "version": 1,
            "guild_id": town.GUILD_ID,
            "guild": {"id": town.GUILD_ID, "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "locale": person.locale,
            "channel_id": interaction.channel_id,
            "channel": world.channel(interaction.channel_id) | {"permissions": held},
            "member": world.member(person.id) | {"permissions": held},
            "app_permissions": str(int(world.may(town.APPLICATION_ID, interaction.channel_id))),
            "authorizing_integration_owners": {"0": town.GUILD_ID},
            "context": 0,
            "entitlements": [],
            "attachment_size_limit": 10 * 2**20,
            "data": data,
        }
        if interaction.message is not None:
            event["message"] = interaction.message.fields
        return event

    def _expire(self, interaction: Interaction) -> None:
        if interaction.standing is Standing.WAITING and not interaction.is_taken:
            interaction.error = FAILED
            self._stand(interaction, Standing.FAILED)
            interaction.settled.set()

    def _stand(self, interaction: Interaction, standing: Standing) -> None:
        interaction.standing = standing
        self.on_change(interaction)

    def take(self, interaction_id: str, token: str) -> Interaction:
        """Return the interaction for its one answer. Raises Problem 10062 or 40060."""
        interaction = self.by_id.get(interaction_id)
        is_known = interaction is not None and interaction.token == token
        if interaction is None or not is_known or interaction.standing is Standing.FAILED:
            raise Problem(10062)
        if interaction.is_taken or interaction.standing is not Standing.WAITING:
            raise Problem(40060)
        return interaction

    def answer(self, interaction: Interaction, kind: int, data: Payload, files: Mapping[str, StoredFile]) -> None:
        """Carry out the callback; its body has been checked. Raises Problem 50035 when it does not fit."""
        if kind not in ALLOWED[interaction.kind] or (kind in (DEFER_UPDATE, UPDATE) and interaction.message is None):
            allowed = ", ".join(str(one) for one in sorted(ALLOWED[interaction.kind]))
            fault = Fault(("type",), "BASE_TYPE_CHOICES", f"Value must be one of {{{allowed}}}.")
            raise invalid_form([fault])
        match kind:
            case 4 | 5:
                interaction.response = self._reply(interaction, data, files, is_loading=kind == DEFER_REPLY)
            case 6:
                interaction.response = interaction.message
            case 7 if interaction.message is not None:
                interaction.response = messages.edit(self.world, interaction.message, data, files)
            case 8:
                interaction.choices = list(data.get("choices") or ())
            case _:
                interaction.modal = data
        interaction.is_taken = True
        interaction.answered_after_ms = 1000 * (time.monotonic() - interaction.made_at)
        standing = {DEFER_REPLY: Standing.DEFERRED, DEFER_UPDATE: Standing.DEFERRED, MODAL: Standing.MODAL}
        self._stand(interaction, standing.get(kind, Standing.ANSWERED))
        if interaction.standing is not Standing.DEFERRED:
            self._after_flush(interaction.loaded)
        self._after_flush(interaction.settled)

    def _after_flush(self, event: asyncio.Event) -> None:
        asyncio.get_running_loop().call_later(SETTLE_S, event.set)

    def _reply(
        self, interaction: Interaction, data: Payload, files: Mapping[str, StoredFile], *, is_loading: bool
    ) -> Post:
        is_private = bool(int(data.get("flags") or 0) & messages.EPHEMERAL)
        old = {
            "id": interaction.id,
            "type": interaction.kind,
            "name": interaction.name,
            "user": self.world.user(interaction.user_id),
        }
        extra: Payload = {"interaction_metadata": interaction.metadata, "interaction": old}
        if interaction.kind != COMMAND:
            del extra["interaction"]
        draft = messages.Draft(
            channel_id=interaction.channel_id,
            author_id=town.APPLICATION_ID,
            body=data,
            files=files,
            extra=extra
            | {"type": 20 if interaction.kind == COMMAND else 0}
            | {"webhook_id": town.APPLICATION_ID, "application_id": town.APPLICATION_ID},
            ephemeral_to=interaction.user_id if is_private else None,
            extra_flags=messages.LOADING if is_loading else 0,
        )
        return messages.post(self.world, draft)

    def by_valid_token(self, token: str) -> Interaction:
        """Return the interaction for a follow-up. Raises Problem 50027 or 10015."""
        interaction = self.by_token.get(token)
        if interaction is None or interaction.standing in (Standing.WAITING, Standing.FAILED):
            raise Problem(10015)
        if not interaction.has_valid_token:
            raise Problem(50027)
        return interaction

    def follow_up(self, interaction: Interaction, body: Payload, files: Mapping[str, StoredFile]) -> Post:
        """Add a message to the answer; the first after a deferred reply fills that reply."""
        response = interaction.response
        if response is not None and response.fields["flags"] & messages.LOADING:
            self.loaded(interaction)
            return messages.edit(self.world, response, body, files)
        is_private = bool(int(body.get("flags") or 0) & messages.EPHEMERAL)
        followed: Payload = {"message_reference": _reference(response)} if response is not None else {}
        draft = messages.Draft(
            channel_id=interaction.channel_id,
            author_id=town.APPLICATION_ID,
            body=body,
            files=files,
            extra={
                "interaction_metadata": interaction.metadata,
                "webhook_id": town.APPLICATION_ID,
                "application_id": town.APPLICATION_ID,
            }
            | followed,
            ephemeral_to=interaction.user_id if is_private else None,
        )
        new = messages.post(self.world, draft)
        self.loaded(interaction)
        return new

    def loaded(self, interaction: Interaction) -> None:
        """Note that a deferred answer has got its content."""
        if interaction.standing is Standing.DEFERRED:
            self._stand(interaction, Standing.ANSWERED)
        self._after_flush(interaction.loaded)


def _reference(message: Post) -> Payload:
    return {"type": 0, "channel_id": message.fields["channel_id"], "message_id": message.id, "guild_id": town.GUILD_ID}


def full_name(data: Payload) -> str:
    """Return a command's name with its subcommands, as in `train launch`."""
    names, options = [data["name"]], data.get("options") or []
    while options and options[0]["type"] in (1, 2):
        names.append(options[0]["name"])
        options = options[0].get("options") or []
    return " ".join(names)
