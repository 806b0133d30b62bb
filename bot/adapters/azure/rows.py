"""Rows as Azure ML takes and stores them: a scoring request from an input example, and tables from collected events."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from bot.errors import Refused
from bot.ports import Collected
from bot.services.model_files import describe

Row: TypeAlias = dict[str, Any]

SCALAR_COLUMN = "prediction"


def scoring_request(directory: Path) -> Mapping[str, Any]:
    """Return the model's input example as a scoring request: Azure ML's key is `input_data`, not MLflow's.

    Its form is split, with an index: Azure's server takes no records, and without an index it takes tensors.

    Raises:
        Refused: the model has no example, or one in no form of a table.
    """
    example = describe(directory).example
    if example is None or not example.rows:
        raise Refused(f"The model in {directory.name} has no input example that is a table; train and audit anew.")
    index = list(range(len(example.rows)))
    return {"input_data": {"columns": example.columns, "index": index, "data": example.rows}}


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
