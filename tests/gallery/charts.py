"""The charts on the gallery's cards as plain data of made-up rows; `pictures.py` paints them."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeAlias

from bot.ports import Series
from tests.gallery.things import COMPARED, REQUIREMENT, accuracy_of, loss_of

ROWS = 360


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a drift chart: its score beside the limit, and its rows."""

    title: str
    score: float
    limit: float
    reference: Sequence[float | str]
    current: Sequence[float | str]

    @property
    def is_drifted(self) -> bool:
        """Tell whether the score is above its limit."""
        return self.score > self.limit

    @property
    def verdict(self) -> str:
        """Return what stands above the panel."""
        score, limit = f"{self.score:.2f}", f"{self.limit:.2f}"
        return f"DRIFTED: {score} > {limit}" if self.is_drifted else f"stable: {score} ≤ {limit}"


@dataclass(frozen=True, slots=True)
class Drift:
    """Histograms, production beside its reference."""

    reference_line: str
    current_line: str
    measures: Sequence[Measure]


@dataclass(frozen=True, slots=True)
class Curves:
    """Lines, on one panel by name or several."""

    panels: Mapping[str, Sequence[Series]]
    x_label: str
    is_small: bool


@dataclass(frozen=True, slots=True)
class Bars:
    """For each group its parts, stacked."""

    groups: Mapping[str, Mapping[str, float]]
    unit: str


Plot: TypeAlias = Drift | Curves | Bars


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of a card before it is painted."""

    file_name: str
    alt_text: str
    title: str
    plot: Plot


@cache
def drift(*, is_drifted: bool) -> Chart:
    """Return a comparison of production with its reference."""
    source = random.Random(7)  # the same picture every time
    darker = 0.25 if is_drifted else 0.0

    def spread(middle: float) -> list[float]:
        return [source.gauss(middle, 0.08) for _ in range(ROWS)]

    def digits() -> list[str]:
        return [str(source.randrange(10)) for _ in range(ROWS)]

    confidence, brightness = (0.31, 1.87) if is_drifted else (0.04, 0.03)
    measures = (
        Measure("predicted class", 0.08, 0.1, digits(), digits()),
        Measure("confidence", confidence, 0.1, spread(0.85), spread(0.85 - darker)),
        Measure("brightness", brightness, 0.2, spread(0.6), spread(0.6 - darker)),
        Measure("share of ink", 0.05, 0.1, spread(0.3), spread(0.3)),
    )
    plot = Drift("Reference: 360 rows held out of training", "Production: 400 rows, last 24 hours", measures)
    alt_text = "Histograms of 400 production rows beside the reference, measure by measure"
    return Chart("mon-3.png", alt_text, f"MON-3 · {REQUIREMENT.title}", plot)


BY_PATH: Mapping[str, Callable[[], Chart]] = {
    "charts/MON-3-1.png": partial(drift, is_drifted=False),
    "charts/MON-3-2.png": partial(drift, is_drifted=True),
}
"""Those that examples of things name."""


@cache
def curve() -> Chart:
    """Return a run's own curve."""
    epochs = [float(epoch) for epoch in range(1, 48)]
    loss = Series("RUN-31", epochs, [1 / (1 + epoch / 6) for epoch in epochs])
    accuracy = Series("RUN-31", epochs, [1 - 0.9 * value for value in loss.y])
    plot = Curves({"loss": [loss], "accuracy": [accuracy]}, "epoch", is_small=True)
    return Chart("run-31.png", "Curves of loss and accuracy over 47 epochs", "RUN-31", plot)


@cache
def comparison() -> Chart:
    """Return the curves of eight runs, which end where the card's figures say."""
    epochs = [float(epoch) for epoch in range(1, 81)]
    lines, risen = (
        [
            Series(f"RUN-{run.number}", epochs, [of(place, epoch) for epoch in epochs])
            for place, run in enumerate(COMPARED)
        ]
        for of in (loss_of, accuracy_of)
    )
    plot = Curves({"loss": lines, "accuracy": risen}, "epoch", is_small=False)
    return Chart("curves.png", "Curves of loss, accuracy by epoch, one line for each run", "Comparison", plot)


@cache
def usage() -> Chart:
    """Return GPU hours by requirement and person."""
    groups = {"REQ-12": {"Anan · อนันต์": 3.2, "Preecha · ปรีชา": 0.4}, "others": {"physics": 11.5}}
    alt_text = "GPU hours by requirement and person over 7 days"
    return Chart("usage.png", alt_text, "GPU hours, last 7 days", Bars(groups, "GPU hours"))
