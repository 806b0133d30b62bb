"""What a run leaves behind, checked: result.json, lines of progress.jsonl, the log's text."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from bot.core.text import clip
from bot.errors import BadResult
from bot.ports import FolderHash, Result
from bot.things.run.readings import Progress

FORMAT = 1
MOST = 2**53
"""Of what is counted: beyond it a float cannot tell one number from the next."""
MOST_MEASURES, MOST_EPOCHS, LONGEST_NAME = 1000, 20_000, 200
"""Of one table of numbers, of a curve's rows, and of a measure's name: beyond it nobody looks at them, and cards and
MLflow would stand still."""
SHOWN = 60
"""Characters of a value that is not what it should be."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def parse_result(text: str) -> Result:
    """Return the result that stands in result.json.

    Raises:
        BadResult: it is torn, of another format, or a value is not what it should be; said by name.
    """
    try:
        table = json.loads(text, parse_constant=_not_json)
    except (ValueError, RecursionError) as error:  # RecursionError: nested too deep to be read
        raise BadResult(f"result.json is torn or not JSON: {error}") from error
    if not isinstance(table, dict):
        raise BadResult("result.json is not a table")
    if table.get("format") != FORMAT:
        raise BadResult(f"result.json has format {table.get('format')!r}; this version reads {FORMAT}")
    digest = table.get("digest")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise BadResult("digest in result.json is not a SHA-256 in hex")
    curve = table.get("curve")
    if not isinstance(curve, list):
        raise BadResult("curve in result.json is not a list")
    if len(curve) > MOST_EPOCHS:
        raise BadResult(f"curve in result.json has {len(curve)} rows; write at most {MOST_EPOCHS}, one for each epoch")
    return Result(
        metrics=_numbers(table.get("metrics"), "metrics"),
        parameter_count=_count(table, "parameter_count"),
        digest=digest,
        test_rows=_count(table, "test_rows"),
        curve=tuple(_numbers(row, f"row {number} of curve") for number, row in enumerate(curve, 1)),
        fingerprint=fingerprint if isinstance(fingerprint := table.get("fingerprint"), dict) else {},
    )


def parse_folder(text: str) -> FolderHash | None:
    """Return what the job script noted of the folder that own code ran in, or None where it noted nothing."""
    said = clip(" ".join(_CONTROLS.sub(" ", text).split()), 2 * SHOWN)
    if not said:
        return None
    return FolderHash(said) if _DIGEST.fullmatch(said) else FolderHash(complaint=said)


def _not_json(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


def _numbers(table: object, where: str) -> Mapping[str, float]:
    if not isinstance(table, dict) or not table:
        raise BadResult(f"{where} in result.json is not a table of numbers")
    if len(table) > MOST_MEASURES:
        raise BadResult(f"{where} in result.json has {len(table)} numbers; write at most {MOST_MEASURES}")
    for name, value in table.items():
        if len(name) > LONGEST_NAME:
            said = clip(name, SHOWN)
            raise BadResult(f"{where} in result.json: the name {said} has more than {LONGEST_NAME} characters")
        if not _is_number(value):
            raise BadResult(f"{where} in result.json: {name} is {clip(repr(value), SHOWN)}, not a number")
    return {name: float(value) for name, value in table.items()}


def _count(table: Mapping[str, object], name: str) -> int:
    value = table.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise BadResult(f"{name} in result.json is {clip(repr(value), SHOWN)}, not a count")
    return value


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond any float
        return False


def parse_progress(line: str) -> Progress | None:
    """Return the line's progress, or None when the line is torn or of another form."""
    try:
        table = json.loads(line)
        progress = Progress(
            epoch=int(table["epoch"]),
            epochs=int(table["epochs"]),
            loss=float(table["loss"]),
            metric=str(table["metric"]),
            value=float(table["value"]),
            elapsed_s=float(table["elapsed_s"]),
            left_s=_optional(table, "left_s"),
            gpu_memory_gib=_optional(table, "gpu_memory_gib"),
            gpu_memory_total_gib=_optional(table, "gpu_memory_total_gib"),
            gpu_share=_optional(table, "gpu_share"),
            rows_per_s=_optional(table, "rows_per_s"),
            memory_gib=_optional(table, "memory_gib"),
        )
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return None
    numbers = (progress.loss, progress.value, progress.elapsed_s, progress.left_s)
    used = (progress.gpu_memory_gib, progress.gpu_memory_total_gib, progress.gpu_share, progress.memory_gib)
    is_whole = max(abs(progress.epoch), abs(progress.epochs)) <= MOST
    is_finite = all(math.isfinite(number or 0.0) for number in (*numbers, *used, progress.rows_per_s))
    return progress if is_whole and is_finite else None


def has_diverged(line: str) -> bool:
    """Tell whether it is a line of progress whose loss or measure is NaN or infinite."""
    try:
        table = json.loads(line)
        return not all(math.isfinite(float(table[name])) for name in ("loss", "value"))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return False


def _optional(table: Mapping[str, Any], name: str) -> float | None:
    return None if table.get(name) is None else float(table[name])


def parse_curve(text: str) -> tuple[Mapping[str, float], ...]:
    """Return the last whole line of each epoch in progress.jsonl: epoch, loss, and its measure; later lines count."""
    rows: dict[int, Mapping[str, float]] = {}
    for line in text.split("\n"):
        progress = parse_progress(line)
        if progress is not None:
            told = {"epoch": float(progress.epoch), "loss": progress.loss}
            rows[progress.epoch] = {**told, progress.metric: progress.value, **told}  # whatever the measure is called
    return tuple(rows[epoch] for epoch in sorted(rows))


def clean_log(raw: bytes, *, lines: int) -> str:
    """Return the last lines as plain text: lenient UTF-8, no escapes or controls, of a redrawn line its last state."""
    text = _ESCAPES.sub("", raw.decode("utf-8", "replace")).replace("\r\n", "\n")
    shown = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    clean = [_CONTROLS.sub("", line).rstrip() for line in shown]
    while clean and not clean[-1]:
        clean.pop()
    return "\n".join(clean[-lines:] if lines > 0 else [])
