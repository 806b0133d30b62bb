"""What other things' facts mean for evaluations."""

from bot.core.flow import flow
from bot.core.record import Decision
from bot.things.evaluation.model import Evaluation
from bot.things.evaluation.rules import EvaluationEvent
from bot.things.model.model import Model
from bot.things.model.rules import ModelEvent
from bot.things.run.model import Run
from bot.things.run.readings import TEST_ROWS


@flow(on=(ModelEvent.MADE,), causes=(EvaluationEvent.MEASURED,))
async def a_model_was_made_so_what_its_run_reports_is_its_evaluation(decision: Decision, model: Model) -> None:
    """Until evaluations are jobs of their own, the figures are those of the run that made it."""
    run = await decision.tx.find(Run, model.run)
    assert run is not None, f"{model.ref} is of no run"
    evaluation = Evaluation(
        requirement=model.requirement,
        model=model.number,
        figures=run.metrics or {},
        test_rows=await decision.tx.reading(run.ref, TEST_ROWS) or 0,
    )
    await decision.open(evaluation, EvaluationEvent.MEASURED)
