"""Charts of whatever data there is: each opens, has its size, and shows something; nothing in it is a missing glyph."""

import asyncio
import io
import math
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

import pytest
import pytest_asyncio
from _pytest.mark import ParameterSet
from PIL import Image

from bot.adapters.matplotlib.charts import MatplotlibCharts
from bot.ports import Charts, Series

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAN, INFINITE = float("nan"), float("inf")
WIDTH_PX, LEAST_HEIGHT_PX, MOST_HEIGHT_PX = 1600, 300, 1600
"""Wider than high, or nearly: Discord makes what is higher narrow, and its letters small."""
LIMIT_BYTES = 1_000_000
BACKGROUND = (0x31, 0x33, 0x38)
FIRST_COLOUR = (0x7F, 0x95, 0xC9)
LEAST_COLOURS = 8
"""A picture with fewer shows no text and no line."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def charts() -> AsyncIterator[Charts]:
    """Start the worker once."""
    drawing = MatplotlibCharts()
    yield drawing
    await drawing.close()


def line(name: str, y: Sequence[float], *, x: Sequence[float] | None = None) -> Series:
    """Return a line over 1, 2, 3 and so on."""
    return Series(name, x if x is not None else [float(at) for at in range(1, len(y) + 1)], y)


def wave(count: int, *, shift: float = 0.0) -> list[float]:
    """Return a curve that falls and trembles, as a loss does."""
    return [2 * math.exp(-3 * at / count) + 0.05 * math.sin(at + shift) + 0.1 for at in range(count)]


def opened(png: bytes) -> Image.Image:
    """Return the picture after checking what every picture must be."""
    picture = Image.open(io.BytesIO(png))
    picture.load()
    colours = picture.convert("RGB").getcolors(maxcolors=1 << 20) or []

    assert picture.format == "PNG"
    assert picture.width == WIDTH_PX
    assert LEAST_HEIGHT_PX <= picture.height <= MOST_HEIGHT_PX
    assert len(png) < LIMIT_BYTES
    assert len(colours) >= LEAST_COLOURS
    assert max(colours)[0] < 0.995 * picture.width * picture.height
    return picture


def margin_is_free(picture: Image.Image) -> bool:
    """Tell whether nothing is cut off at the edges."""
    plain = picture.convert("RGB")
    width, height = plain.size
    edges = [plain.crop(box) for box in ((0, 0, width, 2), (0, height - 2, width, height))]
    edges += [plain.crop(box) for box in ((0, 0, 2, height), (width - 2, 0, width, height))]
    return all(edge.getcolors() == [(edge.size[0] * edge.size[1], BACKGROUND)] for edge in edges)


THAI = "ตัวเลขลายมือที่น้ำท่วมกำลังอ่าน"
LONG = "a_very_long_name_of_a_measure_that_somebody_thought_was_a_good_idea"
CURVES: Mapping[str, Mapping[str, Sequence[Series]]] = {
    "no panel": {},
    "no line": {"loss": []},
    "no point": {"loss": [line("RUN-1", [])]},
    "one point": {"loss": [line("RUN-1", [0.5])], "accuracy": [line("RUN-1", [0.9])]},
    "all not a number": {"loss": [line("RUN-1", [NAN] * 5)]},
    "partly not a number": {"loss": [line("RUN-1", [1.0, NAN, 0.6, NAN, 0.4]), line("RUN-2", [INFINITE, 2.0, 1.0])]},
    "infinite": {"loss": [line("RUN-1", [INFINITE, -INFINITE])]},
    "all equal": {"loss": [line("RUN-1", [0.5] * 9)], "zero": [line("RUN-1", [0.0] * 9)]},
    "ten thousand points": {"loss": [line("RUN-1", wave(10_000)), line("RUN-2", wave(10_000, shift=2))]},
    "a hundred lines": {"loss": [line(f"RUN-{at}", wave(30, shift=at)) for at in range(100)]},
    "eight runs on four panels": {
        name: [line(f"RUN-{at}", wave(12, shift=at)) for at in range(8)]
        for name in ("loss", "accuracy", "f1_macro", "recall_of_the_rare_class")
    },
    "seven panels": {f"measure_{at}": [line("RUN-1", wave(9))] for at in range(7)},
    "Thai and long names": {
        THAI: [line(THAI, wave(9)), line("$x^2_{no} math$", wave(9, shift=1))],
        LONG: [line(LONG, wave(9)), line("👩‍❤️‍👨 emoji", wave(9, shift=1))],
    },
    "six decades": {"loss": [line("RUN-1", [10.0**-at for at in range(7)])]},
    "huge and tiny": {"loss": [line("RUN-1", [1e300, 1e-300, 1e12])], "b": [line("RUN-1", [-1e300, 1e300])]},
}


ONE_OF_A_KIND = (
    "no panel", "partly not a number", "a hundred lines", "eight runs on four panels", "Thai and long names",
    "huge and tiny",
)  # fmt: skip


def once(names: Iterable[str], *kept: str) -> list[ParameterSet]:
    """Return all names, of which those that are not kept say again what those say."""
    again = pytest.mark.repetition
    return [pytest.param(name, marks=[] if name in kept else again) for name in names]


@pytest.mark.parametrize("is_small", [False, pytest.param(True, marks=pytest.mark.repetition)], ids=["large", "small"])
@pytest.mark.parametrize("name", once(CURVES, *ONE_OF_A_KIND))
async def test_curves_of_anything_are_a_picture(charts: Charts, name: str, *, is_small: bool):
    """None fails, none is blank, nothing reaches over the edge."""
    title = f"{THAI} {LONG}" if "Thai" in name else "Comparison"
    png = await charts.curves(CURVES[name], title=title, x_label="epoch", is_small=is_small)
    picture = opened(png)

    assert margin_is_free(picture)


BARS: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "nothing": {},
    "groups without parts": {"REQ-1": {}, "REQ-2": {}},
    "one": {"REQ-1": {"Anan": 3.0}},
    "zero": {"REQ-1": {"Anan": 0.0}, "REQ-2": {"Malee": 0.0}},
    "not a number": {"REQ-1": {"Anan": NAN, "Malee": 1.0}, "REQ-2": {"Malee": INFINITE}},
    "all equal": {f"REQ-{at}": {"Anan": 5.0, "Malee": 5.0} for at in range(6)},
    "a hundred groups": {f"REQ-{at}": {f"Person {at % 3}": float(at)} for at in range(100)},
    "a hundred people": {f"REQ-{group}": {f"Person {at}": 1.0 for at in range(100)} for group in range(3)},
    "Thai and long names": {THAI: {THAI: 2.0, "$a_b$": 1.0}, LONG: {LONG: 4.0, "👩‍❤️‍👨": 1.0}},
    "huge and tiny": {"REQ-1": {"Anan": 1e9}, "REQ-2": {"Anan": 1e-6}},
}


@pytest.mark.parametrize("name", once(BARS, "nothing", "not a number", "a hundred people", "Thai and long names"))
async def test_bars_of_anything_are_a_picture(charts: Charts, name: str):
    """None fails, none is blank, nothing reaches over the edge."""
    png = await charts.bars(BARS[name], title="GPU hours, last 7 days", unit="GPU hours", rest="others")

    assert margin_is_free(opened(png))


async def test_a_picture_of_two_bars_is_not_half_empty(charts: Charts):
    """It is as high as what it shows: two bars are lower than ten."""
    two, ten = [
        opened(
            await charts.bars(
                {f"REQ-{at}": {"Anan": 2.0 + at} for at in range(count)}, title="t", unit="GPU hours", rest="others"
            )
        )
        for count in (2, 10)
    ]

    assert two.height < ten.height / 1.5


async def test_equal_data_is_an_equal_picture(charts: Charts):
    """To the byte, so that a card that shows it need not be sent again."""
    first, second = [
        await charts.curves(CURVES["a hundred lines"], title="t", x_label="epoch", is_small=True) for _ in range(2)
    ]

    assert first == second


async def test_points_that_are_no_numbers_are_left_out(charts: Charts):
    """The line goes on between its neighbours, as if they had not been measured."""
    gaps = {"loss": [line("RUN-1", [1.0, NAN, 0.6, INFINITE, 0.4]), line("RUN-2", [NAN])]}
    without = {"loss": [line("RUN-1", [1.0, 0.6, 0.4], x=[1.0, 3.0, 5.0])]}
    first, second = [await charts.curves(one, title="t", x_label="epoch") for one in (gaps, without)]

    assert first == second


async def test_signs_that_no_font_has_are_left_out(charts: Charts):
    """A name is better without its picture than with an empty box; one of nothing else is a dash."""
    named = [{"REQ-1": {name: 1.0}} for name in ("Anan 👩\u200d🚀", "Anan", "👩", "–")]
    drawn = [await charts.bars(one, title="t", unit="GPU hours", rest="others") for one in named]

    assert drawn[0] == drawn[1]
    assert drawn[2] == drawn[3]


async def test_a_run_has_the_same_look_on_every_panel(charts: Charts):
    """Also where another run has no such measure: the first colour is the first run's and nobody else's."""
    second = line("RUN-2", wave(9))
    png = await charts.curves(
        {"a": [line("RUN-1", wave(9, shift=1)), second], "b": [second]}, title="t", x_label="epoch", is_small=True
    )
    picture = opened(png).convert("RGB")

    def has_first_colour(left: float, right: float) -> bool:
        part = picture.crop((round(left * WIDTH_PX), 0, round(right * WIDTH_PX), picture.height))
        return FIRST_COLOUR in {colour for _, colour in part.getcolors(maxcolors=1 << 20) or []}

    assert has_first_colour(0.0, 0.4)
    assert not has_first_colour(0.5, 1.0)


DRIFT_CHART = """
import hashlib
from bot.adapters.matplotlib.paper import Panel, draw
names = [str(at % 30) for at in range(90)]
png = draw("t", "r", "c", [Panel("predicted class", "v", False, is_categorical=True, reference=names, current=names)])
print(hashlib.sha256(png).hexdigest())
"""


async def test_a_drift_chart_shows_the_same_classes_every_time():
    """Of thirty classes that are equally frequent it chooses the same twelve in every process."""
    digests = set()
    for seed in ("1", "2"):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", DRIFT_CHART, stdout=asyncio.subprocess.PIPE, env=os.environ | {"PYTHONHASHSEED": seed}
        )
        digests.add((await process.communicate())[0])

        assert process.returncode == 0
    assert len(digests) == 1
