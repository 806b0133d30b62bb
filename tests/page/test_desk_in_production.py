"""The desk when a model is live: the tour done to its end, and troubles whose promises are kept to people in Discord.

The tests follow one world; each takes it up where the one before it left it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.desk import DONE_LIMIT_MS, Place, eventually, promised, push, running, switch

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.timeout(600)

TOLD_LIMIT_S = 120.0
OF_CLUSTER, OF_AZURE = "cluster does not answer", "Azure does not answer"


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    """Bring a whole world up."""
    with running(tmp_path_factory.mktemp("desk") / "state") as up:
        yield up


def soon(ask: Callable[[], Any]) -> Any:
    """Wait for what people are told."""
    return eventually(ask, within_s=TOLD_LIMIT_S)


def test_each_stop_is_done_for_one_and_ticked(at_desk, place):
    """Every stop has its button; the page goes along as whoever does it, and at the end all eleven are ticked."""
    page = at_desk()
    page.get_by_role("button", name="See the incident").click()
    expect(page.locator(".stop-more")).to_contain_text("File a requirement, Claim it, Launch a run that fails")
    page.get_by_role("button", name="Do it for me").click()
    expect(page.locator("[data-stop=incident]")).to_have_class("done", timeout=DONE_LIMIT_MS)
    expect(page.locator("#knob")).to_contain_text("4/11")
    expect(page.locator("#me")).to_contain_text("Somchai")
    expect(page.locator("#title")).to_contain_text("ops")

    for count, stop in enumerate(("train", "watch", "audit", "propose", "approve", "measure", "drift"), 5):
        expect(page.locator(f"[data-stop={stop}] .stop-more")).to_be_visible()
        page.get_by_role("button", name="Do it for me").click()
        expect(page.locator(f"[data-stop={stop}]")).to_have_class("done", timeout=DONE_LIMIT_MS)
        expect(page.locator("#knob")).to_contain_text(f"{count}/11")

    expect(page.locator("[data-stop].done")).to_have_count(11)
    assert place.shows("announcements", "🎉", "is live")
    assert place.shows("training", "RUN-3 ·", "Retraining on the advice of REC-1.")


def test_what_customers_send_is_seen_at_the_next_measurement(panel, place):
    """Nothing is said at once; Measure now has more rows, shows the drift, and advises to retrain."""
    promised(panel, "drift", "nothing at once", "The next measurement", "shows the drift and advises to retrain")
    promised(panel, "normal", "scoring calls answered 200", "whose traffic it was", "has more rows")
    soon(lambda: place.shows("monitoring", "MON-1 ·", "⚠️ drifted"))  # the card of the tour's last measurement
    rows = place.number_in("monitoring", "MON-1 ·", r"(\d+) production rows")
    push(panel, "normal", "200 usual digits were sent to slipway-req-1; 200 were answered.")
    push(panel, "drift", "400 pale digits were sent to slipway-req-1; 400 were answered.")
    assert rows == place.number_in("monitoring", "MON-1 ·", r"(\d+) production rows")
    assert not place.shows("monitoring", "REC-2 ·")

    panel.get_by_role("tab", name="X-ray").click()
    panel.get_by_label("Filter the wire").fill("/score")
    scored = panel.locator(".wire summary:visible").filter(has_text="POST slipway-req-1")
    expect(scored.first.locator(".ok")).to_have_text("200")
    panel.get_by_role("tab", name="Cloud").click()
    expect(panel.locator(".deployment").filter(has_text="dep-1")).to_contain_text("100% of the traffic")

    assert place.press("preecha", "Measure now", channel="monitoring")
    soon(lambda: place.number_in("monitoring", "MON-1 ·", r"(\d+) production rows") == rows + 600)
    soon(lambda: place.shows("monitoring", "REC-2 ·", "Retrain", "**Open**", "**brightness** drifted"))
    assert place.shows("monitoring", "MON-1 ·", "⚠️ drifted · brightness")


def proposed(place: Place, number: int) -> None:
    """Have the retrained model proposed anew."""
    answer = place.told("anan", "deploy propose", channel="deployments", run=3, reason="The scans have changed.")
    assert f"DEP-{number}" in answer, answer
    soon(lambda: place.shows("deployments", f"DEP-{number} ·", "**Requested**", "Approve"))


def test_the_next_deployment_fails_and_traffic_stays_where_it_was(panel, place):
    """The rollout's card has Azure's reason, #ops an incident; the model that was live keeps all the traffic."""
    soon(lambda: place.press("kanya", "Approve", channel="audit", reason="It learned the pale digits."))
    soon(lambda: place.shows("training", "RUN-3 ·", "model version"))
    proposed(place, 2)
    promised(
        panel, "deployment_fails", "ends as failed with Azure's reason on its card", "traffic stays with the model"
    )
    switch(panel, "deployment_fails", on=True)
    assert place.press("somchai", "Approve", channel="deployments", reason="Quiet hours.")

    soon(lambda: place.shows("deployments", "DEP-2 ·", "**Failed**", "Not enough quota available"))
    soon(lambda: place.shows("ops", "INC-", "DEP-2 failed", "Not enough quota available"))
    expect(panel.locator("[data-trouble=deployment_fails]").get_by_role("switch")).to_have_attribute(
        "aria-checked", "false"
    )
    assert {"dep-1": 100} == _traffic(place)


