"""What Azure's data collector stored becomes aligned rows, whatever stands between them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.azure.rows import Pairs, scoring_request
from bot.errors import Refused

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
COLUMNS = ["a", "b"]


def event(correlation: str, document: Any, *, minute: int = 0, **more: Any) -> str:
    """Return a line as the service documents it."""
    at = (NOON + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")
    known = {"specversion": "1.0", "datacontenttype": "application/json", "time": at, "correlationid": correlation}
    return json.dumps({**known, "data": document, **more})


def asked(correlation: str, *rows: list[float], minute: int = 0) -> str:
    table = {"columns": COLUMNS, "index": list(range(len(rows))), "data": rows}
    return event(correlation, {"input_data": table}, minute=minute)


def pairs(*, since: datetime = NOON - timedelta(hours=1), limit: int = 100) -> Pairs:
    return Pairs(since, limit)


def test_each_row_stands_beside_its_answer():
    """Joined by correlation id, whatever the order of the lines, newest first."""
    found = pairs()

    found.add(
        [asked("one", [1, 2], [3, 4]), asked("two", [5, 6], minute=1)],
        [event("two", [{"label": 7}], minute=1), event("one", [{"label": 8}, {"label": 9}])],
    )

    assert ({"a": 5, "b": 6}, {"a": 1, "b": 2}, {"a": 3, "b": 4}) == found.collected().inputs
    assert ({"label": 7}, {"label": 8}, {"label": 9}) == found.collected().outputs


def test_an_answer_in_the_next_hour_finds_its_request():
    """A request of 12:59 may be answered at 13:00, in the next hour's blob."""
    found = pairs()

    found.add([], [event("late", [{"label": 1}], minute=60)])
    found.add([asked("late", [1, 2], minute=59)], [])

    assert ({"label": 1},) == found.collected().outputs


@pytest.mark.parametrize(
    "line",
    [
        '{"torn": ',
        "[]",
        event("bad", "https://somewhere/blob", datainblob="true"),
        event("bad", "not a table"),
        event("bad", {"input_data": 5}),
        asked("unanswered", [1, 2]),
        asked("bad", [1, 2], [3, 4]),
    ],
)
def test_what_cannot_be_paired_is_left_out(line: str):
    """A torn line, a body kept elsewhere, no table, no answer, or fewer answers than rows."""
    found = pairs()

    found.add([line, asked("good", [1, 2])], [event("good", [{"label": 1}]), event("bad", [{"label": 0}])])

    assert ({"a": 1, "b": 2},) == found.collected().inputs


def test_bodies_come_in_several_forms():
    """As records, as text within the event, as bare numbers."""
    found = pairs()

    found.add(
        [event("one", {"input_data": [{"a": 1}]}), event("two", json.dumps({"input_data": [{"a": 2}]}), minute=-1)],
        [event("one", json.dumps([0.5])), event("two", {"predictions": [0.25]})],
    )

    assert ({"a": 1}, {"a": 2}) == found.collected().inputs
    assert ({"prediction": 0.5}, {"prediction": 0.25}) == found.collected().outputs


def test_what_is_too_old_or_too_much_is_left_out():
    """The time limits from one side, the number of rows from the other."""
    lines = [asked(str(number), [number, 0], minute=-number) for number in range(10)]
    answers = [event(str(number), [{"label": number}]) for number in range(10)]
    few, young = pairs(limit=3), pairs(since=NOON - timedelta(minutes=2))
    few.add(lines, answers)
    young.add(lines, answers)

    assert [0, 1, 2] == [row["label"] for row in few.collected().outputs]
    assert [0, 1, 2] == [row["label"] for row in young.collected().outputs]


MLMODEL = "artifact_path: model\nsaved_input_example_info:\n  artifact_path: input_example.json\n  type: dataframe\n"


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ({"columns": ["a"], "data": [[1]]}, {"columns": ["a"], "index": [0], "data": [[1]]}),
        (
            {"dataframe_split": {"columns": ["a"], "index": [4], "data": [[1]]}},
            {"columns": ["a"], "index": [0], "data": [[1]]},
        ),
        ([{"a": 1}], {"columns": ["a"], "index": [0], "data": [[1]]}),
        ({"dataframe_records": [{"a": 1}]}, {"columns": ["a"], "index": [0], "data": [[1]]}),
    ],
)
def test_an_example_becomes_a_request_under_azures_key(tmp_path: Path, example: Any, expected: Any):
    """MLflow saves examples in several forms; Azure ML takes `input_data`, and no records in it."""
    (tmp_path / "MLmodel").write_text(MLMODEL)
    (tmp_path / "input_example.json").write_text(json.dumps(example))

    assert {"input_data": expected} == scoring_request(tmp_path)


@pytest.mark.parametrize("mlmodel", ["artifact_path: model\n", MLMODEL])
def test_a_model_without_a_usable_example_is_told(tmp_path: Path, mlmodel: str):
    """No example is named, or it is not a table."""
    (tmp_path / "MLmodel").write_text(mlmodel)
    (tmp_path / "input_example.json").write_text("5")

    with pytest.raises(Refused, match="no input example"):
        scoring_request(tmp_path)
