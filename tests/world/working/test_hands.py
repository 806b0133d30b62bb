"""Every deed needs its duty, and nobody decides on their own work: from the requirement to the retraining."""

import pytest

from sandbox.customers import send_requests
from tests.support.crew import LONG, MENDED_LIMIT_S, SEEN_LIMIT_S, Crew
from tests.support.many_hands import decide, deeds, press, refused_to_all_but, slash
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

LONG_RESOLUTION = "ปิด " * 250
"""As long as a reason may be."""


async def test_requirements_are_filed_by_analysts_and_claimed_by_creators(place: Crew) -> None:
    """By command and by button."""
    number = await place.file()

    for allowed, act in (
        ("malee", slash("requirement file", dataset="digits")),
        ("malee", slash("requirement withdraw", requirement=number, reason="no")),
        ("anan", slash("requirement claim", requirement=number)),
        ("anan", press("requirements", f"REQ-{number} ", "Claim")),
    ):
        await refused_to_all_but(place, allowed, act)


async def test_runs_are_launched_by_creators_and_cancelled_by_operators_too(place: Crew, requirement: int) -> None:
    """What has ended is not cancelled, and what has failed is not deployed."""
    await refused_to_all_but(place, "anan", slash("train launch", requirement=requirement))
    running = await place.launched(requirement, parameters=LONG)
    await refused_to_all_but(place, "anan somchai", slash("train cancel", run=running))
    await refused_to_all_but(place, "anan somchai", press("training", f"RUN-{running} ", "Cancel"))
    await place.cancelled(running)
    trained, diverging = await place.launched(requirement), await _diverged(place, requirement)
    await place.reaches("runs", trained, "succeeded")

    anan = place.person("anan")
    failed = await slash("deploy propose", run=diverging, reason="why not")(anan)
    await place.refused(failed, f"RUN-{diverging} is *failed* and has no audit")
    for run, stage in ((diverging, "failed"), (trained, "succeeded"), (running, "cancelled")):
        await place.refused(await slash("train cancel", run=run)(anan), f"RUN-{run} is already *{stage}*")


async def _diverged(place: Crew, requirement: int) -> int:
    """Have a run that fails; return its number."""
    run = await place.launched(requirement, parameters="learning_rate=1000")
    await place.reaches("runs", run, "failed")
    return run


async def test_a_run_that_was_never_on_the_cluster_has_no_log(place: Crew, requirement: int) -> None:
    """It was cancelled while nobody could log in there, and is not submitted afterwards."""
    await place.order_slurm("logins", refused=True)
    await place.order_slurm("cut")
    run = await place.launched(requirement)
    anan = place.person("anan")
    await slash("train cancel", run=run)(anan)
    await place.order_slurm("logins", refused=False)

    await place.refused(await slash("train logs", run=run)(anan), f"RUN-{run} is *cancelled*", "never on the cluster")
    assert f"slipway-run-{run}-1" not in await place.slurm_jobs()


async def test_incidents_are_dealt_with_by_operators(place: Crew, requirement: int) -> None:
    """A resolution says how it ended, and is kept whole."""
    run = await _diverged(place, requirement)
    head = f"RUN-{run} failed"
    for label in ("Acknowledge", "Resolve"):
        await refused_to_all_but(place, "somchai", press("ops", head, label))
    await place.refused(await decide(place, "somchai", "ops", head, "Resolve", reason=" \u200b "), "needs its reason")

    await decide(place, "somchai", "ops", head, "Resolve", reason=LONG_RESOLUTION)
    [number] = place.incidents(f"RUN-{run}")
    assert LONG_RESOLUTION.strip() == place.said("resolution", number)


async def test_models_are_audited_by_auditors_who_did_not_train_them(place: Crew, requirement: int) -> None:
    """One verdict counts; who comes later hears whose it was, also when their form was open already."""
    await place.town.admin("give_role", person="kanya", role="creator")
    runs = [await place.launched(requirement), await place.launched(requirement, by="kanya")]
    await place.town.admin("take_role", person="kanya", role="creator")
    first, second = [await _audit_of(place, run) for run in runs]
    labels = ("Approve", "Request changes", "Reject")
    for label in labels:
        await refused_to_all_but(place, "kanya", press("audit", f"AUD-{first} ", label))
        own = await press("audit", f"AUD-{second} ", label)(place.person("kanya"))
        await place.refused(own, "second pair of eyes", f"ordered its training (RUN-{runs[1]})")
    unaudited = await slash("deploy propose", run=runs[0], reason="now")(place.person("anan"))
    await place.refused(unaudited, f"AUD-{first}", "in review")

    await place.town.admin("give_role", person="preecha", role="auditor")
    card = await place.person("preecha").sees("audit", f"AUD-{first} ")
    late = await press("audit", f"AUD-{first} ", "Reject")(place.person("preecha"))
    blank = await decide(place, "kanya", "audit", f"AUD-{first} ", "Approve", reason="\u3164 ")
    await place.refused(blank, "needs its reason")
    assert "approved" in (await decide(place, "kanya", "audit", f"AUD-{first} ", "Approve")).text
    before = deeds(place)
    for reply in (
        await late.submit({"Reason": "I was typing."}),
        await place.person("preecha").press_stale(card, f"audit_reject:AUD-{first}"),
        await place.person("kanya").press_stale(card, f"audit_approve:AUD-{first}"),
    ):
        await place.refused(reply, f"AUD-{first} is already *approved* by <@", "in review")
    assert before == deeds(place)

    await decide(place, "preecha", "audit", f"AUD-{second} ", "Reject")
    await place.town.admin("take_role", person="preecha", role="auditor")
    rejected = await slash("deploy propose", run=runs[1], reason="all the same")(place.person("anan"))
    await place.refused(rejected, f"AUD-{second} of RUN-{runs[1]} is *rejected*")


