"""Discord as the chat: posts each card once under an enforced nonce, and edits it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import aiohttp
import discord

from bot.config import Channels
from bot.core.cards import Card
from bot.errors import NeedsMending, Upstream
from bot.layout import files_of, number_of, view_of
from bot.ports import Gone

UNKNOWN_MESSAGE = 10008
THREAD_IS_ARCHIVED = 50083
TOO_MANY_OLD_EDITS = 30046
"""Of messages that are older than an hour Discord takes few edits; how few it does not say."""
OLD_AFTER = timedelta(hours=1)
LOOK_BACK = 200
"""Messages of a channel, the newest first, among which one is sought that may have been posted before."""
ANSWER_LIMIT_S = 30.0
"""Of one request, from its turn on: the next ones in line must have theirs before whoever sent them gives up."""
_FORUM = "takes no messages, as a forum does not; put a text channel's id"
UNFIT = {
    50008: _FORUM,
    50024: _FORUM,
    THREAD_IS_ARCHIVED: "is a thread that is archived and locked; unlock it, or put another channel's id",
}
"""What is wrong with a channel that Discord refuses so, and the way out."""


class DiscordChat:
    """Fills `bot.ports.Chat` with a client that may still be connecting."""

    def __init__(self, client: discord.Client, channels: Channels) -> None:
        self._client = client
        self._channels = channels
        self._turns: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)
        """One for each of Discord's buckets, by what is done and where: of requests side by side discord.py lets more
        through than are left, and Discord answers these with 429."""

    async def post(self, channel: str, card: Card, *, nonce: str, is_again: bool = False) -> str:
        """Post once under the nonce and return the message id; when posting again, look first whether it is there."""
        place = self._place(channel)
        mentions = discord.AllowedMentions(users=[discord.Object(person) for person in card.mentions])
        with _translating(channel):
            if is_again and (found := await self._found(place, card.mark)):
                return found
            async with self._turn("post", place):
                message = await place.send(
                    view=view_of(card), files=files_of(card), nonce=nonce, allowed_mentions=mentions
                )
        return str(message.id)

    async def edit(self, channel: str, message: str, card: Card) -> None:
        """Replace the message's content, also in a thread that was archived.

        Raises:
            Gone: it was deleted, or is so old that Discord takes no more edits, and has been taken away for a new one.
        """
        place = self._place(channel)
        shown = place.get_partial_message(int(message))
        with _translating(channel):
            async with self._turn("edit", place):
                try:
                    await shown.edit(view=view_of(card), attachments=files_of(card))
                except (discord.RateLimited, discord.HTTPException) as error:
                    if _is_too_old(shown, error):
                        await shown.delete()
                        raise Gone from error
                    if isinstance(error, discord.RateLimited) or error.code != THREAD_IS_ARCHIVED:
                        raise
                    await self._reopen(place.id)
                    await shown.edit(view=view_of(card), attachments=files_of(card))

    @asynccontextmanager
    async def _turn(self, deed: str, place: discord.PartialMessageable) -> AsyncIterator[None]:
        """Wait for the turn in the line of this bucket, and hold it no longer than a request may take."""
        async with self._turns[deed, place.id], asyncio.timeout(ANSWER_LIMIT_S):
            yield

    async def _found(self, place: discord.PartialMessageable, mark: str) -> str | None:
        """Return the id of our message that bears the mark, among the newest of the channel."""
        async with self._turn("look", place):
            async for message in place.history(limit=LOOK_BACK):
                marks = [one.id for one in message.components if isinstance(one, discord.Container)]
                if message.author == self._client.user and number_of(mark) in marks:
                    return str(message.id)
        return None

    async def _reopen(self, thread_id: int) -> None:
        """Open an archived thread again, as a new message would by itself and an edit does not."""
        thread = await self._client.fetch_channel(thread_id)
        if isinstance(thread, discord.Thread) and not thread.locked:
            await thread.edit(archived=False)

    def _place(self, channel: str) -> discord.PartialMessageable:
        if self._client.user is None or self._client.is_closed():
            raise Upstream("discord", "the bot is not connected to it", retryable=True)
        return self._client.get_partial_messageable(int(getattr(self._channels, channel)))


def _is_too_old(message: discord.PartialMessage, error: discord.RateLimited | discord.HTTPException) -> bool:
    """Tell whether Discord refuses an edit for the message's age: by its code, or by a wait that no other limit has."""
    if isinstance(error, discord.HTTPException):
        return error.code == TOO_MANY_OLD_EDITS
    return discord.utils.utcnow() - message.created_at > OLD_AFTER


@contextmanager
def _translating(channel: str) -> Iterator[None]:
    try:
        yield
    except discord.NotFound as error:
        if error.code == UNKNOWN_MESSAGE:
            raise Gone from error
        raise NeedsMending(
            f"discord.channels.{channel}",
            f"the channel `{channel}` of the config is not there ({error.code}); put the id of an existing channel",
        ) from error
    except discord.Forbidden as error:
        raise NeedsMending(
            f"discord.channels.{channel}",
            f"the bot may not post in the channel `{channel}` ({error.text}); "
            "give its role View Channel, Read Message History, Send Messages (in a thread, Send Messages in Threads) "
            "and Attach Files there",
        ) from error
    except discord.HTTPException as error:
        if error.code not in UNFIT:
            raise _unreached(error) from error
        said = f"the channel `{channel}` of the config {UNFIT[error.code]}"
        raise NeedsMending(f"discord.channels.{channel}", said) from error
    except TimeoutError as error:
        raise Upstream("discord", f"no answer within {ANSWER_LIMIT_S:g} s", retryable=True) from error
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        raise _unreached(error) from error


def _unreached(error: Exception) -> Upstream:
    return Upstream("discord", f"{type(error).__name__}: {error}", retryable=True)
