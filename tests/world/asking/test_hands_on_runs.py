"""Runs and sweeps in many hands: who may press what, what a second or an old press hears, and numbers nobody has."""

import pytest

from tests.support.crew import LONG, QUICK, SEEN_LIMIT_S, TRAINED_LIMIT_S, Crew
from tests.support.many_hands import deeds, press, refused_to_all_but, slash
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

EVERYONE = ("malee", "anan", "kanya", "preecha", "somchai", "nok")
NOBODYS = 999


async def running_run(place: Crew, requirement: int) -> int:
    """Have a run that runs, and return its number."""
    run = await place.launched(requirement, parameters=LONG)
    await place.reaches("runs", run, "running")
    await eventually((place.run_folder(run) / "progress.jsonl").exists)  # from now on it knows what to do with signals
    return run


async def failed_run(place: Crew, requirement: int) -> int:
    """Have a run killed for its memory, and return its number."""
    run = await running_run(place, requirement)
    await place.order_slurm("job", job=f"slipway-run-{run}-1", how="out of memory")
    await place.reaches("runs", run, "failed")
    return run


async def test_runs_are_offered_wherever_a_run_is_asked_for(place: Crew, requirement: int) -> None:
    """By number or by what they are, and only where something can be done with them."""
    run, anan = await failed_run(place, requirement), place.person("anan")
    asked = {
        ("show", "run", str(run)): run,
        ("resume", "run", "fail"): run,
        ("note", "run", f"RUN-{run}"): run,
        ("logs", "run", str(run)): run,
        ("compare", "runs", f"999 {run}"): f"999 {run}",
    }
    offered = {
        key: [value for _, value in await anan.autocomplete(f"train {key[0]}", *key[1:], channel="training")]
        for key in asked
    }
    others = [
        value
        for command in ("cancel", "reproduce")
        for _, value in await anan.autocomplete(f"train {command}", "run", str(run), channel="training")
    ]

    assert {} == {key: offered[key] for key, value in asked.items() if value not in offered[key]}
    assert run not in others


async def test_a_failed_run_is_tried_again_by_creators_and_operators(place: Crew, requirement: int) -> None:
    """One press is one attempt; who comes later hears that it is at work, and the incident has no buttons any more."""
    run = await failed_run(place, requirement)
    head, more_memory = f"RUN-{run} failed", "Resume with twice the memory"
    card = await place.person("somchai").sees("ops", head, within_s=SEEN_LIMIT_S)
    for label in (more_memory, "Resume from checkpoint"):
        await refused_to_all_but(place, "anan somchai", press("ops", head, label))

    pressed = await press("ops", head, more_memory)(place.person("somchai"))
    before = deeds(place)
    late = [
        await place.person("anan").press_stale(card, f"{remedy}:RUN-{run}")
        for remedy in ("retry_memory", "resume", "retry", "retry_time", "retry_elsewhere")
    ]

    assert f"Attempt 2 of RUN-{run} is ordered" in pressed.text
    for reply in late:
        await place.refused(reply, f"RUN-{run} is already *", "only while it is *failed*")
    assert before == deeds(place)
    assert [(4,)] == place.query("SELECT json_extract(resources, '$.memory_gib') FROM runs WHERE number = ?", run)
    [incident] = place.incidents(f"RUN-{run}")
    await place.reaches("incidents", incident, "resolved")
    await place.cancelled(run)


