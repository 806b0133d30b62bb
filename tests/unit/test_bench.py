"""What a bench says of a series that nobody answered: a line like the others, and what was left without an answer."""

from pathlib import Path
from typing import Any

from tests.bench.interactions import Side, table, unanswered

NOBODY: Any = None


def test_a_series_without_an_answer_is_told():
    """The other side's figures stay, nothing is compared, and the reason is given."""
    bare, ours = (Side(name, NOBODY, NOBODY, Path("books")) for name in ("bare", "bot"))
    bare.latencies_ms["read", 50] = [1.0, 2.0]
    ours.latencies_ms["read", 50] = []
    ours.failed["read", 50] = ["no answer within 3 s"] * 7

    assert "| read | 50 | 2 answers | 0 answers | nothing to compare | nothing to compare |" in table(bare, ours)
    assert "bot: 7 of read at 50 (no answer within 3 s)" == unanswered(ours)
    assert "bare: nothing" == unanswered(bare)
