"""Requirements that are withdrawn, and what that means for what was planned, runs and is told of them."""

from bot.core.record import Decision, Record
from bot.core.said import kept
from bot.core.values import SYSTEM, Actor, Ref, Stage
from bot.core.words import STAGES
from bot.errors import WrongStage
from bot.services.incidents import UNRESOLVED
from bot.services.planning import OPEN
from bot.services.rollouts import UNDER_WAY
from bot.services.things import every, get
from bot.things.incident.model import Incident
from bot.things.requirement import words
from bot.things.requirement.decisions import checked_text
from bot.things.requirement.model import Requirement
from bot.things.requirement.rules import RequirementEvent
from bot.things.rollout.model import Rollout
from bot.things.run.events import RunEvent
from bot.things.run.model import Run
from bot.things.sweep.events import SweepEvent
from bot.things.sweep.model import Sweep


async def withdraw(record: Record, number: int, *, reason: str, by: Actor) -> Requirement:
    """Withdraw a requirement that is not fulfilled: its plans are discarded, its runs go on until they are cancelled.

    Raises:
        Refused: one of its models is on the way to production.
    """
    reason = checked_text("reason", reason)
    async with record.decide(by) as decision:
        withdrawn = await decision.move(Requirement, number, RequirementEvent.WITHDRAWN, reason=reason)
        for rollout in await decision.tx.select(Rollout, requirement=number, stages=UNDER_WAY, limit=1):
            stage = STAGES[rollout.stage]()
            raise WrongStage(words.ON_ITS_WAY(rollout=rollout.ref, requirement=withdrawn.ref, stage=stage))
        await _discard_plans(decision, number)
        await _mark_cards(decision, number)
        return withdrawn


async def _mark_cards(decision: Decision, number: int) -> None:
    """Have the cards drawn that offer another attempt of a requirement's runs: nobody may order one any more."""
    stages = (Stage.FAILED.value, Stage.CANCELLED.value, *(stage.value for stage in OPEN))
    runs = await decision.tx.select(Run, requirement=number, sweep=None, stages=stages)
    sweeps = await decision.tx.select(Sweep, requirement=number, stages=(Stage.RUNNING.value, Stage.ENDED.value))
    offering = [*(Ref(Sweep.kind, one.number) for one in sweeps), *(Ref(Run.kind, one.number) for one in runs)]
    told_of, told = set(offering), await every(decision.tx, Incident, stages=UNRESOLVED)
    telling = [Ref(one.kind, one.number) for one in told if one.about.thing in told_of]
    await decision.tx.mark_card(*offering, *telling, not_before=decision.at)


async def discarded_plans(record: Record, number: int) -> bool:
    """Discard what is planned for a requirement that was withdrawn, as `withdraw` once did not; tell whether it was."""
    if (await get(record.store, Requirement, number)).stage is not Stage.WITHDRAWN:
        return False
    async with record.decide(SYSTEM) as decision:
        await _discard_plans(decision, number)
    return True


async def _discard_plans(decision: Decision, number: int) -> None:
    """Discard what was only planned for a requirement: nobody may launch it any more."""
    system, details = (
        decision.by_system(),
        {"reason": kept(words.WAS_WITHDRAWN(requirement=Ref(Requirement.kind, number)))},
    )
    planned = (Stage.PLANNED.value,)
    for run in await every(decision.tx, Run, requirement=number, stages=planned):
        await system.move(Run, run.number, RunEvent.CANCELLED, details=details)
    for sweep in await every(decision.tx, Sweep, requirement=number, stages=planned):
        await system.move(Sweep, sweep.number, SweepEvent.CANCELLED, details=details)
