"""Curves of runs and bars of use as PNG, in the look of the drift charts. Imported only in the worker process."""

import io
import math
from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bot.adapters._chart_matplotlib import BACKGROUND, DPI, FAINT, PAPER, TEXT, cut, families
from bot.ports import Series

SIZE_PX, SMALL_SIZE_PX = (1600, 900), (1200, 500)
COLOURS = ("#7f95c9", "#ffb454", "#8fd694", "#ff8fa3", "#c8a2ff", "#5ad1d1", "#e6e06a", "#d0d0d0")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (7, 2)))
MAX_LINES = len(COLOURS)
MAX_GROUPS = 20
WIDE_SPAN = 100
"""A span of more than two decades is shown on a logarithmic scale."""
TITLE_PT, LABEL_PT, TICK_PT = 30, 24, 20
NAME_LETTERS = 24


def curves(panels: Mapping[str, Sequence[Series]], *, title: str, x_label: str, is_small: bool) -> bytes:
    """Return one panel by name with its lines, as PNG."""
    size = SMALL_SIZE_PX if is_small else SIZE_PX
    with mpl.rc_context({"font.family": families(), "text.color": TEXT, "text.parse_math": False}):
        figure = Figure(figsize=(size[0] / DPI, size[1] / DPI), dpi=DPI, facecolor=BACKGROUND, layout="constrained")
        figure.suptitle(cut(title, 58), fontsize=TITLE_PT, color=TEXT)
        shown = dict(list(panels.items())[:4]) or {"": []}
        columns = min(2, len(shown))
        rows = math.ceil(len(shown) / columns)
        for number, (name, lines) in enumerate(shown.items()):
            _curves(figure.add_subplot(rows, columns, number + 1), name, lines, x_label)
        return _png(figure)


def _curves(axes: Axes, name: str, lines: Sequence[Series], x_label: str) -> None:
    _plain(axes)
    axes.set_title(cut(name.replace("_", " "), 30), fontsize=LABEL_PT, color=TEXT, loc="left")
    drawn = [line for line in lines if len(line.x)]
    if not drawn:
        axes.text(0.5, 0.5, "no data yet", fontsize=LABEL_PT, color=FAINT, ha="center", transform=axes.transAxes)
        return
    for place, line in enumerate(drawn):
        if place < MAX_LINES:
            [drawn_line] = axes.plot(line.x, line.y, color=COLOURS[place], linestyle=DASHES[place], linewidth=3.5)
            drawn_line.set_label(cut(line.name, 18))
            if len(line.x) == 1:
                drawn_line.set(marker="o", markersize=12)
        else:
            axes.plot(line.x, line.y, color=FAINT, linewidth=1, alpha=0.5)
    values = [value for line in drawn for value in line.y if value > 0 and math.isfinite(value)]
    if values and len(values) == sum(len(line.y) for line in drawn) and max(values) / min(values) > WIDE_SPAN:
        axes.set_yscale("log")
    axes.set_xlabel(x_label, fontsize=TICK_PT, color=FAINT)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    if len(drawn) > 1:
        more = f"and {len(drawn) - MAX_LINES} more" if len(drawn) > MAX_LINES else None
        axes.legend(fontsize=TICK_PT - 4, facecolor=PAPER, edgecolor=FAINT, labelcolor=TEXT, title=more)


def bars(groups: Mapping[str, Mapping[str, float]], *, title: str, unit: str) -> bytes:
    """Return horizontal bars, for each group its parts stacked, as PNG."""
    with mpl.rc_context({"font.family": families(), "text.color": TEXT, "text.parse_math": False}):
        figure = Figure(
            figsize=(SIZE_PX[0] / DPI, SIZE_PX[1] / DPI), dpi=DPI, facecolor=BACKGROUND, layout="constrained"
        )
        axes = figure.add_subplot()
        _plain(axes)
        axes.set_title(cut(title, 58), fontsize=TITLE_PT, color=TEXT, loc="left")
        shown = _largest(groups)
        if not shown:
            axes.text(
                0.5, 0.5, "no use in this time", fontsize=TITLE_PT, color=FAINT, ha="center", transform=axes.transAxes
            )
            return _png(figure)
        _stacks(axes, shown, unit)
        return _png(figure)


def _stacks(axes: Axes, shown: Mapping[str, Mapping[str, float]], unit: str) -> None:
    names = list(shown)[::-1]
    parts = list(dict.fromkeys(part for group in shown.values() for part in group))
    left = dict.fromkeys(names, 0.0)
    for place, part in enumerate(parts):
        widths = [shown[name].get(part, 0.0) for name in names]
        colour = COLOURS[place] if place < MAX_LINES else FAINT
        label = cut(part, 18) if place < MAX_LINES else None
        axes.barh(names, widths, left=[left[name] for name in names], color=colour, edgecolor=BACKGROUND, label=label)
        for name, width in zip(names, widths, strict=True):
            left[name] += width
    for row, name in enumerate(names):
        axes.text(left[name], row, f" {left[name]:.3g}", fontsize=TICK_PT, color=TEXT, va="center")
    axes.set_yticks(range(len(names)), [cut(name, NAME_LETTERS) for name in names], fontsize=TICK_PT)
    axes.set_xlim(0, max(left.values()) * 1.12 or 1)
    axes.set_xlabel(unit, fontsize=TICK_PT, color=FAINT)
    axes.legend(fontsize=TICK_PT - 2, facecolor=PAPER, edgecolor=FAINT, labelcolor=TEXT, loc="lower right")


def _largest(groups: Mapping[str, Mapping[str, float]]) -> dict[str, Mapping[str, float]]:
    """Return the groups by size, those beyond the most summed up in one."""
    ordered = sorted(groups, key=lambda name: -sum(groups[name].values()))
    shown = {name: groups[name] for name in ordered[:MAX_GROUPS]}
    rest = ordered[MAX_GROUPS:]
    if rest:
        shown[f"others ({len(rest)})"] = {"others": sum(sum(groups[name].values()) for name in rest)}
    return shown


def _plain(axes: Axes) -> None:
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=FAINT, labelsize=TICK_PT)
    for side in axes.spines.values():
        side.set_color(FAINT)


def _png(figure: Figure) -> bytes:
    written = io.BytesIO()
    FigureCanvasAgg(figure).print_png(written, metadata={"Software": None})
    return written.getvalue()
