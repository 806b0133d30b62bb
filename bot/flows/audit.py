"""What other things' facts mean for audits."""

from collections.abc import Sequence

from bot.core.flow import Flow, flow
from bot.core.judging import Evidence, Judge
from bot.core.record import Decision
from bot.things.audit.checks import audit_checks
from bot.things.audit.model import Audit
from bot.things.audit.rules import AuditEvent
from bot.things.evaluation.model import Evaluation
from bot.things.model.model import Model
from bot.things.model.rules import ModelEvent
from bot.things.requirement.model import Requirement


def audited_by(judges: Sequence[Judge]) -> Flow:
    """Return the flow that opens audits with what these judges find."""

    @flow(on=(ModelEvent.EVALUATED,), causes=(AuditEvent.OPENED,))
    async def a_model_was_evaluated_so_it_is_audited(decision: Decision, model: Model) -> None:
        """Judge the figures by the requirement's targets."""
        [evaluation] = await decision.tx.select(Evaluation, model=model.number, limit=1)
        requirement = await decision.tx.find(Requirement, model.requirement)
        assert requirement is not None, f"{model.ref} is for no requirement"
        evidence = Evidence(requirement.targets, evaluation.figures, evaluation.test_rows)
        audit = Audit(
            requirement=model.requirement,
            model=model.number,
            evaluation=evaluation.number,
            run=model.run,
            model_digest=model.digest,
            checks=audit_checks(evidence, judges),
        )
        await decision.open(audit, AuditEvent.OPENED)

    return a_model_was_evaluated_so_it_is_audited
