"""What a live model's rows show, beside how they have drifted: each measure looks at them and says what it found."""

from collections.abc import Iterator

from bot.core.judging import Check, Measure, Production
from bot.things.monitor import words


def every_row_has_an_answer(production: Production) -> Iterator[Check]:
    """Yield whether a value is missing in what the model answered; of no rows nothing is known."""
    rows = len(production.outputs)
    if rows:
        empty = sum(any(value is None for value in row.values()) or not row for row in production.outputs)
        yield Check(words.EVERY_ROW_HAS_AN_ANSWER(), not empty, words.WITHOUT_AN_ANSWER(count=empty, rows=rows))


MEASURES: tuple[Measure, ...] = (every_row_has_an_answer,)
"""Those that ship."""
