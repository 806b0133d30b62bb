"""What a run leaves behind, checked."""

import hashlib
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.adapters.model_files import model_digest
from bot.adapters.slurm.payload import payload_files, payload_name
from bot.adapters.slurm.results import MOST_EPOCHS, MOST_MEASURES, clean_log, parse_progress, parse_result
from bot.errors import BadResult

GOOD = {
    "format": 1,
    "metrics": {"accuracy": 0.9},
    "parameter_count": 7,
    "digest": "0" * 64,
    "test_rows": 3,
    "curve": [{"epoch": 1, "loss": 0.5}],
}
PROGRESS = {"epoch": 1, "epochs": 2, "loss": 0.5, "metric": "accuracy", "value": 0.5, "elapsed_s": 1}


def test_a_good_result_is_read():
    """Numbers come back as numbers."""
    result = parse_result(json.dumps(GOOD))

    assert ({"accuracy": 0.9}, 7, "0" * 64, 3) == (
        result.metrics,
        result.parameter_count,
        result.digest,
        result.test_rows,
    )
    assert ({"epoch": 1.0, "loss": 0.5},) == result.curve


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"metrics": {}}, "metrics"),
        ({"metrics": {"accuracy": "high"}}, "accuracy is 'high'"),
        ({"metrics": {"accuracy": True}}, "accuracy is True"),
        ({"parameter_count": -1}, "parameter_count"),
        ({"parameter_count": 1.5}, "parameter_count"),
        ({"test_rows": None}, "test_rows"),
        ({"digest": "ABC"}, "digest"),
        ({"curve": {}}, "curve"),
        ({"curve": [1]}, "row 1 of curve"),
        ({"format": 2}, "format 2"),
        ({"metrics": {"accuracy": 10**400}}, "accuracy is"),
        ({"parameter_count": 10**400}, "parameter_count"),
        ({"curve": [{"loss": -(10**400)}]}, "row 1 of curve"),
    ],
)
def test_a_value_that_is_not_what_it_should_be_is_named(changes, complaint):
    """The complaint says which value it is."""
    with pytest.raises(BadResult, match=complaint):
        parse_result(json.dumps({**GOOD, **changes}))


@example("[" * 100_000)
@given(st.text() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_no_text_breaks_the_reader(text):
    """Anything but a result is a BadResult."""
    with pytest.raises(BadResult):
        parse_result(text)


@example("[" * 100_000)
@example(json.dumps(PROGRESS | {"loss": 10**400}))
@example(json.dumps(PROGRESS | {"epoch": 1e400}))
@example(json.dumps(PROGRESS | {"epoch": 10**400}))
@given(st.text())
def test_no_line_breaks_progress(line):
    """Anything but progress is None."""
    assert parse_progress(line) is None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", ""),
        (b"a\r\nb\r\n\n", "a\nb"),
        (b"\x1b]0;title\x07\x1b[1;32mgreen\x1b[0m", "green"),
        (b"1%\r2%\r\n3%\r4%", "2%\n4%"),
        ("ก\u202eข".encode(), "กข"),
        ("กข".encode()[:-1], "ก\ufffd"),
    ],
)
def test_a_log_becomes_plain_text(raw, expected):
    """Escapes, controls, redrawn lines and broken letters."""
    assert expected == clean_log(raw, lines=5)


def test_the_digest_is_as_sha256sum_would_write_it(tmp_path):
    """Lines of digest, two blanks and path, in order of the paths; a byte more anywhere changes it."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c").write_bytes(b"2")
    (tmp_path / "a").write_bytes(b"1")
    lines = f"{hashlib.sha256(b'1').hexdigest()}  a\n{hashlib.sha256(b'2').hexdigest()}  b/c\n"

    assert hashlib.sha256(lines.encode()).hexdigest() == model_digest(tmp_path)


def test_the_payloads_name_is_its_content(tmp_path):
    """What Python leaves there does not change it, a byte of a recipe does."""
    (tmp_path / "train.py").write_text("1")
    before = payload_name(payload_files(tmp_path))
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "train.cpython-311.pyc").write_bytes(b"x")
    same = payload_name(payload_files(tmp_path))
    (tmp_path / "train.py").write_text("2")

    assert before == same
    assert before != payload_name(payload_files(tmp_path))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"metrics": {f"m{number}": 0.5 for number in range(MOST_MEASURES + 1)}}, "metrics in result.json has 1001"),
        ({"curve": [{"loss": 0.5}] * (MOST_EPOCHS + 1)}, "curve in result.json has 20001 rows"),
        ({"metrics": {"m" * 201: 0.5}}, "has more than 200 characters"),
        ({"curve": [{f"m{number}": 0.5 for number in range(MOST_MEASURES + 1)}]}, "row 1 of curve in result.json has"),
    ],
)
def test_more_than_anybody_looks_at_is_refused(changes, complaint):
    """It would all go to cards and to MLflow, point by point."""
    with pytest.raises(BadResult, match=complaint):
        parse_result(json.dumps({**GOOD, **changes}))
