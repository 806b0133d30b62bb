"""Paints the charts of the gallery's cards as the bot does. Imports matplotlib, and only the camera imports this."""

from dataclasses import replace
from typing import assert_never

from bot.adapters.matplotlib.paper import Panel, draw
from bot.adapters.matplotlib.worker import bars, curves
from bot.core.cards import Card, File
from tests.gallery.charts import Bars, Chart, Curves, Drift
from tests.gallery.exhibit import Exhibit, Shown


def framed(exhibit: Exhibit) -> Shown:
    """Return what is shown, with its chart painted."""
    if exhibit.chart is None or not isinstance(exhibit.shown, Card):
        return exhibit.shown
    chart = exhibit.chart
    return replace(exhibit.shown, pictures=(File(chart.file_name, _png(chart), chart.alt_text),))


def _png(chart: Chart) -> bytes:
    match chart.plot:
        case Drift(reference_line, current_line, _) as drift:
            return draw(chart.title, reference_line, current_line, _panels(drift))
        case Curves(panels, x_label, is_small):
            return curves(panels, title=chart.title, x_label=x_label, is_small=is_small)
        case Bars(groups, unit):
            return bars(groups, title=chart.title, unit=unit, rest="others")
        case _:
            assert_never(chart.plot)


def _panels(drift: Drift) -> list[Panel]:
    return [
        Panel(
            one.title,
            one.verdict,
            one.is_drifted,
            is_categorical=isinstance(one.reference[0], str),
            reference=one.reference,
            current=one.current,
        )
        for one in drift.measures
    ]
