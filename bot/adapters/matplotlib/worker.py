"""Curves of runs and bars of use as PNG, in the look of the drift charts. Imported only in the worker process."""

import io
import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bot.adapters.matplotlib.paper import BACKGROUND, DPI, FAINT, PAPER, TEXT, cut, families
from bot.ports import Series

WIDTH_PX, TITLE_PX, PANEL_PX, BESIDE_PX = 1600, 90, 560, 500
"""Of the picture, its title, a panel below another, and one of two that stand beside each other."""
BAR_PX, NARROW_BAR_PX, AXIS_PX, LEGEND_ROW_PX = 120, 70, 170, 62
FEW_BARS = 6
COLOURS = ("#7f95c9", "#ffb454", "#8fd694", "#ff8fa3", "#c8a2ff", "#5ad1d1", "#e6e06a", "#d0d0d0")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (7, 2)))
MAX_LINES = len(COLOURS)
MAX_GROUPS = 12
MAX_PANELS = 4
WIDE_SPAN = 100
"""A span of more than two decades is shown on a logarithmic scale."""
MANY_POINTS = 300
"""A line of more is drawn thin, or it would hide the others."""
TITLE_PT, LABEL_PT, TICK_PT, LEGEND_PT = 40, 38, 34, 34  # 34 pt are 9 px on a phone
TITLE_LETTERS, PANEL_LETTERS, NAME_LETTERS, LEGEND_LETTERS = 46, 44, 14, 18
LETTER_PX, SAMPLE_PX = 28, 210
NOTHING = "–"


def curves(panels: Mapping[str, Sequence[Series]], *, title: str, x_label: str, is_small: bool) -> bytes:
    """Return one panel by name with its lines, as PNG. A line has the same look on every panel."""
    shown = {name: _finite(lines) for name, lines in list(panels.items())[:MAX_PANELS]} or {"": []}
    names = list(dict.fromkeys(line.name for lines in shown.values() for line in lines))
    places = {name: place for place, name in enumerate(names)}
    with _look():
        columns = min(2, len(shown)) if is_small or len(shown) > 2 else 1  # noqa: PLR2004  # many lines need the width
        rows = math.ceil(len(shown) / columns)
        legend = names if len(names) > 1 else []
        figure = _figure(rows * (PANEL_PX if columns == 1 else BESIDE_PX), title, legend)
        for number, (name, lines) in enumerate(shown.items()):
            axes = figure.add_subplot(rows, columns, number + 1)
            _curves(axes, name, lines, places, letters=PANEL_LETTERS // columns)
            if number + columns >= len(shown):  # the lowest of its column says it for all
                axes.set_xlabel(x_label, fontsize=TICK_PT, color=FAINT)
        if legend:
            _legend(figure, [_sample(place) for place in _shown(names)], names)
        return _png(figure)


def _finite(lines: Sequence[Series]) -> list[Series]:
    """Return the lines without points that no axis has, and without lines that have no other."""
    kept = []
    for line in lines:
        points = [(x, y) for x, y in zip(line.x, line.y, strict=True) if math.isfinite(x) and math.isfinite(y)]
        if points:
            kept.append(Series(line.name, [x for x, _ in points], [y for _, y in points]))
    return kept


def _curves(axes: Axes, name: str, lines: Sequence[Series], places: Mapping[str, int], *, letters: int) -> None:
    _plain(axes)
    axes.set_title(cut(name.replace("_", " "), letters), fontsize=LABEL_PT, color=TEXT, loc="left")
    if not lines:
        _say(axes, NOTHING)
        return
    for line in lines:
        _draw(axes, line, places[line.name])
    values = [value for line in lines for value in line.y]
    if min(values) > 0 and max(values) / min(values) > WIDE_SPAN:
        axes.set_yscale("log")
        axes.minorticks_off()
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))
    xs = [x for line in lines for x in line.x]
    if min(xs) == max(xs):
        axes.set_xlim(min(xs) - 1, max(xs) + 1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))


def _draw(axes: Axes, line: Series, place: int) -> None:
    if place >= MAX_LINES:
        axes.plot(line.x, line.y, color=FAINT, linewidth=1, alpha=0.5, zorder=1)
        return
    width = 1.5 if len(line.x) > MANY_POINTS else 5
    [drawn] = axes.plot(line.x, line.y, color=COLOURS[place], linestyle=DASHES[place], linewidth=width)
    if len(line.x) == 1:
        drawn.set(marker="o", markersize=12)


def _sample(place: int) -> Line2D:
    sample = Line2D([], [], linewidth=5)
    sample.set(color=COLOURS[place], linestyle=DASHES[place])
    return sample


