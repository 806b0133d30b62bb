"""The checks that a bot's messages, modals, commands, choices and threads go through before anything happens."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sandbox.discord import limits
from sandbox.discord.checking import Path, faults_in
from sandbox.discord.command_rules import command_faults
from sandbox.discord.problems import Fault, Problem, invalid_form
from sandbox.discord.rules import message_faults, modal_faults
from sandbox.discord.wire import Payload
from sandbox.discord.world import StoredFile


def refuse(faults: Iterator[Fault]) -> None:
    """Raise Problem 50035 when there is any fault."""
    found = list(faults)
    if found:
        raise invalid_form(found)


def check_message(
    body: Payload, files: Mapping[str, StoredFile], *, before: Payload | None = None, prefix: Path = ()
) -> None:
    """Check a message, or an edit of `before`. Raises Problem 50035 or 50006."""
    refuse(message_faults(body, [file.name for file in files.values()], before or {}, prefix))
    whole = (before or {}) | body
    shown = ("content", "embeds", "components", "attachments", "sticker_ids", "poll")
    if not files and not any(whole.get(name) for name in shown):
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
    refuse(faults_in(data, limits.CHOICES, ("data",)))


def check_thread(body: Payload) -> None:
    """Check a new thread. Raises Problem 50035."""
    refuse(faults_in(body, limits.THREAD))
