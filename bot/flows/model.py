"""What other things' facts mean for models."""

from bot.core.flow import flow
from bot.core.record import Decision
from bot.things.audit.model import Audit
from bot.things.audit.rules import AuditEvent
from bot.things.evaluation.model import Evaluation
from bot.things.evaluation.rules import EvaluationEvent
from bot.things.model.model import Model
from bot.things.model.rules import ModelEvent
from bot.things.run.events import RunEvent
from bot.things.run.model import Run


@flow(on=(RunEvent.SUCCEEDED,), causes=(ModelEvent.MADE,))
async def a_run_succeeded_so_its_model_is_made(decision: Decision, run: Run) -> None:
    """Those of a sweep are many, of which one is wanted: theirs are made when they are promoted."""
    if run.sweep is None:
        await _made(decision, run)


@flow(on=(RunEvent.PROMOTED,), causes=(ModelEvent.MADE,))
async def a_run_was_promoted_so_its_model_is_made(decision: Decision, run: Run) -> None:
    """As that of a run of no sweep when it succeeds."""
    await _made(decision, run)


async def _made(decision: Decision, run: Run) -> None:
    assert run.model_digest is not None, f"{run.ref} has no result"
    model = Model(requirement=run.requirement, run=run.number, digest=run.model_digest)
    await decision.open(model, ModelEvent.MADE)


@flow(on=(EvaluationEvent.MEASURED,), causes=(ModelEvent.EVALUATED,))
async def a_model_was_measured_so_it_is_evaluated(decision: Decision, evaluation: Evaluation) -> None:
    """Whatever was measured: to judge it is the audit's."""
    await decision.move(Model, evaluation.model, ModelEvent.EVALUATED)


@flow(on=(AuditEvent.APPROVED,), causes=(ModelEvent.APPROVED,))
async def an_audit_approved_so_its_model_is_approved(decision: Decision, audit: Audit) -> None:
    """Let it be rolled out."""
    await decision.move(Model, audit.model, ModelEvent.APPROVED)


@flow(on=(AuditEvent.REJECTED,), causes=(ModelEvent.REJECTED,))
async def an_audit_rejected_so_its_model_is_rejected(decision: Decision, audit: Audit) -> None:
    """Where changes are requested it is another model that will be made."""
    await decision.move(Model, audit.model, ModelEvent.REJECTED)
