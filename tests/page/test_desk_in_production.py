"""Troubles when a model is live, and those of the cluster's line: their promises are kept to people in Discord.

Any of these tests brings a model to its endpoint if there is none yet.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.crew import QUICK
from tests.support.desk import Place, eventually, promised, push, switch

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("no_run_is_left")]

TOLD_LIMIT_S = 120.0
ADVICE = "SELECT number FROM recommendations"
OF_CLUSTER, OF_AZURE = "cluster does not answer", "Azure does not answer"


def soon(ask: Callable[[], Any]) -> Any:
    """Wait for what people are told."""
    return eventually(ask, within_s=TOLD_LIMIT_S)


def endpoint_of(place: Place) -> str:
    """Return the newest endpoint that takes traffic; a model is brought to one where there was none."""
    if not _live(place):
        approve(place, requested(place, 1))
        soon(lambda: _live(place))
    return _live(place)[-1]


def _live(place: Place) -> list[str]:
    return [name for name, one in place.get("_world/cloud")["endpoints"].items() if any(one["traffic"].values())]


def test_what_customers_send_is_seen_at_the_next_measurement(panel, place):
    """Nothing is said at once; Measure now has more rows, shows the drift, and advises to retrain.

    One press retrains: so the tour's last two stops are done by hand, and ticked.
    """
    promised(panel, "drift", "nothing at once", "The next measurement", "shows the drift and advises to retrain")
    promised(panel, "normal", "scoring calls answered 200", "whose traffic it was", "has more rows")
    endpoint = endpoint_of(place)
    [(monitor,)] = soon(
        lambda: place.query("SELECT number FROM monitors WHERE stage = 'watching' AND endpoint = ?", endpoint)
    )
    rows = measured_rows(place, monitor)
    push(panel, "normal", f"100 usual digits were sent to {endpoint}; 100 were answered.")
    measure_now(place, monitor)
    soon(lambda: measured_rows(place, monitor) >= rows + 100)

    chart = panel.get_by_alt_text("Histograms of").last
    panel.locator("#channels").get_by_role("button", name="monitoring").click()
    assert 1600 == chart.evaluate("(one) => one.decode().then(() => one.naturalWidth)")

    panel.get_by_role("tab", name="X-ray").click()
    panel.get_by_label("Filter the wire").fill("/score")
    scored = panel.locator(".wire summary:visible").filter(has_text=f"POST {endpoint}")
    expect(scored.first.locator(".ok")).to_have_text("200")
    panel.get_by_role("tab", name="Cloud").click()
    expect(panel.locator(".deployment").filter(has_text="100% of the traffic").first).to_be_visible()
    panel.get_by_role("tab", name="Trouble").click()

    rows, advice = measured_rows(place, monitor), place.query(ADVICE)
    push(panel, "drift", f"200 pale digits were sent to {endpoint}; 200 were answered.")
    assert (rows, advice) == (measured_rows(place, monitor), place.query(ADVICE))
    measure_now(place, monitor)
    soon(lambda: measured_rows(place, monitor) == rows + 200)
    [(number,)] = soon(lambda: place.query(f"{ADVICE} WHERE stage = 'open'"))  # one that other tests left is enough
    soon(lambda: place.shows("monitoring", f"REC-{number} ·", "Retrain", "**Open**", "**brightness** drifted"))
    assert place.shows("monitoring", f"MON-{monitor} ·", "⚠️ drifted · brightness")
    assert place.press("preecha", "Start retraining", channel="monitoring", on=f"REC-{number} ·")
    soon(lambda: {"measure", "drift"} <= set(place.done()))
    soon(lambda: place.shows("training", "RUN-", f"Retraining on the advice of REC-{number}."))


def measured_rows(place: Place, monitor: int) -> int:
    """Return how many rows of production the last measurement had, as the monitor's card says."""
    return place.number_in("monitoring", f"MON-{monitor} ·", r"(\d+) production rows")


def measure_now(place: Place, monitor: int) -> None:
    """Press the button on the monitor's card."""
    soon(lambda: place.press("preecha", "Measure now", channel="monitoring", on=f"MON-{monitor} ·"))


def proposed(place: Place) -> tuple[str, int]:
    """Have a model proposed that is not the live one; return the endpoint, and the rollout's number."""
    endpoint = endpoint_of(place)
    return endpoint, requested(place, int(endpoint.rpartition("-")[2]))


