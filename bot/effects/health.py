"""Counts failures in a row of each outside system, and tells Ops once when it is down and when it is back."""

from bot.app import App
from bot.errors import Upstream
from bot.services import incidents

TELL_AFTER = 3
"""Failures in a row before Ops are told; one that trying again cannot mend is told at once."""


async def failed(app: App, error: Upstream) -> None:
    """Note a failure of a system."""
    count = app.troubles.get(error.system, 0) + 1
    app.troubles[error.system] = count
    if count == TELL_AFTER or (not error.retryable and count < TELL_AFTER):
        await incidents.outage(app.desk, error.system, error.message)


async def answered(app: App, system: str) -> None:
    """Note that a system answered; an outage that was told of is over."""
    if app.troubles.pop(system, 0):
        await incidents.recovered(app.desk, system)
