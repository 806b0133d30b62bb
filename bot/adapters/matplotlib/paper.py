"""Charts as PNG for Discord, 550 pixels wide there and 300 on a phone: few letters, large. Imports matplotlib alone.

The worker process imports this; the event loop's never does.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import TypeAlias

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bot.core.text import clip

Floats: TypeAlias = npt.NDArray[np.float64]
WIDTH_PX, DPI = 1600, 100
MARGIN_PX, HEAD_PX, LINE_PX = 40, 320, 72
ROW_PX, PANEL_PX, TICKS_PX = 440, 220, 70
"""Of a row of panels: with its words, the panel alone, the figures below it."""
MAX_COLUMNS = 2
MAX_PANELS = 6  # more could not be read at Discord's width; drifted ones come first
MAX_BARS = 12
MIN_BINS, MAX_BINS = 5, 20
MAX_TITLE_LETTERS = 48
ROW_LETTERS = 52  # of the panels' titles side by side
BAR_ROW_LETTERS = 22  # of the names below a panel's bars side by side
BACKGROUND, PAPER, TEXT, FAINT = "#313338", "#2b2d31", "#f2f3f5", "#b5bac1"
REFERENCE, CURRENT = "#7f95c9", "#ffb454"  # told apart by people who do not see red and green alike
ALARM, CALM = "#ff7a7a", "#8fd694"
TITLE_PT, LINE_PT, PANEL_PT, VERDICT_PT, TICK_PT = 40, 36, 38, 34, 34  # 34 pt are 9 px on a phone
UNDRAWABLE = "–"
EMOJI_JOINTS = frozenset({0x200D, 0xFE0F})
FONT_FOLDERS = (Path("/usr/share/fonts/truetype/noto"), Path("/usr/share/fonts/noto"))
FONT_FILES = {
    "Noto Sans": ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    "Noto Sans Thai": ("NotoSansThai-Regular.ttf", "NotoSansThai-Bold.ttf"),
}


@dataclass(frozen=True)
class Panel:
    """One measure, reference beside production; either its rows, or two `bars`."""

    title: str
    verdict: str
    is_drifted: bool
    is_categorical: bool = False
    reference: Sequence[float | str] = ()
    current: Sequence[float | str] = ()
    bars: tuple[float, float] | None = None
    is_share: bool = False


def draw(title: str, reference_line: str, current_line: str, panels: Sequence[Panel]) -> bytes:
    """Return the chart of a comparison as a PNG of 1600 pixels' width, the higher the more panels there are."""
    shown = sorted(panels, key=lambda panel: not panel.is_drifted)[:MAX_PANELS]
    column_count = min(MAX_COLUMNS, max(1, len(shown)))
    height_px = HEAD_PX + ROW_PX * ceil(max(1, len(shown)) / column_count)
    width_px = (WIDTH_PX - MARGIN_PX * (column_count + 1)) // column_count
    with mpl.rc_context({"font.family": families(), "text.color": TEXT, "text.parse_math": False}):
        figure = Figure(figsize=(WIDTH_PX / DPI, height_px / DPI), dpi=DPI, facecolor=BACKGROUND)
        canvas = FigureCanvasAgg(figure)
        _head(figure, title, reference_line, current_line, panels)
        for number, panel in enumerate(shown):
            left_px = MARGIN_PX + (number % column_count) * (width_px + MARGIN_PX)
            bottom_px = height_px - HEAD_PX - ROW_PX * (number // column_count + 1) + TICKS_PX
            sizes = (left_px / WIDTH_PX, bottom_px / height_px, width_px / WIDTH_PX, PANEL_PX / height_px)
            _panel(figure.add_axes(sizes), panel, title_letters=ROW_LETTERS // column_count)
        written = io.BytesIO()
        canvas.print_png(written, metadata={"Software": None})
    return written.getvalue()


def families() -> list[str]:
    """Return font families that are there, loaded by path so that nothing depends on the machine's font cache."""
    found = []
    for family, names in FONT_FILES.items():
        for folder in FONT_FOLDERS:
            files = [folder / name for name in names if (folder / name).is_file()]
            known = {entry.fname for entry in font_manager.fontManager.ttflist}
            for file in files:
                if str(file) not in known:
                    font_manager.fontManager.addfont(file)
            if files:
                found.append(family)
                break
    return [*found, "DejaVu Sans"]


def cut(text: str, letters: int) -> str:
    """Return at most so many letters, without signs that none of the fonts has: they would be drawn as boxes."""
    drawable = "".join(sign for sign in text if ord(sign) in _glyphs()).strip()
    return clip(drawable or UNDRAWABLE, letters)


@cache
def _glyphs() -> frozenset[int]:
    """Return the code points that the fonts in use can draw."""
    files = {font_manager.findfont(family) for family in families()}
    return frozenset(code for file in files for code in font_manager.get_font(file).get_charmap()) - EMOJI_JOINTS


def _short(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


def _head(figure: Figure, title: str, reference_line: str, current_line: str, panels: Sequence[Panel]) -> None:
    drifted = sum(panel.is_drifted for panel in panels)
    verdict = f"{drifted} of {len(panels)} drifted" if drifted else f"all {len(panels)} stable"
    if len(panels) > MAX_PANELS:
        verdict += f", {MAX_PANELS} shown"
    lines = (
        (cut(title, MAX_TITLE_LETTERS), TITLE_PT, TEXT, "bold"),
        (verdict, TITLE_PT, ALARM if drifted else CALM, "bold"),
        (f"■ {reference_line}", LINE_PT, REFERENCE, "normal"),
        (f"▬ {current_line}", LINE_PT, CURRENT, "normal"),
    )
    height_px = figure.get_figheight() * DPI
    for place, (text, size_pt, colour, weight) in enumerate(lines):
        top = 1 - (MARGIN_PX / 2 + LINE_PX * place) / height_px
        figure.text(MARGIN_PX / WIDTH_PX, top, text, fontsize=size_pt, color=colour, fontweight=weight, va="top")


def _panel(axes: Axes, panel: Panel, *, title_letters: int) -> None:
    axes.set_facecolor(PAPER)
    colour = ALARM if panel.is_drifted else CALM
    title = cut(panel.title[:1].upper() + panel.title[1:], title_letters)
    axes.text(0, 1.36, title, fontsize=PANEL_PT, fontweight="bold", transform=axes.transAxes)
    axes.text(0, 1.09, panel.verdict, fontsize=VERDICT_PT, color=colour, transform=axes.transAxes)
    if panel.bars is not None:
        _two_bars(axes, panel.bars, is_share=panel.is_share)
    elif panel.is_categorical:
        _shares(axes, [str(value) for value in panel.reference], [str(value) for value in panel.current])
    else:
        _histogram(axes, np.asarray(panel.reference, dtype=float), np.asarray(panel.current, dtype=float))
    axes.tick_params(colors=FAINT, labelsize=TICK_PT, length=0)
    for side in axes.spines.values():
        side.set_color(colour)
        side.set_linewidth(3 if panel.is_drifted else 1)


def _histogram(axes: Axes, reference: Floats, current: Floats) -> None:
    both = np.concatenate([reference, current])
    low, high = np.percentile(both, [0.5, 99.5])  # a lone outlier would squeeze the rest into one bar
    if high <= low:
        low, high = low - 0.5, high + 0.5
    # Fewer bins than values, or a measure of few steps would look like a comb.
    bin_count = int(np.clip(len(np.unique(both)) // 2, MIN_BINS, MAX_BINS))
    edges = np.linspace(low, high, bin_count + 1)
    there, here = (np.histogram(np.clip(side, low, high), edges)[0] / len(side) for side in (reference, current))
    axes.stairs(there, edges, fill=True, color=REFERENCE, alpha=0.8)
    axes.stairs(here, edges, color=CURRENT, linewidth=4)
    axes.set_xlim(low, high)
    axes.set_ylim(0, max(there.max(), here.max()) * 1.08)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(3, prune="both"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))


def _shares(axes: Axes, reference: Sequence[str], current: Sequence[str]) -> None:
    counts = {name: (reference.count(name), current.count(name)) for name in {*reference, *current}}
    names = sorted(counts, key=lambda name: (-sum(counts[name]), name))[:MAX_BARS]
    names.sort(key=lambda name: (0, float(name), "") if name.lstrip("-").isdigit() else (1, 0.0, name))
    places = np.arange(len(names))
    axes.bar(places - 0.21, [counts[name][0] / len(reference) for name in names], 0.4, color=REFERENCE)
    axes.bar(places + 0.21, [counts[name][1] / len(current) for name in names], 0.4, color=CURRENT)
    axes.set_xticks(places, [cut(name, BAR_ROW_LETTERS // len(names)) for name in names])
    axes.set_yticks([])


def _two_bars(axes: Axes, bars: tuple[float, float], *, is_share: bool) -> None:
    axes.barh([1, 0], bars, color=[REFERENCE, CURRENT], height=0.6)
    for place, side, value in ((1, "reference", bars[0]), (0, "production", bars[1])):
        shown = f" {side} {value:.1%}" if is_share else f" {side} {value:g}"
        axes.text(value, place, shown, va="center", fontsize=TICK_PT, color=TEXT)
    axes.set_xlim(0, max(0.1 if is_share else 1.0, *bars) * 2.2)  # the words need room
    axes.set_ylim(-0.6, 1.6)
    axes.set_yticks([])
    axes.set_xticks([])
