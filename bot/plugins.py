"""All plugins, gathered: the bot's own and those of installed distributions."""

import pkgutil
from collections.abc import Mapping
from types import ModuleType

import cogs
import jobs
from bot import __version__
from bot.core.flow import Flow, by_event
from bot.core.kind import Event
from bot.core.plugin import Installed, Plugin
from bot.core.record import Clock, Record, utc_now
from bot.core.store import Store
from bot.core.values import Duty
from bot.flows import audit, evaluation, model
from bot.languages import OWN_CATALOGUES
from bot.lifecycle import DUTIES, INSTALLED, OWN_KINDS, RULES
from bot.things.audit.checks import CHECKS
from bot.things.monitor.measures import MEASURES


def modules_of(package: ModuleType) -> tuple[str, ...]:
    """Return the modules of a folder, without those whose name begins with `_`."""
    names = (module.name for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."))
    return tuple(name for name in names if not name.rpartition(".")[2].startswith("_"))


def flows_of(*modules: ModuleType) -> tuple[Flow, ...]:
    """Return the flows that stand in modules."""
    return tuple(one for module in modules for one in vars(module).values() if isinstance(one, Flow))


OWN = Plugin(
    name="slipway",
    kinds=OWN_KINDS,
    flows=(
        *flows_of(model, evaluation),
        audit.audited_by((*CHECKS, *(check for one in INSTALLED for check in one.plugin.checks))),
    ),
    checks=CHECKS,
    measures=MEASURES,
    cogs=modules_of(cogs),
    jobs=modules_of(jobs),
    locales=OWN_CATALOGUES,
)
PLUGINS = (Installed(OWN, __version__, "slipway"), *INSTALLED)
COGS = tuple(name for one in PLUGINS for name in one.plugin.cogs)
JOBS = tuple(name for one in PLUGINS for name in one.plugin.jobs)
CATALOGUES = tuple(one.plugin.locales for one in PLUGINS if one.plugin.locales)
FLOWS = by_event(flow for one in PLUGINS for flow in one.plugin.flows)


def record_of(store: Store, *, duties: Mapping[Event, frozenset[Duty]] = DUTIES, now: Clock = utc_now) -> Record:
    """Return the record of all kinds on a store."""
    return Record(store, RULES, duties, FLOWS, now)