def _traffic(place: Place) -> dict[str, int]:
    shares: dict[str, int] = place.get("_world/cloud")["endpoints"]["slipway-req-1"]["traffic"]
    return {name: pct for name, pct in shares.items() if pct}


def test_a_rollout_waits_for_a_cloud_that_answers_503(panel, place):
    """It stays at its step, /status and #ops say why, the live model answers on; lifted, the rollout is finished."""
    proposed(place, 3)
    promised(panel, "azure_503", "stays at its step", "/status says what waits", "#ops gets an incident", "answer on")
    switch(panel, "azure_503", on=True)
    assert place.press("somchai", "Approve", channel="deployments", reason="Quiet hours.")

    soon(lambda: place.incidents(OF_AZURE, "Open") == 1)
    status = place.told("nok", "status")
    assert "Waiting to be tried again" in status
    assert "DEP-3" in status.partition("Waiting to be tried again")[2]
    soon(lambda: place.shows("deployments", "DEP-3 ·", "**Approved**"))
    push(panel, "normal", "200 were answered")
    assert {"dep-1": 100} == _traffic(place)

    switch(panel, "azure_503", on=False)
    soon(lambda: place.incidents(OF_AZURE, "Resolved") == 1)
    soon(lambda: place.shows("deployments", "DEP-3 ·", "**Live**", "**100%**"))
    assert {"dep-3": 100} == _traffic(place)
    assert OF_AZURE not in place.told("nok", "status")


def test_a_run_is_submitted_once_when_the_controller_is_back(panel, place):
    """Ops are told, /status says so, the run waits; lifted, the incident resolves by itself and one job is there."""
    promised(
        panel, "controller", "run cards stand still", "#ops gets an incident", "/status says so", "submitted, once"
    )
    before, watched = place.incidents(OF_CLUSTER, "Resolved"), place.has_a_long_run()
    soon(lambda: place.epoch(watched))
    switch(panel, "controller", on=True)
    run = place.launched()

    soon(lambda: place.incidents(OF_CLUSTER, "Open") == 1)
    stood = place.epoch(watched)
    soon(lambda: place.trained(watched) > stood + 1)
    assert stood == place.epoch(watched)
    assert OF_CLUSTER in place.told("nok", "status")
    soon(lambda: place.shows("training", f"RUN-{run} ·", "**Ordered**"))
    assert [] == place.jobs_of(run)

    switch(panel, "controller", on=False)
    soon(lambda: place.incidents(OF_CLUSTER, "Resolved") == before + 1)
    soon(lambda: place.shows("training", f"RUN-{run} ·", "**Running**"))
    soon(lambda: place.epoch(watched) > stood)
    assert 1 == len(place.jobs_of(run))
    assert OF_CLUSTER not in place.told("nok", "status")


def test_a_run_trains_on_while_the_line_is_cut_and_its_card_catches_up(panel, place):
    """The card stands still and #ops is told; lifted, the incident resolves and the card jumps ahead."""
    promised(panel, "ssh", "jobs train on", "their cards stand still", "#ops gets an incident", "the cards jump")
    before, run = place.incidents(OF_CLUSTER, "Resolved"), place.has_a_long_run()
    soon(lambda: place.epoch(run))
    switch(panel, "ssh", on=True)

    soon(lambda: place.incidents(OF_CLUSTER, "Open") == 1)
    stood = place.epoch(run)
    soon(lambda: place.trained(run) > stood + 1)
    assert stood == place.epoch(run)

    switch(panel, "ssh", on=False)
    soon(lambda: place.incidents(OF_CLUSTER, "Resolved") == before + 1)
    soon(lambda: place.epoch(run) > stood)
