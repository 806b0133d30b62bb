"""The rows that a served model was tested on, which it brings along: what its users send is of the same kind."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE, EXAMPLE = "reference.csv", "input_example.json"


def held_out_rows(model: Path) -> list[dict[str, float | str]]:
    """Return the inputs of those rows, in the form of the model's own example.

    Raises:
        FileNotFoundError: it brings none, or no example.
        KeyError, ValueError: they are in another form.
    """
    example = _first(json.loads((model / EXAMPLE).read_text(encoding="utf-8")))
    with (model / FILE).open(encoding="utf-8", newline="") as file:
        return [
            {name: row[name] if isinstance(value, str) else float(row[name]) for name, value in example.items()}
            for row in csv.DictReader(file)
        ]


def _first(example: Any) -> Mapping[str, Any]:
    """Return the first row of an example, in the split form or as records."""
    if isinstance(example, list):
        first: Mapping[str, Any] = example[0]
        return first
    return dict(zip(example["columns"], example["data"][0], strict=True))
