"""A kind that lacks a part stops the start, with the name of what is lacking."""

from dataclasses import replace
from typing import Any

import pytest

from bot.core.kind import Hand
from bot.core.links import JUDGES, Reference
from bot.core.values import SYSTEM_ONLY, Kind
from bot.things.audit.rules import AUDIT, AuditEffect, AuditEvent
from bot.things.monitor.rules import MonitorEvent
from bot.things.run.words import HAND


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"duties": {event: SYSTEM_ONLY for event in AuditEvent if event is not AuditEvent.EXPIRED}}, "audit.expired"),
        ({"steps": {step: stage for step, stage in AUDIT.steps.items() if step[0] is None}}, "audit.approved"),
        ({"duties": {**AUDIT.duties, MonitorEvent.CALLED: SYSTEM_ONLY}}, "AUDIT has rows for events of others"),
        ({"hand": Hand(frozenset({MonitorEvent.CALLED}), HAND)}, "AUDIT has rows for events of others"),
        ({"links": {"rnu": Reference(JUDGES, Kind.RUN)}}, "Audit has no fields ..rnu"),
        ({"gives_up": {}}, AuditEffect.TELL_VERDICT.value),
        ({"follows": {}}, AuditEffect.TELL_VERDICT.value),
    ],
    ids=[
        "no duty",
        "no step",
        "another's event",
        "a hand in another's event",
        "no such field",
        "no give-up",
        "never called for",
    ],
)
def test_what_is_forgotten_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        replace(AUDIT, **changes)
