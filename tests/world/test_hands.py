"""Every deed needs its duty, and nobody decides on their own work; the tests follow one model along the road."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.customers import send_requests
from tests.support.crew import MENDED_LIMIT_S, SEEN_LIMIT_S, Crew, crew
from tests.support.many_hands import decide, deeds, press, refused_to_all_but, slash
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(360)]

LONG_RESOLUTION = "ปิด " * 250
"""As long as a reason may be."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Crew]:
    """Bring up a world."""
    async with crew(tmp_path_factory.mktemp("hands") / "world") as hands:
        yield hands


async def test_requirements_are_filed_by_analysts_and_claimed_by_creators(place: Crew) -> None:
    """By command and by button."""
    await place.file()

    for allowed, act in (
        ("malee", slash("requirement file", dataset="digits")),
        ("malee", slash("requirement withdraw", requirement=1, reason="no")),
        ("anan", slash("requirement claim", requirement=1)),
        ("anan", press("requirements", "REQ-1 ", "Claim")),
    ):
        await refused_to_all_but(place, allowed, act)


async def test_runs_are_launched_by_creators_and_cancelled_by_operators_too(place: Crew) -> None:
    """What has ended is not cancelled, and what has failed is not deployed."""
    await place.person("anan").slash("requirement claim", channel="requirements", requirement=1)
    await refused_to_all_but(place, "anan", slash("train launch", requirement=1))
    await place.town.admin("give_role", person="kanya", role="creator")
    trained = [await place.launched(1, memory_gib=4), await place.launched(1, by="kanya", memory_gib=4)]
    await place.town.admin("take_role", person="kanya", role="creator")
    await refused_to_all_but(place, "anan somchai", slash("train cancel", run=1))
    await refused_to_all_but(place, "anan somchai", press("training", "RUN-2 ", "Cancel"))
    diverging = await place.launched(1, memory_gib=4, parameters="learning_rate=1000")
    await place.reaches("runs", diverging, "failed")

    anan = place.person("anan")
    failed = await slash("deploy propose", run=diverging, reason="why not")(anan)
    await place.refused(failed, "RUN-3 is *failed* and has no audit")
    await place.refused(await slash("train cancel", run=diverging)(anan), "RUN-3 is already *failed*")
    for run in trained:
        await place.reaches("runs", run, "succeeded")
    await place.refused(await slash("train cancel", run=1)(anan), "RUN-1 is already *succeeded*")


async def test_a_run_that_was_never_on_the_cluster_has_no_log(place: Crew) -> None:
    """It was cancelled while nobody could log in there, and is not submitted afterwards."""
    await place.order_slurm("logins", refused=True)
    await place.order_slurm("cut")
    run = await place.launched(1)
    anan = place.person("anan")
    await slash("train cancel", run=run)(anan)
    await place.order_slurm("logins", refused=False)

    await place.refused(await slash("train logs", run=run)(anan), f"RUN-{run} is *cancelled*", "never on the cluster")
    assert f"slipway-run-{run}-1" not in await place.slurm_jobs()


async def test_incidents_are_dealt_with_by_operators(place: Crew) -> None:
    """A resolution says how it ended, and is kept whole."""
    head = "RUN-3 failed"
    for label in ("Acknowledge", "Resolve"):
        await refused_to_all_but(place, "somchai", press("ops", head, label))
    await place.refused(await decide(place, "somchai", "ops", head, "Resolve", reason=" \u200b "), "needs its reason")

    await decide(place, "somchai", "ops", head, "Resolve", reason=LONG_RESOLUTION)
    assert [(LONG_RESOLUTION.strip(),)] == place.query("SELECT resolution FROM incidents WHERE number = 1")


async def test_models_are_audited_by_auditors_who_did_not_train_them(place: Crew) -> None:
    """One verdict counts; who comes later hears whose it was, also when their form was open already."""
    await eventually(lambda: place.count("audits") == 2)
    first, second = (place.query("SELECT number FROM audits WHERE run = ?", run)[0][0] for run in (1, 2))
    labels = ("Approve", "Request changes", "Reject")
    for label in labels:
        await refused_to_all_but(place, "kanya", press("audit", f"AUD-{first} ", label))
        own = await press("audit", f"AUD-{second} ", label)(place.person("kanya"))
        await place.refused(own, "second pair of eyes", "ordered its training (RUN-2)")
    await place.refused(
        await slash("deploy propose", run=1, reason="now")(place.person("anan")), f"AUD-{first}", "in review"
    )

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
    rejected = await slash("deploy propose", run=2, reason="all the same")(place.person("anan"))
    await place.refused(rejected, f"AUD-{second} of RUN-2 is *rejected*")


