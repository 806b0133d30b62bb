"""Flows by what they follow from; a circle stops the start."""

from typing import Any

import pytest

from bot.core.flow import by_event, flow
from bot.core.kind import Event
from bot.plugins import FLOWS
from bot.things.audit.rules import AuditEvent
from bot.things.evaluation.rules import EvaluationEvent
from bot.things.model.rules import ModelEvent
from bot.things.run.events import RunEvent


def following(on: Event, *causes: Event) -> Any:
    """Return a flow that does nothing."""

    @flow(on=(on,), causes=causes)
    async def nothing(_decision: object, _thing: object) -> None:
        """Do nothing."""

    return nothing


def test_a_circle_of_flows_is_named():
    """It would never end: also one of three, and one that leads back to itself."""
    made, measured, opened = ModelEvent.MADE, EvaluationEvent.MEASURED, AuditEvent.OPENED

    with pytest.raises(TypeError, match=r"model\.made → evaluation\.measured → audit\.opened → model\.made"):
        by_event([following(made, measured), following(measured, opened), following(opened, made)])
    with pytest.raises(TypeError, match=r"model\.made → model\.made"):
        by_event([following(made, made)])
    assert {made: 2, measured: 1} == {
        event: len(flows)
        for event, flows in by_event(
            [following(made, measured), following(made, opened), following(measured, opened)]
        ).items()
    }


def test_the_flows_lead_from_a_run_to_its_audit():
    """By what each says that it causes."""
    reached: set[Event] = set()
    waiting: list[Event] = [RunEvent.SUCCEEDED]
    while waiting:
        event = waiting.pop()
        reached.add(event)
        waiting += [after for one in FLOWS.get(event, ()) for after in one.causes]

    assert {RunEvent.SUCCEEDED, ModelEvent.MADE, EvaluationEvent.MEASURED, ModelEvent.EVALUATED, AuditEvent.OPENED} == (
        reached
    )
