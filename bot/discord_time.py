"""Discord's time, as its own answers tell it: this machine's clock may be wrong, and Discord waits by its own."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import aiohttp
from discord.utils import snowflake_time

WAITS = timedelta(seconds=3)
"""So long Discord waits for the first answer. Source: docs.discord.com, Receiving and Responding to Interactions."""
REMEMBERED = 20
"""Answers: what a clock was before it was set tells nothing."""


class DiscordTime:
    """How far Discord's clock is ahead of ours, at least: an answer's date has whole seconds and travelled for a while.

    So what is taken for given up is given up; what was given up just now may be taken for alive.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._ahead: deque[timedelta] = deque(maxlen=REMEMBERED)

    def trace(self) -> aiohttp.TraceConfig:
        """Return what has aiohttp show each answer."""
        config = aiohttp.TraceConfig()
        config.on_request_end.append(self._answered)
        return config

    def told(self, date: str) -> None:
        """Note what an answer's `Date` says; one that cannot be read says nothing."""
        try:
            at = parsedate_to_datetime(date)
        except ValueError:
            return
        if at.tzinfo is not None:
            self._ahead.append(at - self._now())

    def has_given_up(self, interaction: int) -> bool:
        """Tell whether Discord waits no more for the first answer to an interaction, by its id."""
        if not self._ahead:
            return False
        return self._now() + max(self._ahead) - snowflake_time(interaction) > WAITS

    async def _answered(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        self.told(params.response.headers.get("Date", ""))
