"""Every dataset that the form offers walks the tour to its end: done for one, and by hand with what the cards print."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.road import REQUIREMENT
from sandbox.text import control, inputs_of, text_of
from tests.support.desk import Place, eventually, running
from tests.support.printed import printed_in

pytestmark = [pytest.mark.repetition, pytest.mark.timeout(900)]

DATASETS = ("breast_cancer", "digits", "docstrings", "wine")
LEGS = ("claim", "incident", "watch", "audit", "approve", "measure", "drift")
SEEN_LIMIT_S = 240.0


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Bring a whole world up."""
    with running(tmp_path / "state") as up:
        yield up


def filed(place: Place, dataset: str) -> None:
    """File the first requirement, for a dataset that the form offers."""
    where: dict[str, Any] = {"command": "requirement file", "channel": "requirements"}
    offered = place.act("malee", "autocomplete", option="dataset", value="", options={}, **where)
    assert DATASETS == tuple(one["value"] for one in offered["choices"])
    form = place.act("malee", "slash", options={"dataset": dataset, "kind": "assist"}, **where)
    submitted(place, "malee", form, REQUIREMENT | {"Targets": "f1 >= 0.01"})
    soon(lambda: "file" in place.done())  # the card comes after the answer, and the tour goes by what it sees


def submitted(place: Place, person: str, form: Any, texts: dict[str, str]) -> str:
    """Fill in a form by its labels, and return the answer."""
    values = {inputs_of(form["modal"])[label]["custom_id"]: text for label, text in texts.items()}
    done = place.act(person, "submit", interaction=form["interaction"], values=values)
    assert "answered" == done["state"], done
    return text_of(done["message"])


def soon(ask: Any) -> Any:
    """Wait for what takes its time."""
    return eventually(ask, within_s=SEEN_LIMIT_S)


def stops(place: Place) -> tuple[list[str], list[str]]:
    """Return which stops of the tour are not done, and what it says that went wrong."""
    shown = place.get("_world/tour")["stops"]
    return [one["key"] for one in shown if one["state"] != "done"], [one["failure"] for one in shown if one["failure"]]


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_tour_is_done_for_one(place: Place, dataset: str) -> None:
    """Whoever has filed by hand has the rest done: with traffic of that dataset, which drifts and is retrained on."""
    filed(place, dataset)
    for leg in LEGS:
        place.do(leg)
        assert [] == stops(place)[1]

    assert ([], []) == stops(place)
    assert place.shows("training", "RUN-2 ·", f"on `{dataset}`")
    assert place.shows("training", "RUN-3 ·", f"on `{dataset}`")


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_tour_is_walked_by_hand(place: Place, dataset: str) -> None:
    """Each command is typed as a card or an answer has printed it; traffic comes from where the tour says."""
    filed(place, dataset)
    soon(lambda: place.shows("requirements", "REQ-1 ·", "Claim"))
    claimed = text_of(pressed(place, "anan", "requirements", "Claim")["message"])
    launched(place, claimed, parameters="learning_rate=1000")
    soon(lambda: place.shows("ops", "INC-1 ·", "diverged"))
    pressed(place, "somchai", "ops", "Acknowledge")
    launched(place, claimed, parameters="epochs=40", hypothesis="It will do.")
    soon(lambda: place.shows("training", "RUN-2 ·", "Held-out results"))
    soon(lambda: place.press("kanya", "Approve", channel="audit", reason="I have read the checks."))
    soon(lambda: place.shows("training", "RUN-2 ·", "model version"))
    approved = soon(lambda: [text for text in place.texts("training") if "/deploy propose" in text])[0]
    submitted(place, "anan", typed(place, "anan", approved, channel="deployments"), {"Reason": "Now is good."})
    soon(lambda: place.press("somchai", "Approve", channel="deployments", reason="Quiet hours."))
    soon(lambda: place.shows("announcements", "🎉", "is live"))

    sent(place, "measure", "Send normal traffic", "usual")
    assert "MON-1" in place.told("preecha", "monitor run", channel="monitoring", monitor=1)
    soon(lambda: place.shows("monitoring", "MON-1 ·", "stable"))
    sent(place, "drift", "Production data shifts", "")
    assert place.press("preecha", "Measure now", channel="monitoring")
    soon(lambda: place.press("preecha", "Start retraining", channel="monitoring"))

    soon(lambda: stops(place) == ([], []))


def typed(place: Place, person: str, printed_on: str, *, channel: str, **more: str) -> Any:
    """Type the one command with values that a text prints, and return what came of it."""
    [printed] = {one for one in printed_in(printed_on) if one.options}
    options = {name: int(value) for name, value in printed.options} | more
    return place.act(person, "slash", command=printed.name, channel=channel, options=options)


def launched(place: Place, claimed: str, **more: str) -> None:
    """Plan a run with the printed command, and launch it as soon as the cluster has said when it would start."""
    planned = text_of(typed(place, "anan", claimed, channel="training", **more)["message"])
    assert "is planned" in planned, planned
    run = planned.partition(" ")[0]
    soon(lambda: place.shows("training", f"{run} ·", "It would start"))
    assert place.press("anan", "Launch", channel="training", on=f"{run} ·")


def pressed(place: Place, person: str, channel: str, label: str) -> Any:
    """Press the only button with this label."""
    state = place.get(f"_client/state?as={person}&channel={channel}")
    [(message, button)] = [
        (one["id"], button)
        for messages in state["messages"].values()
        for one in messages
        if (button := control(one, label))
    ]
    return place.act(person, "click", message=message, custom_id=button["custom_id"])


def sent(place: Place, stop: str, title: str, what: str) -> None:
    """Press the trouble that the stop names as where its traffic comes from."""
    shown = next(one for one in place.get("_world/tour")["stops"] if one["key"] == stop)
    [trouble] = [one for one in place.get("_world/troubles")["troubles"] if one["title"] == title]
    done = place.post(f"_world/troubles/{trouble['key']}", {})

    assert f"“{title}”" in shown["what"]
    assert "Trouble" in shown["what"]
    assert done["ok"], done
    assert what in done["said"]
    count, answered = (int(word) for word in done["said"].split() if word.isdecimal())
    assert count == answered
