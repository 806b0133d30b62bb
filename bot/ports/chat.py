"""The chat: where people are."""

from typing import Protocol

from bot.core.cards import Card


class Gone(Exception):  # it is news, not an error
    """The message that was to be edited has been deleted."""


class Chat(Protocol):
    """Where people are."""

    async def post(self, channel: str, card: Card, *, nonce: str, is_again: bool = False) -> str:
        """Post once under the nonce (25 characters at most) in the channel of that name and return the message id.

        The chat knows a nonce for minutes only. Who posts again, because an earlier try may have come through, says so:
        then a message that bears the card's mark already is returned as it stands.
        """
        ...

    async def edit(self, channel: str, message: str, card: Card) -> None:
        """Replace the message's content. Raises Gone when it was deleted."""
        ...
