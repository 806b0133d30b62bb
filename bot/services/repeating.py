"""Trainings that are ordered once more: the same to the bit, or with the newest code and data; and what code ran."""

from collections.abc import Mapping
from dataclasses import asdict, replace

from bot.config import ClusterSettings
from bot.core.record import Decision, Record
from bot.core.text import as_typed, clip
from bot.core.values import Actor, Json, PersonId, Ref, Stage
from bot.core.words import STAGES, as_said
from bot.errors import Refused, WrongStage
from bot.ports import FolderHash, Reader, Result
from bot.services.planning import HYPOTHESIS_LIMIT, Wish, draft, must_be_trainable, must_fit_budget
from bot.services.recipes import to_launch
from bot.services.things import found
from bot.things.recipe.recipe import Code, Recipe, code_of, digest_of
from bot.things.requirement.model import Requirement
from bot.things.run import answers_words
from bot.things.run.events import RunEvent
from bot.things.run.model import Run


async def reproduce(record: Record, number: int, *, by: Actor) -> Run:
    """Order the same training again: same code, data, parameters, seed and resources; its card says how it came out."""
    async with record.decide(by) as decision:
        first = await found(decision.tx, Run, number)
        if first.stage is not Stage.SUCCEEDED:
            raise WrongStage(answers_words.ONLY_SUCCEEDED_REPEATS(run=first.ref, stage=STAGES[first.stage]()))
        wanted = await found(decision.tx, Requirement, first.requirement)
        must_be_trainable(wanted)
        await must_fit_budget(decision.tx, wanted, first.resources)
        same = replace(_again(first, hypothesis=f"It comes out as RUN-{number} did.", by=by.id), like=number)
        return await decision.open(same, RunEvent.ORDERED, details={"like": number})


async def retrain(
    decision: Decision,
    run: Run,
    *,
    hypothesis: str,
    recipes: Mapping[str, Recipe],
    cluster: ClusterSettings,
    by: PersonId,
) -> Run:
    """Order a training again within a transaction: with the newest of its recipe, on the newest data that this reads.

    Of its parameters those are kept that the recipe still has.

    Raises:
        Refused: the recipe is gone, or the request became impossible, as in `planning.plan`.
    """
    name = run.recipe.partition("@")[0]
    try:
        recipe = await to_launch(decision.tx, name, recipes)
    except Refused as gone:
        why = as_said(gone.said)
        raise Refused(answers_words.NOT_TRAINED_AGAIN(run=run.ref, why=why, requirement=run.requirement)) from gone
    asked = run.resources
    defaults = {key: parameter.default for key, parameter in recipe.parameters.items()}
    kept = {key: value for key, value in run.parameters.items() if key in defaults and value != defaults[key]}
    wish = Wish(
        recipe=name,
        parameters=" ".join(f"{key}={as_typed(value)}" for key, value in kept.items()),
        seed=run.seed,
        hypothesis=clip(hypothesis, HYPOTHESIS_LIMIT),
        partition=asked.partition,
        nodes=asked.nodes,
        gpus=asked.gpus,
        cpus=asked.cpus,
        memory_gib=asked.memory_gib,
        time_limit_min=asked.time_limit_min,
        gpu_type=asked.gpu_type,
        account=asked.account,
        qos=asked.qos,
    )
    newer = await draft(decision.tx, run.requirement, wish, recipes=recipes, cluster=cluster, by=by)
    newer = replace(newer, resources=asked)  # with the nodes that it must not get
    return await decision.open(newer, RunEvent.RETRAINING_ORDERED, details={"like": run.number})


def _again(run: Run, *, hypothesis: str, by: PersonId) -> Run:
    """Return a new run of the same recipe, data, parameters, seed and resources."""
    return Run(
        requirement=run.requirement,
        ordered_by=by,
        recipe=run.recipe,
        dataset=run.dataset,
        parameters=run.parameters,
        seed=run.seed,
        hypothesis=hypothesis,
        resources=run.resources,
    )


def on_record(code: Code | None) -> dict[str, Json]:
    """Return what the record of a submission says of own code, for `code_that_ran`; nothing of what ships with us."""
    return {"code": asdict(code)} if code else {}


async def code_that_ran(tx: Reader, run: Run) -> Code | None:
    """Return the own code that the run's newest attempt on the cluster ran, as the record has it, or None."""
    for fact in reversed(await tx.history(Ref(Run.kind, run.number))):
        if fact.event == RunEvent.SUBMITTED:
            told = fact.details.get("code")
            return code_of(told) if isinstance(told, dict) else None
    return None


def made_of(result: Result, code: Code | None) -> dict[str, str]:
    """Return the run's fingerprint: what it says of itself, and of own code what was seen of it from outside."""
    said = flat(result.fingerprint)
    if code is None:
        return said
    said["recipe"] = digest_of(code)
    if code.commit:
        said.setdefault("code", code.commit)
    if code.folder:
        seen = result.folder or FolderHash()
        said |= {"code": seen.digest, "folder": code.folder, "unhashed": seen.complaint}
    return {name: value for name, value in said.items() if value}


def flat(table: Mapping[str, Json], *, before: str = "") -> dict[str, str]:
    """Return nested values by dotted name, as text."""
    found_values: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found_values |= flat(value, before=f"{before}{name}.")
        else:
            found_values[f"{before}{name}"] = str(value)
    return found_values
