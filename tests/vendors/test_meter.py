"""The meter tells production that drifted from production that did not, and draws it for people."""

import csv
import gzip
import random
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.adapters.evidently.meter import EvidentlyMeter
from bot.config import MonitoringSettings
from bot.errors import Refused, Upstream
from bot.ports import Collected, Comparison
from tests.support.need import lacking

PIXELS = [f"pixel_{number}" for number in range(64)]
ROOT = Path(__file__).parents[2]
one_meter = pytest.mark.asyncio(loop_scope="module")  # its worker starts once

Row = dict[str, object]


@pytest.fixture(scope="module")
def digits() -> Sequence[Row]:
    """Return the digits in a fixed random order, with a made-up confidence."""
    found = find_spec("sklearn")  # its package holds the table; to import it takes a second
    assert found is not None
    assert found.origin is not None
    with gzip.open(Path(found.origin).parent / "datasets" / "data" / "digits.csv.gz", "rt") as file:
        images = [[*map(float, line)] for line in csv.reader(file)]
    chance = random.Random(3)
    rows: list[Row] = [
        {
            **dict(zip(PIXELS, pixels, strict=True)),
            "label": int(label),
            "confidence": chance.betavariate(9, 1),
        }
        for *pixels, label in images
    ]
    chance.shuffle(rows)
    return rows


