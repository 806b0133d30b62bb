"""How a limit is checked: paths into a body, lengths, ranges, and Discord's names for what is wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.discord.problems import Fault
from sandbox.discord.wire import Payload

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of a table: a place, and how long, how many or how much may stand there."""

    path: str
    """As in `embeds[].fields[].name`; `[]` is every item."""
    most: int | None = None
    """Characters of a text, items of a list, or the value of a number."""
    least: int | None = None
    is_required: bool = False
    allowed: tuple[int | str, ...] = ()
    only: type = object
    """The limit is for values of this type; others pass."""


def required(path: str, most: int | None = None, least: int | None = None) -> Limit:
    """Return a limit on something that must be there."""
    return Limit(path, most, least, is_required=True)


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
    elif isinstance(body, dict):
        yield from places(body.get(name), rest, (*path, name)) if name in body or not rest else ()


def steps_of(path: str) -> list[str]:
    """Return the steps of a path, as in `["embeds", "[]", "title"]`."""
    return path.replace("[]", ".[]").lstrip(".").split(".")


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