async def test_rollouts_are_approved_by_whoever_neither_trained_nor_proposed(place: Crew) -> None:
    """Two roles do not make two pairs of eyes."""
    version = "SELECT model_version FROM runs WHERE number = 1"
    await eventually(lambda: place.query(version)[0][0], within_s=MENDED_LIMIT_S)
    await refused_to_all_but(place, "anan", slash("deploy propose", run=1, reason="It is wanted."))
    blank = await slash("deploy propose", run=1, reason="\u200b ")(place.person("anan"))
    await place.refused(blank, "needs its reason")
    await place.town.admin("give_role", person="somchai", role="creator")
    await slash("deploy propose", run=1, reason="It is wanted.")(place.person("somchai"))
    await place.town.admin("take_role", person="somchai", role="creator")

    for label in ("Approve", "Decline"):
        await refused_to_all_but(place, "somchai", press("deployments", "DEP-1 ", label))
    await refused_to_all_but(place, "anan somchai", press("deployments", "DEP-1 ", "Abort"))
    approve = press("deployments", "DEP-1 ", "Approve")
    await place.refused(await approve(place.person("somchai")), "second pair of eyes", "you proposed it (DEP-1)")
    await place.town.admin("give_role", person="anan", role="operator")
    await place.refused(await approve(place.person("anan")), "second pair of eyes", "ordered its training (RUN-1)")
    await place.town.admin("take_role", person="anan", role="operator")
    await place.refused(await slash("deploy propose", run=1, reason="me too")(place.person("anan")), "DEP-1", "wait")

    card = await place.person("preecha").sees("deployments", "DEP-1 ")
    await place.town.admin("give_role", person="preecha", role="operator")
    await decide(place, "preecha", "deployments", "DEP-1 ", "Approve")
    again = await place.person("preecha").press_stale(card, "rollout_decline:DEP-1")
    await place.refused(again, "DEP-1 is already", "only while it is *requested*")
    await place.town.admin("take_role", person="preecha", role="operator")
    await place.reaches("rollouts", 1, "live")
    live = await slash("deploy propose", run=1, reason="twice")(place.person("anan"))
    await place.refused(live, "live already, as DEP-1")


async def test_models_are_watched_and_retrained_by_those_who_know_them(place: Crew) -> None:
    """Of two who decide on a recommendation, the second hears what the first decided."""
    await refused_to_all_but(place, "anan preecha somchai", slash("monitor run", monitor=1))
    await refused_to_all_but(place, "anan preecha somchai", press("monitoring", "MON-1 ", "Measure now"))
    assert "MON-1" in (await slash("monitor run", monitor=1)(place.person("preecha"))).text
    too_few = await place.person("somchai").sees("ops", "MON-1: measuring did not work", within_s=MENDED_LIMIT_S)
    again = press("ops", "MON-1: measuring did not work", "Try again")
    await refused_to_all_but(place, "somchai", again)
    await send_requests(place.world.azure, endpoint="slipway-req-1", count=200, changed=True)
    assert "It is tried again" in (await again(place.person("somchai"))).text
    [incident] = place.query("SELECT number FROM incidents WHERE about = 'MON-1 meter.measure'")
    twice = await place.person("somchai").press_stale(too_few, f"try_again:INC-{incident[0]}")
    await place.refused(twice, f"INC-{incident[0]} is already *resolved*")
    await eventually(lambda: place.count("recommendations") == 1, within_s=MENDED_LIMIT_S)
    card = await place.person("anan").sees("monitoring", "REC-1 ", within_s=SEEN_LIMIT_S)

    for label in ("Start retraining", "Dismiss"):
        await refused_to_all_but(place, "anan preecha", press("monitoring", "REC-1 ", label))
    late = await press("monitoring", "REC-1 ", "Dismiss")(place.person("anan"))
    assert "is ordered" in (await press("monitoring", "REC-1 ", "Start retraining")(place.person("preecha"))).text
    before = deeds(place)
    for reply in (
        await late.submit({"Reason": "It is the scanner."}),
        await place.person("anan").press_stale(card, "retrain:REC-1"),
    ):
        await place.refused(reply, "REC-1 is already *accepted*", "only while it is *open*")
    assert before == deeds(place)
