"""Audits: opened with the automatic checks, decided by auditors who did not train the model."""

from bot.core.kind import Event
from bot.core.reason import checked_reason
from bot.core.values import Actor, Ref
from bot.domain.model import Audit, Requirement, Run
from bot.services.record import Decision, Record
from bot.services.things import found
from bot.things.audit.checks import audit_checks
from bot.things.audit.rules import AuditEvent
from bot.things.run.readings import TEST_ROWS


async def opened(decision: Decision, run: Run) -> Audit:
    """Open the audit of a run that has succeeded, with the automatic checks of its result, within a transaction."""
    assert run.model_digest is not None, f"RUN-{run.number} has no result"
    requirement = await found(decision.tx, Requirement, run.requirement)
    test_rows = await decision.tx.reading(Ref(Run.kind, run.number), TEST_ROWS) or 0
    checks = audit_checks(requirement.targets, run.metrics or {}, test_rows=test_rows)
    audit = Audit(requirement=run.requirement, run=run.number, model_digest=run.model_digest, checks=checks)
    return await decision.by_system().open(audit, AuditEvent.OPENED)


async def decide(record: Record, number: int, verdict: Event, *, reason: str, by: Actor) -> Audit:
    """Give a verdict with its reason. Raises Refused for an empty or too long reason, and as `Decision.move` does."""
    reason = checked_reason(reason)
    async with record.decide(by) as decision:
        return await decision.move(
            Audit,
            number,
            verdict,
            details={"reason": reason},
            decided_by=by.id,
            reason=reason,
        )
