"""The tables of the business are complete and agree with one another."""

import pytest

from bot.core.kind import Lane
from bot.core.values import Kind, Stage
from bot.effects.deliver import HANDLERS
from bot.lifecycle import DUTIES, EFFECTS, EVENTS, FOLLOWS, GIVE_UP, RULES, STEPS, kind_of, step

EACH_KIND = pytest.mark.parametrize("kind", list(RULES))


def _reached(kind: Kind) -> set[Stage]:
    reached = {after for (before, _), after in STEPS[kind].items() if before is None}
    while True:
        more = {after for (before, _), after in STEPS[kind].items() if before in reached} - reached
        if not more:
            return reached
        reached |= more


@EACH_KIND
def test_every_stage_can_be_reached(kind: Kind):
    """No stage stands in a table that no chain of events leads to."""
    named = {stage for (before, _), after in STEPS[kind].items() for stage in (before, after)} - {None}

    assert named == _reached(kind)


@EACH_KIND
def test_every_stage_can_end(kind: Kind):
    """From every stage some chain of events leads to one that nothing has to follow."""
    steps = STEPS[kind]
    ends = {stage for stage in _reached(kind) if all(b is not stage or a is stage for (b, _), a in steps.items())}
    if kind is Kind.INCIDENT:
        ends = {Stage.RESOLVED}  # it may be opened again, and need not be
    if kind is Kind.RUN:
        ends |= {Stage.FAILED, Stage.CANCELLED}  # they may be tried again, and need not be
    can_end = set(ends)
    while more := {b for (b, _), a in steps.items() if a in can_end and b is not None} - can_end:
        can_end |= more

    assert ends
    assert _reached(kind) == can_end


def test_every_event_has_its_rows():
    """Each event is in the table of its kind and in no other, with duties and a row of effects."""
    for event in EVENTS.values():
        kinds = {kind for kind, steps in STEPS.items() if any(happening is event for _, happening in steps)}

        assert {kind_of(event)} == kinds, event
        assert DUTIES[event], event
        assert event in FOLLOWS


def test_every_effect_can_be_acted_on_and_given_up():
    """Each effect has a handler, a lane, a give-up, and an event that calls for it."""
    called_for = {effect for effects in FOLLOWS.values() for effect in effects}

    assert set(EFFECTS.values()) == called_for == set(HANDLERS) == set(GIVE_UP)
    assert {effect.lane for effect in EFFECTS.values()} == set(Lane)


def test_a_give_up_leads_on_from_where_its_effect_is_called_for():
    """Whatever stage an effect was called for at, its give-up event is allowed there."""
    for event, effects in FOLLOWS.items():
        for effect in effects:
            ending = GIVE_UP[effect]
            if ending is None:
                continue
            kind = kind_of(event)
            stages = {after for (_, happening), after in STEPS[kind].items() if happening is event}

            assert all(step(kind, stage, ending) is not None for stage in stages), (event, effect)
