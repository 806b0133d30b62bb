"""How a limit is checked: paths into a body, types, lengths, ranges, and Discord's names for what is wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.discord.kinds import LIST, OBJECT, Kind, Path
from sandbox.discord.problems import Fault
from sandbox.discord.wire import Payload


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of a table: a place, and how long, how many or how much may stand there."""

    path: str
    """As in `embeds[].fields[].name`; `[]` is every item of a list, `{}` every value of an object."""
    most: int | None = None
    """Characters of a text, items of a list, or the value of a number."""
    least: int | None = None
    is_required: bool = False
    allowed: tuple[int | str, ...] = ()
    only: type | tuple[type, ...] = object
    """The limit is for values of this type; others pass."""
    kind: Kind | None = None
    """The JSON type that must stand there."""


def required(path: str, most: int | None = None, least: int | None = None, *, kind: Kind | None = None) -> Limit:
    """Return a limit on something that must be there."""
    return Limit(path, most, least, is_required=True, kind=kind)


def typed(kind: Kind, *paths: str) -> tuple[Limit, ...]:
    """Return rows that say of these places no more than what type stands there."""
    return tuple(Limit(path, kind=kind) for path in paths)


def places(body: Any, steps: list[str], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every place that the steps lead to, with its value, or None where an object lacks the last step."""
    if not steps:
        yield path, body
        return
    name, rest = steps[0], steps[1:]
    if name == "[]":
        if isinstance(body, list):
            for number, item in enumerate(body):
                yield from places(item, rest, (*path, number))
    elif name == "{}":
        for key, item in body.items() if isinstance(body, dict) else ():
            yield from places(item, rest, (*path, key))
    elif isinstance(body, dict):
        yield from places(body.get(name), rest, (*path, name)) if name in body or not rest else ()


def steps_of(path: str) -> list[str]:
    """Return the steps of a path, as in `["embeds", "[]", "title"]`."""
    return path.replace("[]", ".[]").lstrip(".").split(".")


def misfits(body: Any, table: Iterable[Limit], prefix: Path = ()) -> Iterator[Fault]:
    """Yield every place where another JSON type stands than the table names, or than its paths lead through."""
    found: dict[Path, Fault] = {}
    for limit in table:
        for path, value, kind in _stations(body, steps_of(limit.path), limit.kind):
            is_due = value is not None or (path != () and isinstance(path[-1], int))
            if is_due and kind is not None and not kind.fits(value):
                found.setdefault(path, kind.fault((*prefix, *path), value))
    yield from found.values()


def _stations(
    body: Any, steps: list[str], kind: Kind | None, path: Path = ()
) -> Iterator[tuple[Path, Any, Kind | None]]:
    """Yield every place on the way with its value and the type that is due there."""
    if not steps:
        yield path, body, kind
        return
    name, rest = steps[0], steps[1:]
    yield path, body, LIST if name == "[]" else OBJECT
    inner: Iterable[tuple[str | int, Any]] = ()
    if name == "[]" and isinstance(body, list):
        inner = enumerate(body)
    elif name != "[]" and isinstance(body, dict):
        inner = body.items() if name == "{}" else [(name, body.get(name))]
    for step, value in inner:
        yield from _stations(value, rest, kind, (*path, step))


def faults_in(body: Payload, table: Iterable[Limit], prefix: Path = ()) -> Iterator[Fault]:
    """Yield what the body has against the table."""
    for limit in table:
        for path, value in places(body, steps_of(limit.path)):
            fault = _fault(limit, value, (*prefix, *path))
            if fault is not None:
                yield fault


def _fault(limit: Limit, value: Any, path: Path) -> Fault | None:
    if value is None:
        return Fault(path, "BASE_TYPE_REQUIRED", "This field is required") if limit.is_required else None
    if limit.allowed and value not in limit.allowed:
        return Fault(path, "BASE_TYPE_CHOICES", f"Value must be one of {limit.allowed}.")
    if isinstance(value, bool) or not isinstance(value, limit.only):
        return None
    if isinstance(value, int | float):
        return _out_of_range(limit, value, path)
    if isinstance(value, str | list | dict):
        return _out_of_length(limit, len(value), path)
    return None


def _out_of_range(limit: Limit, value: float, path: Path) -> Fault | None:
    if limit.most is not None and value > limit.most:
        return Fault(path, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {limit.most}.")
    if limit.least is not None and value < limit.least:
        return Fault(path, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {limit.least}.")
    return None


def _out_of_length(limit: Limit, length: int, path: Path) -> Fault | None:
    is_short = limit.least is not None and length < limit.least
    is_long = limit.most is not None and length > limit.most
    if is_short and length == 0:
        return Fault(path, "BASE_TYPE_REQUIRED", "This field is required")
    if limit.least and limit.most and (is_short or is_long):
        return Fault(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {limit.least} and {limit.most} in length.")
    if is_long:
        return Fault(path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit.most} or fewer in length.")
    if is_short:
        return Fault(path, "BASE_TYPE_MIN_LENGTH", f"Must be {limit.least} or more in length.")
    return None


def repeated(values: Iterable[tuple[Path, Any]]) -> Iterator[Path]:
    """Yield the path of every value that stood somewhere before."""
    seen = set()
    for path, value in values:
        if value in seen:
            yield path
        seen.add(value)