@pytest.fixture(scope="module")
def model(digits: Sequence[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model directory whose reference holds 360 digits."""
    return with_reference(
        tmp_path_factory.mktemp("model"), [{**row, "true_label": row["label"]} for row in digits[:360]]
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def meter() -> AsyncIterator[EvidentlyMeter]:
    meter = EvidentlyMeter(MonitoringSettings(), "Asia/Bangkok")
    yield meter
    await meter.close()


def with_reference(directory: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    with (directory / "reference.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return directory


def collected(rows: Sequence[Row]) -> Collected:
    outputs: list[dict[str, Any]] = [{"label": row["label"], "confidence": row["confidence"]} for row in rows]
    inputs: list[dict[str, Any]] = [
        {name: value for name, value in row.items() if name not in ("label", "confidence")} for row in rows
    ]
    return Collected(inputs, outputs)


def drifted(comparison: Comparison) -> set[str]:
    return {drift.measure for drift in comparison.drifts if drift.is_drifted}


@one_meter
@pytest.mark.parametrize("samples", [2, pytest.param(10, marks=pytest.mark.repetition)])
async def test_rows_of_the_same_kind_do_not_drift(meter, model, digits, samples):
    """Separate samples of digits never seen find no drift, however small the sample; of ten, one may."""
    found = []
    for start in range(360, 360 + 120 * samples, 120):
        comparison = await meter.compare(model, collected(digits[start : start + 120]), title="MON-1")
        found.append(drifted(comparison))

    assert sum(map(bool, found)) <= samples // 10, found
    assert (comparison.reference_rows, comparison.current_rows) == (360, 120)
    assert [drift.measure for drift in comparison.drifts] == [
        "predicted class", "confidence", "brightness", "contrast", "ink share", "missing values",
    ]  # fmt: skip


@one_meter
async def test_brighter_images_drift_in_brightness_and_not_in_class(meter, model, digits):
    """Production that is one fifth brighter is found, with both means; what did not change is not accused."""
    rows = [{**row, **{name: min(16.0, row[name] * 1.2 + 1) for name in PIXELS}} for row in digits[400:500]]
    comparison = await meter.compare(model, collected(rows), title="MON-1")
    brightness = next(drift for drift in comparison.drifts if drift.measure == "brightness")

    assert comparison.is_drifted
    assert "brightness" in drifted(comparison)
    assert not drifted(comparison) & {"predicted class", "confidence", "missing values"}
    assert brightness.current_mean > brightness.reference_mean + 1
    assert brightness.method == "K-S p_value"
    assert brightness.score <= brightness.threshold


@one_meter
async def test_a_class_that_takes_over_drifts(meter, model, digits):
    """Production that is nearly all sevens drifts in its predicted class, by Jensen-Shannon distance."""
    rows = [{**row, "label": "7" if number % 5 else row["label"]} for number, row in enumerate(digits[400:500])]
    comparison = await meter.compare(model, collected(rows), title="MON-1")
    found = next(drift for drift in comparison.drifts if drift.measure == "predicted class")

    assert found.is_drifted
    assert found.method == "Jensen-Shannon distance"
    assert found.reference_mean is None


@one_meter
async def test_class_names_are_the_same_as_numbers_and_as_texts(meter, model, digits):
    """An endpoint that writes 3 as 3.0 or "3" has not drifted."""
    rows = [{**row, "label": (str, float)[number % 2](row["label"])} for number, row in enumerate(digits[400:700])]
    comparison = await meter.compare(model, collected(rows), title="MON-1")

    assert "predicted class" not in drifted(comparison)


@one_meter
async def test_many_rows_are_judged_by_distance(meter, digits, tmp_path):
    """Above a thousand rows on both sides the size of a difference decides, not that it can be proved."""
    directory = with_reference(tmp_path, digits * 2)
    rows = [{**row, "confidence": row["confidence"] * 0.999} for row in digits]
    comparison = await meter.compare(directory, collected(rows), title="MON-1")

    assert drifted(comparison) == set()
    assert {"Wasserstein distance (normed)", "Jensen-Shannon distance"} < {drift.method for drift in comparison.drifts}


@one_meter
async def test_too_few_rows_are_refused_with_the_numbers(meter, model, digits):
    """Twelve rows prove nothing: the refusal says how many there are and how many it takes."""
    with pytest.raises(Refused, match=r"Only 12 production rows .* needs 30 \(monitoring.min_rows\)"):
        await meter.compare(model, collected(digits[:12]), title="MON-1")


@one_meter
async def test_a_model_without_a_reference_is_refused(meter, digits, tmp_path):
    """There is nothing to compare with, and the refusal says what would help."""
    with pytest.raises(Refused, match=r"has no reference\.csv"):
        await meter.compare(tmp_path, collected(digits[:100]), title="MON-1")


@one_meter
async def test_an_unreadable_reference_is_an_error_of_ours(meter, digits, tmp_path):
    """An empty reference.csv ends in our own error, which needs no pandas to be read."""
    (tmp_path / "reference.csv").touch()

    with pytest.raises(Upstream, match="evidently: EmptyDataError") as caught:
        await meter.compare(tmp_path, collected(digits[:100]), title="MON-1")

    assert not caught.value.retryable


@one_meter
async def test_missing_values_are_a_finding_of_their_own(meter, model, digits):
    """A tenth of the pixels gone is told as missing values; rows without any pixel break nothing."""
    chance = random.Random(5)
    rows = [{**row, **{name: None for name in PIXELS if chance.random() < 0.1}} for row in digits[400:520]]
    rows[0] = {**rows[0], **dict.fromkeys(PIXELS)}
    rows[1] = {**rows[1], "pixel_9": float("nan"), "pixel_10": float("inf"), "pixel_11": "dark"}
    comparison = await meter.compare(model, collected(rows), title="MON-1")
    found = next(drift for drift in comparison.drifts if drift.measure == "missing values")

    assert found.is_drifted
    assert found.reference_mean == 0
    assert found.score == pytest.approx(0.1, abs=0.03)


@one_meter
async def test_a_column_that_stops_coming_is_named(meter, model, digits):
    """One pixel of 64 is too little for the share of missing values, so its absence is told by name."""
    rows = [{name: value for name, value in row.items() if name != "pixel_20"} for row in digits[400:500]]
    comparison = await meter.compare(model, collected(rows), title="MON-1")

    assert "missing columns (pixel_20)" in drifted(comparison)
    assert "missing values" not in drifted(comparison)


@one_meter
async def test_production_without_outputs_is_still_compared(meter, model, digits):
    """When the collector kept no outputs, the inputs' measures remain."""
    only_inputs = Collected(collected(digits[400:500]).inputs, [{}] * 100)
    comparison = await meter.compare(model, only_inputs, title="MON-1")

    assert {"brightness", "contrast", "ink share"} <= {drift.measure for drift in comparison.drifts}
    assert "confidence" not in {drift.measure for drift in comparison.drifts}


@one_meter
async def test_other_models_are_compared_by_their_columns(meter, tmp_path):
    """Without pixels the raw columns are measures: numbers, classes; identifiers are left out, and 12 are the most."""
    chance = random.Random(1)

    def row(shift: float) -> Row:
        numbers = {f"sensor_{number}": chance.gauss(shift if number == 2 else 0, 1) for number in range(14)}
        return {"ticket": f"T{chance.random()}", "colour": chance.choice(["red", "blue"]), **numbers, "label": 1}

    directory = with_reference(tmp_path, [row(0) for _ in range(300)])
    comparison = await meter.compare(
        directory, collected([{**row(2), "confidence": 1} for _ in range(80)]), title="MON-2"
    )
    names = [drift.measure for drift in comparison.drifts]

    assert drifted(comparison) == {"sensor 2"}
    assert "colour" in names
    assert "ticket" not in names
    assert len(names) <= 12 + 1


@one_meter
async def test_chart_is_a_png_of_the_promised_size(meter, model, digits):
    """The picture is 1600 pixels wide and far below Discord's limit."""
    comparison = await meter.compare(model, collected(digits[400:500]), title="MON-1")

    assert comparison.chart_png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", comparison.chart_png[16:20]) == (1600,)
    assert len(comparison.chart_png) < 500_000


def test_thai_and_latin_titles_have_all_their_letters():
    """Drawing with Thai marks, dollar signs and Vietnamese raises no missing-glyph warning."""
    script = (
        "import warnings; warnings.simplefilter('error')\n"
        "from bot.adapters.matplotlib.paper import Panel, draw\n"
        "panel = Panel('ความสว่าง $x$', 'คงที่', is_drifted=False, is_categorical=True,"
        " reference=['แมว', 'สุนัข'], current=['แมว'])\n"
        "draw('ตรวจจับที่ปั๊มน้ำมัน – Kiểm tra ảnh · Überprüfung $5 {x}', 'อ้างอิง', 'ใช้งานจริง', [panel])\n"
    )
    if not Path("/usr/share/fonts/truetype/noto/NotoSansThai-Regular.ttf").exists():
        lacking("the fonts of the package fonts-noto-core")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.repetition  # the story looks at a bot that has walked the whole road
def test_the_bots_process_imports_none_of_the_heavy_libraries(model, tmp_path):
    """A process that has compared through the adapter holds no evidently, pandas, numpy or matplotlib."""
    script = tmp_path / "asks.py"
    script.write_text(
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from bot.adapters.evidently.meter import EvidentlyMeter\n"
        "from bot.config import MonitoringSettings\n"
        "from bot.ports import Collected\n"
        "async def main():\n"
        "    meter = EvidentlyMeter(MonitoringSettings(), 'UTC')\n"
        "    rows = [{'pixel_1': 3.0}] * 40\n"
        f"    found = await meter.compare(Path({str(model)!r}), Collected(rows, [{{'label': 1}}] * 40), title='x')\n"
        "    await meter.close()\n"
        "    print(len(found.chart_png) > 1000)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
        "    print(sorted({'evidently', 'pandas', 'numpy', 'matplotlib', 'scipy'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, script], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )

    assert done.stdout.splitlines() == ["True", "[]"], done.stderr
