"""Rows as Azure ML takes and stores them: a scoring request from an input example, and tables from collected events."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from bot.errors import Upstream
from bot.ports import Collected

Row: TypeAlias = dict[str, Any]

EXAMPLE = re.compile(r"^saved_input_example_info:\n(?P<block>(?:[ \t]+.*\n?)+)", re.MULTILINE)
EXAMPLE_PATH = re.compile(r"^\s+artifact_path:\s*['\"]?(?P<path>[^'\"\n]+?)['\"]?\s*$", re.MULTILINE)
SCALAR_COLUMN = "prediction"


def scoring_request(directory: Path) -> Mapping[str, Any]:
    """Return the model's input example as a scoring request: Azure ML's key is `input_data`, not MLflow's.

    Raises:
        Upstream: the model has no example, or one in no form of a table.
    """
    example = _example(directory)
    if isinstance(example, dict):
        example = example.get("dataframe_split", example.get("dataframe_records", example))
    if isinstance(example, dict) and "columns" in example and "data" in example:
        index = example.get("index", list(range(len(example["data"]))))
        return {"input_data": {"columns": example["columns"], "index": index, "data": example["data"]}}
    if isinstance(example, list) and example and isinstance(example[0], dict):
        return {"input_data": example}
    raise Upstream("azure", f"the input example of {directory.name} is not a table", retryable=False)


def _example(directory: Path) -> Any:
    try:
        block = EXAMPLE.search((directory / "MLmodel").read_text(encoding="utf-8"))
        path = EXAMPLE_PATH.search(block["block"]) if block else None
        if path is None:
            raise Upstream("azure", f"the model in {directory.name} has no input example to send", retryable=False)
        return json.loads((directory / path["path"]).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Upstream("azure", f"the input example of {directory.name}: {error}", retryable=False) from error


@dataclass
class Pairs:
    """Joins collected requests with their responses, fed with the events of one hour after another, newest first."""

    since: datetime
    limit: int
    inputs: list[Row] = field(default_factory=list)
    outputs: list[Row] = field(default_factory=list)
    _answers: dict[str, Any] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Tell whether there are as many rows as were asked for."""
        return len(self.inputs) >= self.limit

    def add(self, requests: Iterable[str], responses: Iterable[str]) -> None:
        """Add an hour's lines. An answer may lie in the hour after its request, so answers are kept."""
        for event in _events(responses):
            self._answers[event["correlationid"]] = event["data"]
        asked = sorted(_events(requests), key=_time, reverse=True)
        for event in asked:
            if self.is_full or _time(event) < self.since.replace(microsecond=0):  # events are stored by the second
                return
            self._pair(_rows(_inner(event["data"])), _rows(self._answers.pop(event["correlationid"], None)))

    def _pair(self, inputs: list[Row], outputs: list[Row]) -> None:
        if len(inputs) != len(outputs):  # a failed request, or one that is not a table
            return
        self.inputs += inputs
        self.outputs += outputs

    def collected(self) -> Collected:
        """Return what was joined."""
        return Collected(inputs=tuple(self.inputs[: self.limit]), outputs=tuple(self.outputs[: self.limit]))


def _events(lines: Iterable[str]) -> Iterator[Row]:
    """Yield events whose body is in the line; a torn line, or a body that is too large to stand there, is left out."""
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and {"correlationid", "time", "data"} <= event.keys() and "datainblob" not in event:
            yield event


def _time(event: Row) -> datetime:
    return datetime.fromisoformat(event["time"])


def _inner(document: Any) -> Any:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return None
    return document.get("input_data", document) if isinstance(document, dict) else document


def _rows(table: Any) -> list[Row]:
    """Return a table's rows by column: from split form, records or a list of numbers; nothing for anything else."""
    if isinstance(table, str):
        try:
            table = json.loads(table)
        except ValueError:
            return []
    match table:
        case {"columns": list(columns), "data": list(data)}:
            return [dict(zip(columns, row, strict=False)) for row in data if isinstance(row, list)]
        case {"predictions": list(predictions)}:
            return _rows(predictions)
        case [dict(), *_]:
            return [row for row in table if isinstance(row, dict)]
        case list():
            return [{SCALAR_COLUMN: value} for value in table]
    return []
