"""Discord's limits on what a bot sends."""

from collections.abc import Mapping

from sandbox.discord.wire import Payload
from sandbox.discord.world import StoredFile


def check_message(
    body: Payload, files: Mapping[str, StoredFile], *, before: Payload | None = None, prefix: tuple[str, ...] = ()
) -> None:
    """Check a message."""


def check_commands(commands: list[Payload]) -> None:
    """Check all commands."""


def check_modal(data: Payload) -> None:
    """Check a modal."""


def check_choices(data: Payload) -> None:
    """Check autocomplete choices."""


def check_thread(body: Payload) -> None:
    """Check a thread."""
