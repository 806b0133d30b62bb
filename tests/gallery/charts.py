"""The pictures on the gallery's cards: real charts of made-up rows."""

import random

from bot.adapters.matplotlib.paper import Panel, draw
from bot.adapters.matplotlib.worker import bars, curves
from bot.domain.cards import File
from bot.ports import Series
from tests.gallery.things import COMPARED, REQUIREMENT, accuracy_of, loss_of

ROWS = 360


def drift(*, is_drifted: bool) -> File:
    """Return a comparison of production with its reference."""
    source = random.Random(7)  # the same picture every time
    darker = 0.25 if is_drifted else 0.0

    def spread(middle: float) -> list[float]:
        return [source.gauss(middle, 0.08) for _ in range(ROWS)]

    def digits() -> list[str]:
        return [str(source.randrange(10)) for _ in range(ROWS)]

    panels = [
        Panel(
            "predicted class",
            _verdict(0.08, 0.1),
            is_drifted=False,
            is_categorical=True,
            reference=digits(),
            current=digits(),
        ),
        Panel(
            "confidence",
            _verdict(0.31 if is_drifted else 0.04, 0.1),
            is_drifted,
            reference=spread(0.85),
            current=spread(0.85 - darker),
        ),
        Panel(
            "brightness",
            _verdict(1.87 if is_drifted else 0.03, 0.2),
            is_drifted,
            reference=spread(0.6),
            current=spread(0.6 - darker),
        ),
        Panel("share of ink", _verdict(0.05, 0.1), is_drifted=False, reference=spread(0.3), current=spread(0.3)),
    ]
    picture = draw(
        f"MON-3 · {REQUIREMENT.title}",
        "Reference: 360 rows held out of training",
        "Production: 400 rows, last 24 hours",
        panels,
    )
    return File("mon-3.png", picture, "Histograms of 400 production rows beside the reference, measure by measure")


def _verdict(score: float, limit: float) -> str:
    return f"DRIFTED: {score:.2f} > {limit:.2f}" if score > limit else f"stable: {score:.2f} ≤ {limit:.2f}"


def curve() -> File:
    """Return a run's own curve."""
    epochs = [float(epoch) for epoch in range(1, 48)]
    loss = Series("RUN-31", epochs, [1 / (1 + epoch / 6) for epoch in epochs])
    accuracy = Series("RUN-31", epochs, [1 - 0.9 * value for value in loss.y])
    panels = {"loss": [loss], "accuracy": [accuracy]}
    picture = curves(panels, title="RUN-31", x_label="epoch", is_small=True)
    return File("run-31.png", picture, "Curves of loss and accuracy over 47 epochs")


def comparison() -> File:
    """Return the curves of eight runs, which end where the card's figures say."""
    epochs = [float(epoch) for epoch in range(1, 81)]
    lines, risen = (
        [
            Series(f"RUN-{run.number}", epochs, [of(place, epoch) for epoch in epochs])
            for place, run in enumerate(COMPARED)
        ]
        for of in (loss_of, accuracy_of)
    )
    picture = curves({"loss": lines, "accuracy": risen}, title="Comparison", x_label="epoch", is_small=False)
    return File("curves.png", picture, "Curves of loss, accuracy by epoch, one line for each run")


def usage() -> File:
    """Return GPU hours by requirement and person."""
    groups = {"REQ-12": {"Anan · อนันต์": 3.2, "Preecha · ปรีชา": 0.4}, "others": {"physics": 11.5}}
    picture = bars(groups, title="GPU hours, last 7 days", unit="GPU hours")
    return File("usage.png", picture, "GPU hours by requirement and person over 7 days")
