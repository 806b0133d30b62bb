"""Knows which work fails for which outside system, and tells Ops once when a system is down and when it is back.

A system is down while any work for it fails: that the cluster answers a question says nothing about its full disk.
"""

from dataclasses import replace
from datetime import timedelta

from bot.app import App, Outage
from bot.errors import Upstream
from bot.services import incidents
from bot.things.incident.subjects import of_outage

PROBED = ("cluster", "accounting", "mlflow", "azure", "database", "discord", "data directory")
"""Systems that somebody asks, or that tell by themselves, whether they answer again."""
TELL_AFTER = 3
"""Failures of one work in a row before Ops are told; one that trying again cannot mend is told at once."""
TELL_AFTER_TIME = timedelta(seconds=5)
"""Two failures this far apart are told as well: some systems need long to fail."""


MEASURING = ("meter", "evidently")
"""Systems of which only the next measurement shows whether they work again."""


def writing_in(channel: str) -> str:
    """Return the name of the work that shows whether a channel can be written in."""
    return f"writing in {channel}"


def probe_of(system: str) -> str:
    """Return the name of the work that asks a system that failed whether it answers again."""
    return f"probe of {system}"


async def failed(app: App, error: Upstream, *, work: str) -> None:
    """Note that a work failed for a system; whatever else it had failed for has answered."""
    await answered(app, work, but=error.system)
    works = app.outages.setdefault(error.system, {})
    now = app.record.now()
    trouble = works.get(work) or Outage(since=now, count=0)
    trouble = replace(trouble, count=trouble.count + 1)
    is_lasting = trouble.count > 1 and now - trouble.since >= TELL_AFTER_TIME
    must_tell = trouble.count >= TELL_AFTER or is_lasting or not error.retryable
    works[work] = replace(trouble, is_told=trouble.is_told or must_tell)
    if must_tell and not trouble.is_told:
        await incidents.outage(app.record, error.system, error.message)


async def answered(app: App, work: str, *, but: str = "") -> None:
    """Note that a work was done; when it was the last that failed for a system, the outage is over."""
    for system in [system for system, works in app.outages.items() if work in works and system != but]:
        works = app.outages[system]
        if works.keys() == {work}:
            await incidents.recovered(app.record, of_outage(system))
        works.pop(work, None)
        if not works:
            app.outages.pop(system, None)


def ended(app: App, work: str) -> None:
    """Note that a work will not be tried again although its system has not answered: from now on the probe decides."""
    for system, works in app.outages.items():
        trouble = works.pop(work, None)
        if trouble is not None:
            works.setdefault(probe_of(system), trouble)


async def recall(app: App) -> None:
    """Take up the outages that Ops were told of before a restart, with the work whose success will end each."""
    ended_by = {system: probe_of(system) for system in (*PROBED, *MEASURING)}
    ended_by |= {
        f"discord.channels.{name}": writing_in(name) for name in type(app.settings.discord.channels).model_fields
    }
    for system in await incidents.outages(app.store, systems=ended_by):
        app.outages[system] = {ended_by[system]: Outage(since=app.record.now(), count=TELL_AFTER, is_told=True)}
