"""Lists as cards: a line for each thing, newest first; an empty one says how it gets its first."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from bot.core.cards import Card
from bot.domain.drawing_parts import STAGE_SIGNS, run_line
from bot.things.run.model import Run
from bot.things.sweep.model import Sweep

SHOWN_LINES = 25
ROOM = 2000
"""Characters for rows, of the four thousand that a card may have."""
NO_RUN = "There is no run yet. An ML creator launches one with `/train launch`."


def run_list(runs: Sequence[Run | Sweep]) -> Card:
    """Return the runs as a card; those of a sweep are its line."""
    lines = [
        f"{run_line(one) if isinstance(one, Run) else _sweep_line(one)} · REQ-{one.requirement} · <@{one.ordered_by}>"
        for one in runs
    ]
    return _newest("Runs", lines, empty=NO_RUN, by_number="/train show")


def listed(headline: str, lines: Sequence[str], *, empty: str) -> Card:
    """Return the first lines as a card."""
    return Card(headline, [first_of(lines) or empty])


def _newest(headline: str, lines: Sequence[str], *, empty: str, by_number: str) -> Card:
    """Return lines as a card that says where the older ones are, since nobody has counted them."""
    footer = f"The newest {len(lines)}; older ones by number with {by_number}" if len(lines) >= SHOWN_LINES else ""
    return replace(listed(headline, lines, empty=empty), footer=footer)


def first_of(lines: Sequence[str], *, shown: int = SHOWN_LINES, count: int = 0) -> str:
    """Return the first lines, as many as there is room for, and how many more there are; `count` if not all came."""
    left = max(count, len(lines)) - min(len(lines), shown)
    return "\n".join(lines[:shown]) + (f"\n-# and {left} more" if left else "")


def with_room(lines: Sequence[str], *, shown: int = SHOWN_LINES, room: int = ROOM) -> str:
    """Return as many whole lines as a card has room for beside all else, and how many more there are."""
    ends = accumulate(len(line) + 1 for line in lines)
    return first_of(lines, shown=min(sum(end <= room for end in ends), shown))


def _sweep_line(sweep: Sweep) -> str:
    sign, _ = STAGE_SIGNS[sweep.stage]
    return f"{sign} **SWP-{sweep.number}** *{sweep.stage.value}* · {sweep.run_count} runs"
