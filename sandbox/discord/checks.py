"""The checks that a bot's messages, modals, commands, choices and threads go through before anything happens."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.discord import limits
from sandbox.discord.checking import Limit, faults_in, misfits
from sandbox.discord.command_rules import command_faults
from sandbox.discord.kinds import Path
from sandbox.discord.problems import Fault, Problem, invalid_form
from sandbox.discord.rules import message_faults, modal_faults
from sandbox.discord.wire import Payload
from sandbox.discord.world import StoredFile


def refuse(faults: Iterable[Fault]) -> None:
    """Raise Problem 50035 when there is any fault."""
    found = list(faults)
    if found:
        raise invalid_form(found)


def check(body: Any, table: tuple[Limit, ...], prefix: Path = ()) -> None:
    """Hold a body against a table, its JSON types first. Raises Problem 50035."""
    refuse(misfits(body, table, prefix))
    refuse(faults_in(body, table, prefix))


def checked_query(query: Mapping[str, str], table: tuple[Limit, ...]) -> Payload:
    """Return a request's query with its whole numbers as such. Raises Problem 50035."""
    fields = {name: int(text) if text.removeprefix("-").isdecimal() else text for name, text in query.items()}
    check(fields, table)
    return fields


def check_message(
    body: Payload, files: Mapping[str, StoredFile], *, before: Payload | None = None, prefix: Path = ()
) -> None:
    """Check a message, or an edit of `before`. Raises Problem 50035 or 50006."""
    refuse(message_faults(body, [file.name for file in files.values()], before or {}, prefix))
    whole = (before or {}) | body
    shown = ("content", "embeds", "components", "attachments", "sticker_ids", "poll")
    says = {name: whole.get(name) for name in shown} | {"content": str(whole.get("content") or "").strip()}
    if not files and not any(says.values()):
        raise Problem(50006)


def check_modal(data: Payload) -> None:
    """Check a modal. Raises Problem 50035."""
    refuse(modal_faults(data, ("data",)))


def check_commands(commands: list[Payload]) -> None:
    """Check all commands of one place. Raises Problem 50035."""
    refuse(command_faults(commands))


def check_command(command: Payload, others: list[Payload]) -> None:
    """Check one command that is to stand beside others. Raises Problem 50035."""
    found = command_faults([*others, command])
    refuse(replace(one, path=one.path[1:]) for one in found if one.path[:1] in ((), (len(others),)))


def check_choices(data: Payload) -> None:
    """Check the choices that answer an autocomplete. Raises Problem 50035."""
    check(data, limits.CHOICES, ("data",))


def check_thread(body: Payload) -> None:
    """Check a new thread. Raises Problem 50035."""
    check(body, limits.THREAD)


def check_channel(body: Payload, *, is_forum: bool) -> None:
    """Check an edit of a channel or a thread; a forum's topic, its guidelines, may be longer. Raises Problem 50035."""
    longer = Limit("topic", limits.FORUM_TOPIC_MAX)
    check(body, tuple(longer if is_forum and one.path == "topic" else one for one in limits.CHANNEL))
