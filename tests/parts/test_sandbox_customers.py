"""What customers send to a served model is of the data that it was made for, or that data changed."""

import json
from pathlib import Path

import pytest

from sandbox.azure.reference import held_out_rows
from sandbox.customers import change, kind_of

SPLIT = {"columns": ["size", "name"], "data": [[1.0, "a"]]}
RECORDS = [{"size": 1.0, "name": "a"}]


@pytest.mark.parametrize("example", [SPLIT, RECORDS], ids=["split", "records"])
def test_they_are_the_rows_that_the_model_was_tested_on(tmp_path: Path, example: object):
    """Its inputs only, numbers as numbers, texts as texts, whatever the texts look like."""
    (tmp_path / "input_example.json").write_text(json.dumps(example))
    (tmp_path / "reference.csv").write_text("size,name,label,confidence,true_label\n2,007,x,0.5,x\n3.5,b,y,0.6,y\n")

    assert [{"size": 2.0, "name": "007"}, {"size": 3.5, "name": "b"}] == held_out_rows(tmp_path)


def test_a_model_that_tells_no_such_rows_is_refused(tmp_path: Path):
    """There is no guess at what it takes."""
    with pytest.raises(FileNotFoundError):
        held_out_rows(tmp_path)
    (tmp_path / "input_example.json").write_text(json.dumps(SPLIT))
    (tmp_path / "reference.csv").write_text("other\n1\n")
    with pytest.raises(KeyError):
        held_out_rows(tmp_path)


@pytest.mark.parametrize(
    ("row", "changed", "usual", "then"),
    [
        ({"pixel_0": 10.0, "pixel_1": 0.0}, {"pixel_0": 4.5, "pixel_1": 0.0}, "usual digits", "pale digits"),
        ({"mean_radius": 2.0}, {"mean_radius": 3.0}, "usual rows", "rows that are measured too high"),
        ({"text": "Fit a model to X and y."}, {"text": "Fit a model"}, "usual texts", "texts that are cut short"),
    ],
)
def test_what_changes_fits_the_data(row, changed, usual, then):
    """Images fade, gauges lose their setting, boxes become too small; the sandbox says which it was."""
    assert changed == change(row)
    assert (usual, then) == (kind_of(row, changed=False), kind_of(row, changed=True))