def bars(groups: Mapping[str, Mapping[str, float]], *, title: str, unit: str, rest: str) -> bytes:
    """Return horizontal bars, for each group its parts stacked, as PNG; what is too many is summed up as the rest."""
    used = {
        name: {part: value for part, value in parts.items() if math.isfinite(value) and value > 0}
        for name, parts in groups.items()
    }
    shown = _largest({name: parts for name, parts in used.items() if parts}, rest)
    parts = list(dict.fromkeys(part for group in shown.values() for part in group))
    height_px = len(shown) * (BAR_PX if len(shown) <= FEW_BARS else NARROW_BAR_PX) if shown else PANEL_PX
    with _look():
        figure = _figure(height_px + AXIS_PX, title, parts)
        axes = figure.add_subplot()
        _plain(axes)
        if shown:
            _stacks(axes, shown, parts, unit)
            _legend(figure, [Patch(color=COLOURS[at]) for at in _shown(parts)], parts)
        else:
            _say(axes, NOTHING)
        return _png(figure)


def _stacks(axes: Axes, shown: Mapping[str, Mapping[str, float]], parts: Sequence[str], unit: str) -> None:
    rows = range(len(shown))[::-1]
    left = [0.0] * len(shown)
    for colour, part in zip(COLOURS, parts, strict=False):
        widths = [group.get(part, 0.0) for group in shown.values()]
        axes.barh(rows, widths, left=left, color=colour, edgecolor=BACKGROUND)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    for row, total in zip(rows, left, strict=True):
        axes.text(
            total, row, f" {total:,.0f}" if total >= WIDE_SPAN else f" {total:.3g}", fontsize=TICK_PT, va="center"
        )
    axes.set_yticks(rows, [cut(name, NAME_LETTERS) for name in shown], fontsize=TICK_PT)
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlim(0, max(left) * 1.16)  # the totals need room
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlabel(unit, fontsize=TICK_PT, color=FAINT)


def _largest(groups: Mapping[str, Mapping[str, float]], rest: str) -> dict[str, dict[str, float]]:
    """Return the groups that used most, largest first, and of their parts the largest; the rest are summed up."""
    ordered = sorted(groups, key=lambda name: -sum(groups[name].values()))
    shown = {name: dict(groups[name]) for name in ordered[:MAX_GROUPS]}
    if left := ordered[MAX_GROUPS:]:
        shown[f"{rest} ({len(left)})"] = {rest: sum(sum(groups[name].values()) for name in left)}
    totals: dict[str, float] = {}
    for group in shown.values():
        for part, value in group.items():
            totals[part] = totals.get(part, 0.0) + value
    if len(totals) <= MAX_LINES:
        return shown
    kept = set(sorted(totals, key=lambda part: -totals[part])[: MAX_LINES - 1]) - {rest}
    return {
        name: {part: value for part, value in group.items() if part in kept}
        | {rest: sum(value for part, value in group.items() if part not in kept)}
        for name, group in shown.items()
    }


def _look() -> AbstractContextManager[None]:
    return mpl.rc_context({"font.family": families(), "text.color": TEXT, "text.parse_math": False})


def _figure(panels_px: int, title: str, legend: Sequence[str]) -> Figure:
    """Return a figure with room for its panels, and for the title above and the legend below them."""
    legend_px = LEGEND_ROW_PX * (math.ceil(len(_shown(legend)) / _columns(legend)) + 0.5) if legend else 0
    size = (WIDTH_PX / DPI, round(TITLE_PX + panels_px + legend_px) / DPI)
    figure = Figure(figsize=size, dpi=DPI, facecolor=BACKGROUND)
    figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=0.2, h_pad=0.12))
    figure.suptitle(cut(title, TITLE_LETTERS), fontsize=TITLE_PT, x=0.015, ha="left")
    return figure


def _columns(names: Sequence[str]) -> int:
    """Return how many names of a legend have room side by side."""
    longest = max(min(len(name), LEGEND_LETTERS) for name in names)
    return max(1, min(len(names), WIDTH_PX // (longest * LETTER_PX + SAMPLE_PX)))


def _shown(names: Sequence[str]) -> range:
    return range(min(len(names), MAX_LINES))


def _legend(figure: Figure, handles: Sequence[Artist], names: Sequence[str]) -> None:
    """Put one legend for all panels below them, where it covers nothing and takes no width."""
    more = f"and {len(names) - MAX_LINES} more" if len(names) > MAX_LINES else None
    labels = [cut(name, LEGEND_LETTERS) for name in names[: len(handles)]]
    legend = figure.legend(
        handles,
        labels,
        loc="outside lower left",
        ncols=_columns(labels),
        columnspacing=1,
        fontsize=LEGEND_PT,
        facecolor=PAPER,
        edgecolor=FAINT,
        title=more,
    )
    legend.get_title().set_fontsize(LEGEND_PT)


def _say(axes: Axes, text: str) -> None:
    """Say in words why there is nothing to see."""
    axes.set(xticks=[], yticks=[])
    axes.text(0.5, 0.5, text, fontsize=LABEL_PT, color=FAINT, ha="center", transform=axes.transAxes)


def _plain(axes: Axes) -> None:
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=FAINT, labelsize=TICK_PT)
    for side in axes.spines.values():
        side.set_color(FAINT)


def _png(figure: Figure) -> bytes:
    written = io.BytesIO()
    FigureCanvasAgg(figure).print_png(written, metadata={"Software": None})
    return written.getvalue()