async def test_a_run_that_runs_is_stopped_once_resumed_once_and_can_be_cancelled_then(
    place: Crew, requirement: int
) -> None:
    """Each press has its duty, and each second press its sentence; what was asked of an attempt is not of the next."""
    run = await running_run(place, requirement)
    head, anan = f"RUN-{run} ·", place.person("anan")
    for label in ("Save and stop", "Cancel"):
        await refused_to_all_but(place, "anan somchai", press("training", head, label))
    card = await anan.sees("training", head)

    assert "is being cancelled" in (await press("training", head, "Save and stop")(anan)).text
    again = await place.person("somchai").press_stale(card, f"stop:RUN-{run}")
    await place.reaches("runs", run, "cancelled")
    await refused_to_all_but(place, "anan somchai", press("training", head, "Resume"))
    stale = await place.person("somchai").press_stale(card, f"stop:RUN-{run}")
    resumed = await press("training", head, "Resume")(anan)
    twice = await slash("train resume", run=run)(place.person("somchai"))
    await place.reaches("runs", run, "running")
    ended = await slash("train cancel", run=run)(place.person("somchai"))
    await place.reaches("runs", run, "cancelled")

    words = ("asked for already",) if "asked for" in again.text else (f"RUN-{run} is already *cancelled*",)
    await place.refused(again, *words)
    await place.refused(stale, f"RUN-{run} is already *cancelled*")
    assert f"Attempt 2 of RUN-{run}" in resumed.text
    await place.refused(twice, f"RUN-{run} is already *")
    assert "is being cancelled" in ended.text


async def test_numbers_that_nobody_has_are_told_with_the_way_out(place: Crew, requirement: int) -> None:
    """By command and by a button of a card that was never ours to draw."""
    anan, launched = place.person("anan"), await place.launched(requirement)
    card = await anan.sees("training", f"RUN-{launched} ·")
    before = await place.settled()
    run, sweep = f"There is no RUN-{NOBODYS}; `/train list`", f"There is no SWP-{NOBODYS}"

    for command in ("train resume", "train reproduce", "train show", "train cancel", "train logs"):
        await place.refused(await slash(command, run=NOBODYS)(anan), run)
    await place.refused(await slash("train note", run=NOBODYS, conclusion="x")(anan), run)
    await place.refused(await slash("train compare", runs=f"{launched} {NOBODYS}")(anan), run)
    for command in ("sweep show", "sweep promote", "sweep cancel"):
        await place.refused(await slash(command, sweep=NOBODYS)(anan), sweep)
    for action in ("retry", "resume", "stop", "launch"):
        await place.refused(await anan.press_stale(card, f"{action}:RUN-{NOBODYS}"), run)
    for action in ("promote", "cancel_sweep"):
        await place.refused(await anan.press_stale(card, f"{action}:SWP-{NOBODYS}"), sweep)
    assert before == place.books()


@pytest.mark.parametrize(
    ("custom_id", "words"),
    [
        ("explode:RUN-1", "another version"),
        ("retry:RUN-", "cannot be read"),
        ("retry:1", "cannot be read"),
        ("promote:SWP-1x", "cannot be read"),
        ("resume:AUD-1", "cannot be read"),
        ("cancel_sweep:RUN-1", "cannot be read"),
        (f"retry:RUN-{'9' * 40}", "cannot be read"),
    ],
)
async def test_a_button_of_another_version_does_nothing(
    place: Crew, requirement: int, custom_id: str, words: str
) -> None:
    """An unknown press or one that names no such thing is refused, and nothing is taken for something else."""
    card = await place.person("anan").sees("requirements", f"REQ-{requirement} ·")
    before = await place.settled()

    await place.refused(await place.person("anan").press_stale(card, custom_id), words)
    assert before == place.books()


async def test_notes_and_repetitions_are_the_creators(place: Crew, requirement: int) -> None:
    """Everyone may look and compare; what is not there yet is not repeated."""
    run, nok, anan = await running_run(place, requirement), place.person("nok"), place.person("anan")
    await place.cancelled(run)
    await refused_to_all_but(place, "anan", slash("train note", run=run, conclusion="Mine."))
    cancelled = await slash("train reproduce", run=run)(anan)
    trained = await place.launched(requirement)
    await place.reaches("runs", trained, "succeeded")
    await refused_to_all_but(place, "anan", slash("train reproduce", run=trained))

    await place.refused(cancelled, f"RUN-{run} is *cancelled*", "only a run that succeeded")
    await place.refused(await slash("train note", run=run)(anan), "nothing to note")
    await place.refused(await slash("train note", run=run, hypothesis="x" * 501)(anan), "at most 500")
    await place.refused(await slash("train resume", run=trained)(anan), f"RUN-{trained} is already *succeeded*")
    for runs, words in (
        (f"{run}", "Between 2 and 8"),
        (f"{run} `x`", "is no run"),
        (" ".join(map(str, range(1, 10))), "8"),
    ):
        await place.refused(await slash("train compare", runs=runs)(nok), words)
    assert "comparison.csv" in (await slash("train compare", runs=f"{run} {trained}")(nok)).text
    assert f"RUN-{trained}" in (await slash("train show", run=trained)(nok)).text


