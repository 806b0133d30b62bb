"""The desk's troubles on purpose, in a real browser over the whole world: each promise that the panel prints is kept.

Those of the cluster's line, the cloud and the customers are in test_desk_in_production.py.
"""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.desk.troubles import TROUBLES
from tests.support.browser import PHONE
from tests.support.desk import Place, eventually, promised, push, switch

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = [pytest.mark.timeout(480), pytest.mark.usefixtures("no_run_is_left")]

OF_DISCORD = "Discord does not answer"


def answers(place: Place) -> bool:
    """Tell whether the bot is there and answers a command."""
    return place.is_online() and place.use("nok", "status") == "answered"


def cards(place: Place, channel: str, head: str) -> int:
    """Return how many messages everyone reads in the channel that begin so."""
    return sum(text.lstrip("# ").startswith(head) for text in place.texts(channel))


def told_of(place: Place, run: int, *words: str) -> bool:
    """Tell whether #ops has the incident of a failed run, with the log's end, the next step, and these words."""
    told = [text for text in place.texts("ops") if f"RUN-{run} failed" in text.partition("\n")[0]]
    return any(all(word in text for word in ("Next step", *words)) for text in told)


def opened(place: Place) -> int:
    """Return the sequence of the newest fact that opens an incident, or 0."""
    facts = [fact for fact in place.get("_world/bot")["facts"] if fact["event"] == "incident.opened"]
    return max((int(fact["sequence"]) for fact in facts), default=0)


def frames(place: Place, *, since: float) -> list[str]:
    """Return what crossed the gateway line, by name."""
    return [one["what"] for one in place.wire("gateway", since=since)]


def test_a_killed_job_is_told_on_its_card_and_to_ops(panel, place):
    """Exit code and node; the log's end and the next step."""
    promised(panel, "job_killed", "exit code 0:9 and its node", "the last log lines and the next step")
    run = place.has_a_long_run()
    eventually(lambda: place.epoch(run))
    node = place.jobs_of(run)[-1]["nodes"][0]
    push(panel, "job_killed", "was ended: kill")

    eventually(lambda: place.shows("training", f"RUN-{run} ·", "**Failed**", "0:9", f"node {node}"))
    eventually(lambda: told_of(place, run, "Last log lines", "epoch"))


def test_a_job_without_memory_is_told_what_to_ask_for(panel, place):
    """That SLURM ended it for its memory, and both ways out."""
    promised(panel, "job_memory", "SLURM ended it for its memory", "more memory_gib or a smaller batch_size")
    run = place.has_a_long_run()
    push(panel, "job_memory", "was ended: out of memory")

    eventually(lambda: place.shows("training", f"RUN-{run} ·", "**Failed**", "memory", "`memory_gib`", "`batch_size`"))
    eventually(lambda: told_of(place, run, "memory"))


def test_the_run_of_a_lost_node_goes_on_on_another(panel, place):
    """It fails by that name, Ops have an incident, the X-ray shows the node; a press goes on elsewhere meanwhile."""
    promised(panel, "node", "the node was lost", "with an incident", "on the other node", "X-ray, Cluster shows")
    run = place.has_a_long_run()
    lost = place.jobs_of(run)[-1]["nodes"][0]
    switch(panel, "node", on=True)

    eventually(lambda: place.shows("training", f"RUN-{run} ·", "**Failed**", "was lost"))
    eventually(lambda: told_of(place, run, "was lost"))
    panel.get_by_role("tab", name="X-ray").click()
    panel.get_by_role("tab", name="Cluster", exact=True).click()
    expect(panel.locator(".card").filter(has_text=lost).locator(".bad")).to_contain_text("down")

    assert place.press("anan", "Resume from checkpoint", channel="training", on=f"RUN-{run} ·")
    eventually(
        lambda: [job["state"] for job in place.jobs_of(run)][-1:] == ["RUNNING"] and len(place.jobs_of(run)) == 2
    )
    assert lost not in place.jobs_of(run)[-1]["nodes"]

    panel.get_by_role("tab", name="Trouble").click()
    switch(panel, "node", on=False)
    eventually(lambda: all(node["state"] != "down" for node in place.get("_world/cluster")["nodes"]))


def test_what_discord_answers_429_comes_late_and_once(panel, place):
    """Commands are answered at once and tell the present; cards and alerts come when it is lifted, one of each."""
    promised(panel, "discord_429", "commands are still answered", "cards stand still", "alerts come late")
    promised(panel, "discord_429", "Nothing is lost or posted twice")
    run = place.has_a_long_run()
    eventually(lambda: place.epoch(run))
    began = time.time()
    switch(panel, "discord_429", on=True)
    eventually(lambda: [one for one in place.wire("rest", since=began) if one["status"] == "429"])
    push(panel, "job_killed", "was ended: kill")

    eventually(lambda: "**Failed**" in place.told("nok", "train show", run=run))
    assert place.shows("training", f"RUN-{run} ·", "**Running**")
    assert not told_of(place, run)

    switch(panel, "discord_429", on=False)
    eventually(lambda: place.shows("training", f"RUN-{run} ·", "**Failed**", "0:9"))
    eventually(lambda: told_of(place, run))
    number = place.number_in("ops", "INC-", rf"INC-(\d+) · RUN-{run} failed")
    assert (1, 1) == (cards(place, "training", f"RUN-{run} ·"), cards(place, "ops", f"INC-{number} ·"))


