"""Charts as PNG for Discord, which shows them 550 pixels wide: few letters, large. The only importer of matplotlib.

The worker process imports this; the event loop's never does.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
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

from bot.domain.text import clip

Floats: TypeAlias = npt.NDArray[np.float64]
WIDTH_PX, HEIGHT_PX, DPI = 1600, 900, 100
MAX_PANELS = 6  # more could not be read at Discord's width; drifted ones come first
MAX_BARS = 12
MIN_BINS, MAX_BINS = 5, 20
MAX_TITLE_LETTERS = 58
ROW_LETTERS = 78  # of the panels' titles side by side
BAR_ROW_LETTERS = 36  # of the names below a panel's bars side by side
BACKGROUND, PAPER, TEXT, FAINT = "#313338", "#2b2d31", "#f2f3f5", "#b5bac1"
REFERENCE, CURRENT = "#7f95c9", "#ffb454"  # told apart by people who do not see red and green alike
ALARM, CALM = "#ff7a7a", "#8fd694"
TITLE_PT, LINE_PT, PANEL_PT, VERDICT_PT, TICK_PT = 30, 22, 24, 20, 20  # 20 pt are 9.5 px at 550 px
UNDRAWABLE = "–"
EMOJI_JOINTS = frozenset({0x200D, 0xFE0F})
FONT_FOLDERS = (Path("/usr/share/fonts/truetype/noto"), Path("/usr/share/fonts/noto"))
FONT_FILES = {
    "Noto Sans": ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    "Noto Sans Thai": ("NotoSansThai-Regular.ttf", "NotoSansThai-Bold.ttf"),
}
GRIDS: Mapping[int, tuple[int, int]] = {1: (1, 1), 2: (1, 2), 3: (2, 2), 4: (2, 2), 5: (2, 3), 6: (2, 3)}


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
    """Return the chart of a comparison as a PNG of 1600 x 900 pixels."""
    shown = sorted(panels, key=lambda panel: not panel.is_drifted)[:MAX_PANELS]
    row_count, column_count = GRIDS[max(1, len(shown))]
    with mpl.rc_context({"font.family": families(), "text.color": TEXT, "text.parse_math": False}):
        figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=BACKGROUND)
        canvas = FigureCanvasAgg(figure)
        _head(figure, title, reference_line, current_line, panels)
        grid = figure.add_gridspec(
            row_count, column_count, left=0.02, right=0.98, top=0.665, bottom=0.065, wspace=0.1, hspace=1.0
        )
        for number, panel in enumerate(shown):
            axes = figure.add_subplot(grid[number // column_count, number % column_count])
            _panel(axes, panel, title_letters=ROW_LETTERS // column_count)
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
    figure.text(0.02, 0.965, cut(title, MAX_TITLE_LETTERS), fontsize=TITLE_PT, fontweight="bold", va="top")
    figure.text(
        0.985,
        0.88,
        verdict,
        fontsize=TITLE_PT - 3,
        fontweight="bold",
        va="top",
        ha="right",
        color=ALARM if drifted else CALM,
    )
    figure.text(0.02, 0.89, f"■ {reference_line}", fontsize=LINE_PT, va="top", color=REFERENCE)
    figure.text(0.02, 0.838, f"▬ {current_line}", fontsize=LINE_PT, va="top", color=CURRENT)


def _panel(axes: Axes, panel: Panel, *, title_letters: int) -> None:
    axes.set_facecolor(PAPER)
    colour = ALARM if panel.is_drifted else CALM
    title = cut(panel.title[:1].upper() + panel.title[1:], title_letters)
    axes.text(0, 1.3, title, fontsize=PANEL_PT, fontweight="bold", transform=axes.transAxes)
    axes.text(0, 1.07, panel.verdict, fontsize=VERDICT_PT, color=colour, transform=axes.transAxes)
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
    axes.xaxis.set_major_locator(MaxNLocator(4, prune="both"))
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
