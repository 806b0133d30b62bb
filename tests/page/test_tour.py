"""The tour in a whole world where people do things beside it: what is done for one keeps to the tour's own things."""

from collections.abc import Iterator

import pytest

from sandbox.road import REQUIREMENT
from sandbox.text import inputs_of
from tests.support.browser import PHONE
from tests.support.desk import Place, eventually, running

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    """Bring a whole world up."""
    with running(tmp_path_factory.mktemp("tour") / "state") as up:
        yield up


def file_another(place: Place) -> None:
    """File a requirement beside the tour."""
    options = {"dataset": "digits", "kind": "assist"}
    form = place.act("malee", "slash", command="requirement file", channel="requirements", options=options)
    values = {inputs_of(form["modal"])[label]["custom_id"]: text for label, text in REQUIREMENT.items()}
    assert "answered" == place.act("malee", "submit", interaction=form["interaction"], values=values)["state"]


def failures(place: Place) -> list[str]:
    """Return what the tour says that went wrong."""
    return [stop["failure"] for stop in place.get("_world/tour")["stops"] if stop["failure"]]


def test_a_double_press_on_the_page_begins_one_thing(at_desk):
    """The button is out of use from the first press on, and nobody is told to wait."""
    page = at_desk()
    page.locator("[data-stop=file]").get_by_role("button", name="Do it for me").dblclick()

    expect(page.locator("[data-stop=file]")).to_have_class("done")
    assert "wait for it" not in page.locator("body").inner_text()


def test_on_a_phone_the_desk_gives_way_to_where_one_is_taken(at_desk):
    """It covers the whole page, so it closes; the knob brings it back, at the same stop."""
    page = at_desk(viewport=PHONE, has_touch=True)
    page.locator("#knob").tap()
    if not page.get_by_role("button", name="Take me there").is_visible():
        page.get_by_role("button", name="File a requirement").tap()
    page.get_by_role("button", name="Take me there").tap()

    expect(page.locator("#desk")).to_be_hidden()
    expect(page.locator("#title")).to_contain_text("requirements")
    expect(page.locator("#text")).to_be_in_viewport()
    page.locator("#knob").tap()
    expect(page.get_by_role("button", name="Take me there")).to_be_in_viewport()


@pytest.mark.timeout(480)
def test_what_is_done_beside_the_tour_is_not_taken_for_it(place):
    """A newer requirement, and a newer run that was cancelled, change nothing of Launch and Propose."""
    place.do("claim")
    file_another(place)
    place.do("watch")
    place.do("audit")
    more = {"requirement": 1, "cpus": 1, "memory_gib": 4, "parameters": "epochs=2000"}
    place.use("anan", "train launch", channel="training", **more)
    eventually(lambda: place.press("anan", "Launch", channel="training", on="RUN-2"))
    eventually(lambda: place.jobs("RUNNING"))
    assert "answered" == place.use("anan", "train cancel", channel="training", run=2)
    place.do("propose")

    assert [] == failures(place)
    assert place.shows("deployments", "DEP-1", "req-1")
