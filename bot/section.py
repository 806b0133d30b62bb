"""A table that people write as TOML: an unknown key is an error, and what is wrong is said by name."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

TAG = "<"
"""Begins the names by which alternatives of a table are told apart; they are in no file, and so in no sentence."""


class Section(BaseModel):
    """A table of a file."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Wrong(ValueError):
    """What a check of ours finds wrong with a table, as data."""

    def __init__(self, said: object) -> None:
        super().__init__(str(said))
        self.said = said


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a table."""

    key: str
    """Where, as in `retry.limit`; empty for the table as a whole."""
    said: object
    """What, as a check of ours says it, or in pydantic's English; None for a key that there is none of."""


def problems(error: ValidationError) -> Iterator[Problem]:
    """Yield what is wrong, key by key."""
    for one in error.errors():
        key = ".".join(str(part) for part in one["loc"] if not str(part).startswith(TAG))
        ours = one.get("ctx", {}).get("error")
        said = ours.said if isinstance(ours, Wrong) else one["msg"]
        yield Problem(key, None if one["type"] == "extra_forbidden" else said)


def sentences(error: ValidationError, *, unknown: str) -> list[str]:
    """Return what is wrong, a sentence for each key; `unknown` says where the known ones are written down."""
    lines = []
    for problem in problems(error):
        said = f"no such setting; see {unknown}" if problem.said is None else str(problem.said)
        lines.append(f"{problem.key}: {said}" if problem.key else said)
    return lines
