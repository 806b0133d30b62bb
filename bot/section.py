"""A table that people write as TOML: an unknown key is an error, and what is wrong is said by name."""

from pydantic import BaseModel, ConfigDict, ValidationError

TAG = "<"
"""Begins the names by which alternatives of a table are told apart; they are in no file, and so in no sentence."""


class Section(BaseModel):
    """A table of a file."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def sentences(error: ValidationError, *, unknown: str) -> list[str]:
    """Return what is wrong, a sentence for each key; `unknown` says where the known ones are written down."""
    lines = []
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"] if not str(part).startswith(TAG))
        said = f"no such setting; see {unknown}" if problem["type"] == "extra_forbidden" else problem["msg"]
        lines.append(f"{name}: {said}" if name else said)
    return lines