def test_a_bot_that_is_disconnected_resumes_and_misses_nothing(panel, place):
    """RESUME and RESUMED instead of a new session; what happened meanwhile is answered, and nobody is alarmed."""
    promised(panel, "discord_cut", "hardly anything", "is sent what it missed", "RESUME, RESUMED")
    before, began = place.texts("ops"), time.time()
    push(panel, "discord_cut", "was closed")

    eventually(lambda: {"RESUME", "RESUMED"} <= set(frames(place, since=began)))
    assert "READY" not in frames(place, since=began)
    assert answers(place)
    assert before == place.texts("ops")


def test_while_discord_is_down_runs_go_on_and_ops_hear_of_it_after(panel, place):
    """Commands fail; lifted, the bot is back, the card jumps to the present, the outage is told, once, as over."""
    promised(panel, "discord_down", "the bot is offline and commands fail", "runs and rollouts go on")
    promised(panel, "discord_down", "each card jumps to the present", "#ops tells of the outage")
    run, before = place.has_a_long_run(), place.incidents(OF_DISCORD, "Resolved")
    eventually(lambda: place.epoch(run))
    noted = opened(place)
    switch(panel, "discord_down", on=True)
    eventually(lambda: not place.is_online())
    assert "failed" == place.use("nok", "status")
    stood = place.epoch(run)
    eventually(lambda: place.trained(run) > stood + 1)
    eventually(lambda: opened(place) > noted, within_s=60)  # a hiccup is nobody's incident

    switch(panel, "discord_down", on=False)
    eventually(lambda: answers(place), within_s=60)
    eventually(lambda: place.epoch(run) > stood)
    eventually(lambda: place.incidents(OF_DISCORD, "Resolved") == before + 1)
    assert 0 == place.incidents(OF_DISCORD, "Open")


def test_a_bot_that_is_stopped_catches_up_when_it_is_back(at_desk, place):
    """Commands are not answered and jobs train on; then its cards are at the present.

    By taps, on a phone: at 390 pixels the desk lies over the page, its last switch is reached, and then the page is
    back.
    """
    panel = at_desk(viewport=PHONE, has_touch=True)
    panel.locator("#knob").tap()
    panel.get_by_role("tab", name="Trouble").tap()
    promised(panel, "bot_held", "it is offline and commands are not answered", "jobs train on", "it catches up")
    run = place.has_a_long_run()
    eventually(lambda: place.epoch(run))
    tap(panel, "bot_held", on=True)
    eventually(lambda: not place.is_online())
    assert "failed" == place.use("nok", "status")
    stood = place.epoch(run)
    eventually(lambda: place.trained(run) > stood + 1)
    assert stood == place.epoch(run)

    tap(panel, "bot_held", on=False)
    eventually(lambda: answers(place), within_s=60)
    eventually(lambda: place.epoch(run) > stood)
    panel.get_by_role("button", name="Close the desk").tap()

    expect(panel.locator("#desk")).to_be_hidden()
    expect(panel.locator("#bot")).to_have_class("online")
    assert panel.evaluate("document.documentElement.scrollWidth <= innerWidth")


def tap(page: Any, key: str, *, on: bool) -> None:
    """Switch a trouble on, or lift it, by a finger."""
    switch = page.locator(f"[data-trouble={key}]").get_by_role("switch")
    expect(switch).to_be_enabled()
    switch.tap()

    expect(switch).to_have_attribute("aria-checked", str(on).lower())
    expect(switch).to_be_in_viewport()


def test_what_a_killed_bot_had_begun_is_finished_once(panel, place):
    """A run that was just launched is sent to the cluster once; a command in that moment is not answered."""
    promised(panel, "bot_killed", "it is offline for two or three seconds", "finished from the outbox, once")
    promised(panel, "bot_killed", "a command in that moment says that it was not answered")
    run = place.launched()
    began = time.time()
    panel.locator("[data-trouble=bot_killed]").get_by_role("button").click()
    eventually(lambda: not place.is_online())

    assert "failed" == place.use("nok", "status")
    eventually(lambda: answers(place))
    assert "READY" in frames(place, since=began)
    eventually(lambda: place.shows("training", f"RUN-{run} ·", "**Running**"))
    assert (1, 1) == (len(place.jobs_of(run)), cards(place, "training", f"RUN-{run} ·"))


def test_everything_is_lifted_at_once(at_desk, place):
    """Lift all turns every switch off."""
    for key in ("controller", "discord_429", "azure_503", "node"):
        place.post(f"_world/troubles/{key}", {"on": True})
    page = at_desk()
    page.get_by_role("tab", name="Trouble").click()
    expect(page.locator(".trouble.on")).to_have_count(4)
    page.get_by_role("button", name="Lift all").click()

    expect(page.locator(".trouble.on")).to_have_count(0)
    assert [] == [one["key"] for one in place.get("_world/troubles")["troubles"] if one["is_on"]]


def test_the_promise_of_every_trouble_is_tested():
    """Each is read and found kept here or in the file named above."""
    here = Path(__file__)
    tests = "".join(one.read_text(encoding="utf-8") for one in (here, here.with_name("test_desk_in_production.py")))

    assert [] == [one.key for one in TROUBLES if not re.search(rf'promised\(\s*panel, "{one.key}"', tests)]