def requested(place: Place, requirement: int) -> int:
    """Have a model of the requirement proposed, and return the rollout's number."""
    run = another_model(place, requirement)
    answer = place.told("anan", "deploy propose", channel="deployments", run=run, reason="The scans have changed.")
    number = place.query("SELECT max(number) FROM rollouts")[0][0]
    assert f"DEP-{number}" in answer, answer
    soon(lambda: place.shows("deployments", f"DEP-{number} ·", "**Requested**", "Approve"))
    return int(number)


def another_model(place: Place, requirement: int) -> int:
    """Return a run of the requirement whose model is approved and not live, trained now if there is none."""
    spare = (
        "SELECT run, number FROM audits WHERE requirement = ? AND stage = ? AND run NOT IN"
        " (SELECT run FROM rollouts WHERE stage = 'live') ORDER BY run DESC"
    )
    if found := place.query(spare, requirement, "approved"):
        return int(found[0][0])
    going = "SELECT number FROM runs WHERE requirement = ? AND stage IN ('ordered', 'submitted', 'queued', 'running')"
    going += " AND recipe NOT LIKE 'patient%'"
    if not place.query(spare, requirement, "in review") and not place.query(going, requirement):
        place.launched(requirement=requirement, recipe=QUICK)
    [(run, audit), *_] = soon(lambda: place.query(spare, requirement, "in review"))
    soon(
        lambda: place.press(
            "kanya", "Approve", channel="audit", on=f"AUD-{audit} ·", reason="It learned the pale digits."
        )
    )
    soon(lambda: place.shows("training", f"RUN-{run} ·", "model version"))
    return int(run)


def test_the_next_deployment_fails_and_traffic_stays_where_it_was(panel, place):
    """The rollout's card has Azure's reason, #ops an incident; the model that was live keeps all the traffic."""
    endpoint, number = proposed(place)
    before = _traffic(place, endpoint)
    promised(
        panel, "deployment_fails", "ends as failed with Azure's reason on its card", "traffic stays with the model"
    )
    switch(panel, "deployment_fails", on=True)
    approve(place, number)

    soon(lambda: place.shows("deployments", f"DEP-{number} ·", "**Failed**", "Not enough quota available"))
    soon(lambda: place.shows("ops", "INC-", f"DEP-{number} failed", "Not enough quota available"))
    expect(panel.locator("[data-trouble=deployment_fails]").get_by_role("switch")).to_have_attribute(
        "aria-checked", "false"
    )
    assert [100] == list(before.values())
    assert before == _traffic(place, endpoint)


def approve(place: Place, number: int) -> None:
    """Have a rollout approved."""
    assert place.press("somchai", "Approve", channel="deployments", on=f"DEP-{number} ·", reason="Quiet hours.")


def _traffic(place: Place, endpoint: str) -> dict[str, int]:
    shares: dict[str, int] = place.get("_world/cloud")["endpoints"][endpoint]["traffic"]
    return {name: pct for name, pct in shares.items() if pct}


def test_a_rollout_waits_for_a_cloud_that_answers_503(panel, place):
    """It stays at its step, /status and #ops say why, the live model answers on; lifted, the rollout is finished."""
    endpoint, number = proposed(place)
    before, resolved = _traffic(place, endpoint), place.incidents(OF_AZURE, "Resolved")
    promised(panel, "azure_503", "stays at its step", "/status says what waits", "#ops gets an incident", "answer on")
    switch(panel, "azure_503", on=True)
    approve(place, number)

    soon(lambda: place.incidents(OF_AZURE, "Open") == 1)
    status = place.told("nok", "status")
    assert "Waiting to be tried again" in status
    assert f"DEP-{number}" in status.partition("Waiting to be tried again")[2]
    soon(lambda: place.shows("deployments", f"DEP-{number} ·", "**Approved**"))
    push(panel, "normal", "100 were answered")
    assert [100] == list(before.values())
    assert before == _traffic(place, endpoint)

    switch(panel, "azure_503", on=False)
    soon(lambda: place.incidents(OF_AZURE, "Resolved") == resolved + 1)
    soon(lambda: place.shows("deployments", f"DEP-{number} ·", "**Live**", "**100%**"))
    assert {f"dep-{number}": 100} == _traffic(place, endpoint)
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
    stood = place.stands_at(watched)
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
    stood = place.stands_at(run)
    soon(lambda: place.trained(run) > stood + 1)
    assert stood == place.epoch(run)

    switch(panel, "ssh", on=False)
    soon(lambda: place.incidents(OF_CLUSTER, "Resolved") == before + 1)
    soon(lambda: place.epoch(run) > stood)