async def test_a_sweep_is_launched_and_promoted_by_creators_and_cancelled_by_operators_too(
    place: Crew, requirement: int
) -> None:
    """Nothing is promoted before there is a result, and one run only; what has ended is not cancelled."""
    anan, other = place.person("anan"), await place.launched(requirement)
    first = other + 1
    wish = {"requirement": requirement, "recipe": QUICK, "parameters": "pause_s=3", "space": "epochs=1|2"}
    sweep, name = place.count("sweeps") + 1, f"SWP-{place.count('sweeps') + 1}"
    await refused_to_all_but(place, "anan", slash("sweep launch", **wish))
    for space, words in (("epochs=|", "write it as"), ("`=1", "no parameter"), ("epochs=1..2", "whole number")):
        await place.refused(await slash("sweep launch", **(wish | {"space": space}))(anan), words)
    assert "2 runs is planned" in (await slash("sweep launch", **wish)(anan)).text
    plan = await anan.sees("training", f"{name} ·", within_s=SEEN_LIMIT_S)
    await refused_to_all_but(place, "anan", press("training", f"{name} ·", "Launch"))
    assert f"{name} is ordered" in (await press("training", f"{name} ·", "Launch")(anan)).text
    await place.refused(await anan.press_stale(plan, f"launch_sweep:{name}"), f"{name} is already *")
    await eventually(lambda: place.count("runs") == first + 1)  # in the orderer's name, as they are submitted
    await place.refused(await slash("sweep promote", sweep=sweep)(anan), "no run with a result")
    await refused_to_all_but(place, "anan somchai", slash("sweep cancel", sweep=sweep))
    await eventually(lambda: place.stage("sweeps", sweep) == "ended", within_s=TRAINED_LIMIT_S)
    card = await anan.sees("training", f"{name} ·", within_s=SEEN_LIMIT_S)

    await refused_to_all_but(place, "anan", press("training", f"{name} ·", "Promote the best"))
    await place.refused(
        await slash("sweep promote", sweep=sweep, run=other)(anan), f"RUN-{other} is not a run of {name}"
    )
    promoted = await press("training", f"{name} ·", "Promote the best")(anan)
    before = deeds(place)
    assert "goes to Audit" in promoted.text
    for reply in (
        await anan.press_stale(card, f"promote:{name}"),
        await slash("sweep promote", sweep=sweep, run=first)(anan),
    ):
        await place.refused(reply, "was promoted already")
    for reply in (
        await anan.press_stale(card, f"cancel_sweep:{name}"),
        await slash("sweep cancel", sweep=sweep)(place.person("somchai")),
    ):
        await place.refused(reply, f"{name} is already *ended*")
    assert before == deeds(place)


async def test_the_cluster_is_everyones_to_look_at_and_says_when_it_cannot_be_asked(place: Crew) -> None:
    """Each of the four answers in private; a login refused is a sentence, whose details only Ops read."""
    commands = [f"cluster {name}" for name in ("status", "queue", "nodes", "usage")]
    shown = [await slash(command)(place.person(who)) for command, who in zip(commands, EVERYONE, strict=False)]
    await place.order_slurm("logins", refused=True)
    await place.order_slurm("cut")
    down = [await slash(command)(place.person("nok")) for command in commands]
    told = await slash("cluster nodes")(place.person("somchai"))
    await place.order_slurm("logins", refused=False)

    assert all(reply.is_private and "mistake" not in reply.text for reply in shown)
    for reply in down:
        await place.refused(reply, "cluster", "Tell Ops the reference")
        assert "authorized_keys" not in reply.text
    await place.refused(told, "cluster", "refused the login", "authorized_keys")
