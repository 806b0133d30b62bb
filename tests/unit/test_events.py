"""The hash chain, as pure functions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest

from bot.core.chain import FIRST_HASH, broken_at, canonical, hash_of
from bot.core.values import Fact, Kind, PersonId, Ref

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def test_equal_values_have_one_text() -> None:
    """Neither the order of keys nor a read-only wrapping makes a difference."""
    first = canonical({"b": (1, 2.0), "a": "ก"})
    second = canonical(MappingProxyType({"a": "ก", "b": [1, 2.0]}))

    assert first == second == '{"a":"ก","b":[1,2.0]}'


def test_what_is_not_json_is_refused() -> None:
    """A time among the details would come back as text, and the hash would not hold."""
    with pytest.raises(TypeError, match="datetime"):
        canonical({"at": AT})  # type: ignore[dict-item]  # what it is to refuse


def test_a_whole_chain_is_not_broken() -> None:
    """Also when it is read piece by piece, and when there is nothing in it."""
    facts = _chain(5)

    assert broken_at(facts) is None
    assert broken_at(facts[3:], after=3, previous_hash=facts[2].hash) is None
    assert broken_at([]) is None


@pytest.mark.parametrize(
    "change",
    [
        {"at": AT + timedelta(microseconds=1)},
        {"about": Ref(Kind.RUN, 2)},
        {"event": "run.failed"},
        {"by": PersonId(8)},
        {"details": {"n": 2.0}},
        {"changes": {}},
        {"sequence": 4},
        {"previous_hash": FIRST_HASH},
        {"hash": "0" * 64},
    ],
)
def test_each_field_that_is_changed_breaks_the_chain_there(change: dict[str, Any]) -> None:
    """The hash covers every field."""
    facts = _chain(4)
    facts[2] = replace(facts[2], **change)

    assert broken_at(facts) == 3


def test_one_who_hashes_anew_is_found_at_the_next_fact() -> None:
    """A changed fact with a fitting hash no longer fits the one after it."""
    facts = _chain(4)
    facts[1] = _fact(2, facts[0].hash, event="run.failed")

    assert broken_at(facts) == 3


@pytest.mark.parametrize(("missing", "broken"), [(0, 1), (2, 3)])
def test_a_fact_that_is_missing_shows(missing: int, broken: int) -> None:
    """Sequences have no gap."""
    facts = _chain(4)
    del facts[missing]

    assert broken_at(facts) == broken


def test_the_zone_of_a_time_does_not_matter_but_there_must_be_one() -> None:
    """One moment has one hash."""
    bangkok = AT.astimezone(timezone(timedelta(hours=7)))

    assert _fact(1, FIRST_HASH, at=bangkok).hash == _fact(1, FIRST_HASH).hash
    with pytest.raises(ValueError, match="zone"):
        _fact(1, FIRST_HASH, at=AT.replace(tzinfo=None))


def test_the_hash_of_a_known_fact_never_changes() -> None:
    """A log written today is verified by every later version."""
    assert _fact(1, FIRST_HASH).hash == "1cc23f76822e3c52740324d626e694ab40e0e07c8be0ef9f2ffe290ab9314495"


def _chain(count: int) -> list[Fact]:
    facts: list[Fact] = []
    for sequence in range(1, count + 1):
        facts.append(_fact(sequence, facts[-1].hash if facts else FIRST_HASH))
    return facts


def _fact(sequence: int, previous_hash: str, *, event: str = "run.ordered", at: datetime = AT) -> Fact:
    fields: dict[str, Any] = {
        "sequence": sequence,
        "at": at,
        "about": Ref(Kind.RUN, 1),
        "event": event,
        "by": PersonId(7),
        "details": {"n": 1.0, "why": "ทดสอบ"},
        "changes": {"stage": "ordered"},
        "previous_hash": previous_hash,
    }
    fact = Fact(**fields, hash="")
    return replace(fact, hash=hash_of(fact))
