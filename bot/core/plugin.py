"""Plugin: all that a distribution may bring. The bot itself is the first one."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from bot.core.flow import Flow
from bot.core.judging import Judge, Measure
from bot.core.kind import ThingKind
from bot.errors import Misconfigured

GROUP = "slipway.plugins"
"""Entry points by which an installed distribution names its plugins: `tickets = "tickets:PLUGIN"`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """What is brought. Cogs, effects and jobs are named: they are imported when the bot starts, the rest before."""

    name: str
    kinds: tuple[ThingKind, ...] = ()
    flows: tuple[Flow, ...] = ()
    checks: tuple[Judge, ...] = ()
    """Of audits."""
    measures: tuple[Measure, ...] = ()
    """Of monitors."""
    cogs: tuple[str, ...] = ()
    """Modules with `setup(client)`: command groups and buttons."""
    effects: tuple[str, ...] = ()
    """Modules with `HANDLERS`, one for each effect that the kinds call for."""
    jobs: tuple[str, ...] = ()
    """Modules with `interval(settings)` and `tick(app)`, or `begun(app)` that returns what is called then, for those
    that keep something between two calls."""
    locales: Path | None = None
    """Folder of catalogues, `<language>/LC_MESSAGES/slipway.mo`."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A plugin and where it is from."""

    plugin: Plugin
    version: str
    distribution: str


def installed() -> tuple[Installed, ...]:
    """Return the plugins of installed distributions, by name.

    Raises:
        Misconfigured: one cannot be loaded, is no plugin, or has another's name.
    """
    found: dict[str, Installed] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        origin = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
        try:
            plugin = point.load()
        except Exception as error:  # a plugin may fail in any way, and its name must be told
            raise Misconfigured(f"plugin {point.name} of {origin} cannot be loaded: {error!r}") from error
        if not isinstance(plugin, Plugin):
            raise Misconfigured(f"plugin {point.name} of {origin} is a {type(plugin).__name__} and no Plugin")
        if plugin.name in found:
            raise Misconfigured(f"two plugins are called {plugin.name}; the second is of {origin}")
        of = point.dist
        found[plugin.name] = Installed(plugin, of.version if of else "", of.name if of else point.value)
    return tuple(found.values())


def must_be_told_apart(kinds: Iterable[ThingKind]) -> None:
    """Raise Misconfigured when two kinds have an event or an effect of the same name: both are stored by it."""
    taken: dict[str, ThingKind] = {}
    for kind in kinds:
        for name in (*(event.value for event in kind.events), *(effect.value for effect in kind.gives_up)):
            other = taken.setdefault(name, kind)
            if other is not kind:
                raise Misconfigured(f"{kind.kind.name} and {other.kind.name} both have {name}")