async def _audit_of(place: Crew, run: int) -> int:
    """Wait for the audit that a run's success opens."""
    rows = await eventually(lambda: place.query("SELECT number FROM audits WHERE run = ?", run))
    return int(rows[0][0])


async def test_a_model_goes_live_and_is_watched_by_those_whose_duty_it_is(place: Crew, requirement: int) -> None:
    """Two roles do not make two pairs of eyes; of two who decide, the second hears what the first decided."""
    run = await place.launched(requirement)
    await decide(place, "kanya", "audit", f"AUD-{await _audit_of(place, run)} ", "Approve")
    version = "SELECT model_version FROM runs WHERE number = ?"
    await eventually(lambda: place.query(version, run)[0][0], within_s=MENDED_LIMIT_S)
    rollout = await _proposed_by_somebody_else(place, run)
    await _approved_by_a_third(place, run, rollout)
    live = await slash("deploy propose", run=run, reason="twice")(place.person("anan"))
    await place.refused(live, f"live already, as DEP-{rollout}")

    [(monitor,)] = await eventually(lambda: place.query("SELECT number FROM monitors WHERE rollout = ?", rollout))
    await _measured(place, requirement, monitor)
    await _retrained(place, monitor)


async def _proposed_by_somebody_else(place: Crew, run: int) -> int:
    """Have the model proposed by somebody who did not train it; return the rollout's number."""
    await refused_to_all_but(place, "anan", slash("deploy propose", run=run, reason="It is wanted."))
    blank = await slash("deploy propose", run=run, reason="\u200b ")(place.person("anan"))
    await place.refused(blank, "needs its reason")
    await place.town.admin("give_role", person="somchai", role="creator")
    await slash("deploy propose", run=run, reason="It is wanted.")(place.person("somchai"))
    await place.town.admin("take_role", person="somchai", role="creator")
    return place.count("rollouts")


async def _approved_by_a_third(place: Crew, run: int, rollout: int) -> None:
    """Check who may not approve, and have it approved by somebody who neither trained nor proposed."""
    name = f"DEP-{rollout}"
    for label in ("Approve", "Decline"):
        await refused_to_all_but(place, "somchai", press("deployments", f"{name} ", label))
    await refused_to_all_but(place, "anan somchai", press("deployments", f"{name} ", "Abort"))
    approve = press("deployments", f"{name} ", "Approve")
    await place.refused(await approve(place.person("somchai")), "second pair of eyes", f"you proposed it ({name})")
    await place.town.admin("give_role", person="anan", role="operator")
    own = await approve(place.person("anan"))
    await place.refused(own, "second pair of eyes", f"ordered its training (RUN-{run})")
    await place.town.admin("take_role", person="anan", role="operator")
    await place.refused(await slash("deploy propose", run=run, reason="me too")(place.person("anan")), name, "wait")

    card = await place.person("preecha").sees("deployments", f"{name} ")
    await place.town.admin("give_role", person="preecha", role="operator")
    await decide(place, "preecha", "deployments", f"{name} ", "Approve")
    again = await place.person("preecha").press_stale(card, f"rollout_decline:{name}")
    await place.refused(again, f"{name} is already", "only while it is *requested*")
    await place.town.admin("take_role", person="preecha", role="operator")
    await place.reaches("rollouts", rollout, "live")


async def _measured(place: Crew, requirement: int, number: int) -> None:
    """Have a monitor measured, in vain and then with rows, each by those who may."""
    monitor, failed = f"MON-{number}", f"MON-{number}: measuring did not work"
    await refused_to_all_but(place, "anan preecha somchai", slash("monitor run", monitor=number))
    await refused_to_all_but(place, "anan preecha somchai", press("monitoring", f"{monitor} ", "Measure now"))
    assert monitor in (await slash("monitor run", monitor=number)(place.person("preecha"))).text
    too_few = await place.person("somchai").sees("ops", failed, within_s=MENDED_LIMIT_S)
    again = press("ops", failed, "Try again")
    await refused_to_all_but(place, "somchai", again)
    await send_requests(place.world.azure, endpoint=f"slipway-req-{requirement}", count=200, changed=True)
    assert "It is tried again" in (await again(place.person("somchai"))).text
    [incident] = place.incidents(f"{monitor} meter.measure")
    twice = await place.person("somchai").press_stale(too_few, f"try_again:INC-{incident}")
    await place.refused(twice, f"INC-{incident} is already *resolved*")


async def _retrained(place: Crew, monitor: int) -> None:
    """Check who may decide on the recommendation that comes of it, and have it followed."""
    found = "SELECT number FROM recommendations WHERE monitor = ?"
    [(number,)] = await eventually(lambda: place.query(found, monitor), within_s=MENDED_LIMIT_S)
    name = f"REC-{number}"
    card = await place.person("anan").sees("monitoring", f"{name} ", within_s=SEEN_LIMIT_S)

    for label in ("Start retraining", "Dismiss"):
        await refused_to_all_but(place, "anan preecha", press("monitoring", f"{name} ", label))
    late = await press("monitoring", f"{name} ", "Dismiss")(place.person("anan"))
    assert "is ordered" in (await press("monitoring", f"{name} ", "Start retraining")(place.person("preecha"))).text
    before = deeds(place)
    for reply in (
        await late.submit({"Reason": "It is the scanner."}),
        await place.person("anan").press_stale(card, f"retrain:{name}"),
    ):
        await place.refused(reply, f"{name} is already *accepted*", "only while it is *open*")
    assert before == deeds(place)
