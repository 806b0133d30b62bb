"""The desk beside the sandbox's page, in a real browser over the whole world with the real bot."""

import json
import re
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.person import control
from sandbox.text import text_of
from tests.support import need

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SLOW_MS = 60_000
WIDER = """[...document.querySelectorAll("main *, #desk *")].filter((each) => !each.closest(".wide, pre")
    && each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML.slice(0, 200))"""


@dataclass(frozen=True)
class Place:
    """A running sandbox."""

    url: str
    state: Path

    def get(self, path: str) -> Any:
        """Return the JSON at the path."""
        with urllib.request.urlopen(self.url + path, timeout=15) as response:
            return json.load(response)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Post and return the answer."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def use(self, person: str, command: str, *, channel: str = "general", **options: Any) -> str:
        """Use a slash command and return how it was answered."""
        asked = {"as": person, "op": "slash", "command": command, "channel": channel, "options": options}
        return str(self.post("_client/act", asked)["result"]["state"])

    def press(self, person: str, label: str, *, channel: str) -> bool:
        """Press the newest button with this label, and tell whether there was one."""
        state = self.get(f"_client/state?as={person}&channel={channel}")
        shown = [message for messages in state["messages"].values() for message in messages if control(message, label)]
        if shown:
            button = control(shown[-1], label)
            pressed = {"as": person, "op": "click", "message": shown[-1]["id"], "custom_id": button["custom_id"]}
            assert "answered" == self.post("_client/act", pressed)["result"]["state"]
        return bool(shown)

    def texts(self, channel: str) -> list[str]:
        """Return what everyone reads in the channel."""
        state = self.get(f"_client/state?as=nok&channel={channel}")
        return [text_of(message) for messages in state["messages"].values() for message in messages]

    def wire(self, kind: str, *, since: float) -> list[dict[str, Any]]:
        """Return what crossed the wires."""
        return [one for one in self.get("_world/wire")["entries"] if one["kind"] == kind and one["at"] > since]

    def is_online(self) -> bool:
        """Tell whether the bot's gateway line is up."""
        return bool(self.get("_world/troubles")["bot_online"])

    def jobs(self, state: str) -> list[dict[str, Any]]:
        """Return the jobs in this state."""
        return [job for job in self.get("_world/cluster")["jobs"] if job["state"] == state]

    def has_a_long_run(self) -> bool:
        """See to it that a job runs for minutes."""
        if not self.jobs("RUNNING"):
            more = {"requirement": 1, "cpus": 1, "memory_gib": 4, "parameters": "epochs=2000"}
            assert "answered" == self.use("anan", "train launch", channel="training", **more)
            eventually(lambda: self.press("anan", "Launch", channel="training"))
            eventually(lambda: self.jobs("RUNNING"))
        return True


def eventually(ask: Callable[[], Any], *, within_s: float = 30.0) -> Any:
    """Return the first true answer; fail when the time is over."""
    deadline = time.monotonic() + within_s
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s; the last answer was {answer!r}"
        time.sleep(0.1)
    return answer


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    """Bring a whole world up as a newcomer does."""
    state = tmp_path_factory.mktemp("desk") / "state"
    argv = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(state)]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said = ""
    while (found := re.search(r"open (http\S+/)", said)) is None:
        line = process.stdout.readline()
        assert line, f"the sandbox ended: {said}"
        said += line
    place = Place(found.group(1), state)
    eventually(place.is_online)
    eventually(lambda: place.get("_client/state?as=malee")["commands"])
    yield place
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.exists():
        need.lacking("chromium at /usr/bin/chromium")
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def visit(place, browser):
    """Open the page; afterwards nothing may have been complained of in the console."""
    complaints: list[str] = []
    contexts = []

    def begin(*, viewport: dict = WIDE):
        context = browser.new_context(viewport=viewport, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(place.url)
        expect(page.locator("#knob")).to_contain_text("/11")
        return page

    yield begin
    for context in contexts:
        context.close()

    assert complaints == []


def test_stops_are_done_for_one_and_seen(visit, place):
    """One press files, claims, fails and acknowledges as three people; the stops are ticked and the page goes along."""
    page = visit()
    expect(page.locator("[data-stop]")).to_have_count(11)
    page.get_by_role("button", name="See the incident").click()
    expect(page.locator(".stop-more")).to_contain_text("File a requirement, Claim it, Launch a run that fails")
    page.get_by_role("button", name="Do it for me").click()

    for stop in ("file", "claim", "fail", "incident"):
        expect(page.locator(f"[data-stop={stop}]")).to_have_class("done", timeout=SLOW_MS)
    expect(page.locator("#knob")).to_contain_text("4/11")
    expect(page.locator("#me")).to_contain_text("Somchai")
    expect(page.locator("#title")).to_contain_text("ops")
    assert any("RUN-1 failed" in text for text in place.texts("ops"))


def test_one_is_taken_to_a_stop_and_what_is_done_by_hand_is_ticked(visit, place):
    """Take me there is the right person in the right channel with the command begun; the run then counts as seen."""
    page = visit()
    expect(page.get_by_role("button", name="Launch a good run")).to_have_attribute("aria-expanded", "true")
    page.get_by_role("button", name="Take me there").click()

    expect(page.locator("#me")).to_contain_text("Anan")
    expect(page.locator("#title")).to_contain_text("training")
    expect(page.locator("#text")).to_have_value("/train launch")

    place.has_a_long_run()

    expect(page.locator("[data-stop=train]")).to_have_class("done", timeout=SLOW_MS)


def test_a_claim_is_followed_through_the_xray(visit):
    """The press, its answer, the sbatch that came of it with its exit code, and the fact with who caused it."""
    page = visit()
    page.get_by_role("tab", name="X-ray").click()
    wire, words = page.locator(".wire"), page.get_by_label("Filter the wire")
    words.fill("claim:req-1")
    expect(wire.locator("summary:visible").filter(has_text="INTERACTION_CREATE · claim:REQ-1")).to_have_count(2)
    words.fill("/callback")
    expect(wire.locator("summary:visible").filter(has_text="POST /interactions/…/callback").first).to_be_visible()
    words.fill("sbatch --")
    sbatch = wire.locator("summary:visible").filter(has_text="sbatch --parsable").last
    expect(sbatch.locator(".ok")).to_have_text("0")
    sbatch.press("Enter")
    expect(wire.locator("details[open]")).to_contain_text("Answered")
    page.get_by_role("button", name="Cluster").click()
    expect(wire.locator("summary:visible")).to_have_count(0)

    page.get_by_role("tab", name="Cluster").click()
    expect(page.locator("#panel-cluster")).to_contain_text("gpu1")
    expect(page.locator("#panel-cluster td").filter(has_text="failed")).to_be_visible()

    page.get_by_role("tab", name="Cloud").click()
    expect(page.locator("#panel-cloud")).to_contain_text("No endpoint has been made yet.")

    page.get_by_role("tab", name="Bot").click()
    claimed = page.locator("#panel-bot tr").filter(has_text="requirement.claimed")
    expect(claimed).to_contain_text("anan")
    expect(page.locator("#panel-bot tr").filter(has_text="cluster.submit").last).to_contain_text("done")


def test_no_secret_is_seen_through_the_xray(place):
    """Neither the bot's token nor the cloud's secret is in what the desk shows."""
    token = json.loads((place.state / "discord/discord.json").read_text(encoding="utf-8"))["token"]
    secret = json.loads((place.state / "azure/azure.json").read_text(encoding="utf-8"))["client_secret"]
    shown = json.dumps([place.get(f"_world/{view}") for view in ("wire", "cluster", "cloud", "bot")])

    assert "IDENTIFY" in shown
    assert token not in shown
    assert secret not in shown


def _arm_status(place: Place) -> int:
    """Ask the cloud's resource manager as the bot's worker does, without a token."""
    azure = json.loads((place.state / "azure/azure.json").read_text(encoding="utf-8"))
    context = ssl.create_default_context(cafile=azure["ca_file"])
    proxy = urllib.request.ProxyHandler({"https": azure["proxy"]})
    opener = urllib.request.build_opener(proxy, urllib.request.HTTPSHandler(context=context))
    with pytest.raises(urllib.error.HTTPError) as refusal:
        opener.open("https://management.azure.com/subscriptions/x", timeout=5)
    with refusal.value:
        return refusal.value.code


def _failed_for(place: Place, words: str) -> bool:
    return any(re.search(rf"RUN-\d+ failed.*{words}", text, re.DOTALL) for text in place.texts("ops"))


def _commands_end(place: Place, since: float, *, well: bool) -> bool:
    return any(one["is_good"] is well and "squeue" in one["what"] for one in place.wire("slurm", since=since))


def _cards_answered(place: Place, since: float, status: str) -> bool:
    return any(one["status"] == status and "PATCH" in one["what"] for one in place.wire("rest", since=since))


SWITCHES: dict[str, tuple[Callable[[Place, float], object], Callable[[Place, float], object]]] = {
    "discord_429": (
        lambda place, since: place.has_a_long_run() and _cards_answered(place, since, "429"),
        lambda place, since: _cards_answered(place, since, "200"),
    ),
    "ssh": (
        lambda place, _: place.has_a_long_run() and place.get("_world/cluster")["connections"] == 0,
        lambda place, since: _commands_end(place, since, well=True),
    ),
    "controller": (
        lambda place, since: place.has_a_long_run() and _commands_end(place, since, well=False),
        lambda place, since: _commands_end(place, since, well=True),
    ),
    "node": (
        lambda place, _: _failed_for(place, "lost"),
        lambda place, _: all(node["state"] == "idle" for node in place.get("_world/cluster")["nodes"]),
    ),
    "azure_503": (lambda place, _: _arm_status(place) == 503, lambda place, _: _arm_status(place) == 401),
    "deployment_fails": (
        lambda place, _: place.get("_world/cloud")["faults"]["deployment"] == 1,
        lambda place, _: place.get("_world/cloud")["faults"]["deployment"] == 0,
    ),
    "bot_held": (lambda place, _: not place.is_online(), lambda place, _: place.is_online()),
    "discord_down": (lambda place, _: not place.is_online(), lambda place, _: place.is_online()),
}
"""What shows that the trouble is there, and that it is over."""


@pytest.mark.parametrize("key", SWITCHES)
def test_a_trouble_is_switched_on_felt_and_lifted(visit, place, key):
    """Each switch shows how it stands, breaks what it says, and the bot answers afterwards."""
    if key == "node":
        place.has_a_long_run()
    page = visit()
    page.get_by_role("tab", name="Trouble").click()
    switch = page.locator(f"[data-trouble={key}]").get_by_role("switch")
    is_felt, is_over = SWITCHES[key]
    began = time.time()
    switch.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")
    eventually(lambda: is_felt(place, began))

    lifted = time.time()
    switch.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    eventually(lambda: is_over(place, lifted))

    eventually(lambda: place.is_online() and place.use("nok", "status") == "answered")


PUSHES: dict[str, tuple[str, Callable[[Place, float], object]]] = {
    "job_killed": ("was ended: kill", lambda place, _: _failed_for(place, "0:9")),
    "job_memory": ("was ended: out of memory", lambda place, _: _failed_for(place, "memory")),
    "discord_cut": (
        "was closed",
        lambda place, since: any(one["what"] == "RESUMED" for one in place.wire("gateway", since=since)),
    ),
    "bot_killed": (
        "SIGKILL",
        lambda place, since: any(one["what"] == "READY" for one in place.wire("gateway", since=since)),
    ),
    "drift": ("No model takes traffic yet", lambda _, __: True),
    "normal": ("No model takes traffic yet", lambda _, __: True),
}
"""What is said, and what shows that it was done."""


@pytest.mark.parametrize("key", PUSHES)
def test_a_trouble_is_pushed_and_the_bot_bears_it(visit, place, key):
    """Each push says what it did, does it, and the bot answers afterwards; what cannot be done now says why."""
    if key.startswith("job"):
        place.has_a_long_run()
    said, is_done = PUSHES[key]
    began = time.time()
    page = visit()
    page.get_by_role("tab", name="Trouble").click()
    page.locator(f"[data-trouble={key}]").get_by_role("button").click()

    expect(page.locator(f"[data-trouble={key}] .said")).to_contain_text(said)
    eventually(lambda: is_done(place, began))
    eventually(lambda: place.is_online() and place.use("nok", "status") == "answered")


def test_a_file_goes_through_the_front_door(visit, tmp_path):
    """Uploads and downloads pass the desk as they are."""
    paper = tmp_path / "paper.txt"
    paper.write_text("Thai: กขค", encoding="utf-8")
    page = visit()
    page.get_by_role("button", name="general").click()
    page.locator("#attach").set_input_files(paper)
    link = page.locator(".message").last.get_by_role("link")
    expect(link).to_contain_text("paper.txt")

    assert page.request.get(page.url.partition("?")[0].rstrip("/") + link.get_attribute("href")).text() == "Thai: กขค"


def test_everything_is_lifted_at_once(visit, place):
    """Lift all turns every switch off."""
    for key in ("controller", "discord_429", "azure_503", "node"):
        place.post(f"_world/troubles/{key}", {"on": True})
    page = visit()
    page.get_by_role("tab", name="Trouble").click()
    expect(page.locator(".trouble.on")).to_have_count(4)
    page.get_by_role("button", name="Lift all").click()

    expect(page.locator(".trouble.on")).to_have_count(0)
    assert [] == [one["key"] for one in place.get("_world/troubles")["troubles"] if one["is_on"]]


def test_a_phone_shows_the_desk_over_the_page(visit):
    """At 390 pixels the desk is closed at first, covers the page when opened, and nothing is wider than the screen."""
    page = visit(viewport=PHONE)
    expect(page.locator("#desk")).to_be_hidden()
    assert (page.evaluate("document.documentElement.scrollWidth"), page.evaluate(WIDER)) == (390, [])

    page.get_by_role("button", name="Desk").click()
    for tab in ("Tour", "Trouble", "X-ray", "Cluster", "Cloud", "Bot", "Wire"):
        page.get_by_role("tab", name=tab, exact=True).click()
        expect(page.get_by_role("tab", name=tab, exact=True)).to_have_attribute("aria-selected", "true")
        assert (page.evaluate("document.documentElement.scrollWidth"), page.evaluate(WIDER)) == (390, []), tab

    page.keyboard.press("Escape")
    expect(page.locator("#desk")).to_be_hidden()
    expect(page.locator("#knob")).to_be_focused()


def test_the_keyboard_reaches_the_desk(visit):
    """The knob opens it with the focus in it, arrows move between tabs, and Tab goes on to what is shown."""
    page = visit()
    page.locator("#knob").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#desk")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Tour")).to_be_focused()
    page.keyboard.press("ArrowLeft")

    expect(page.get_by_role("tab", name="Trouble")).to_be_focused()
    expect(page.get_by_role("button", name="Lift all")).to_be_visible()
    first = page.get_by_role("switch").first
    expect(first).to_be_visible()
    for _ in range(6):  # how many stops stand before it depends on what is switched
        if not first.evaluate("one => one === document.activeElement"):
            page.keyboard.press("Tab")
    expect(first).to_be_focused()


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_other_pages_are_kept_out(place, headers):
    """A page of another origin, or another name for this address, can neither look nor act."""
    request = urllib.request.Request(f"{place.url}_world/troubles/lift", b"{}", headers)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=5)


def test_the_page_takes_everything_from_its_own_origin(place):
    """The policy that the page came with holds for the desk too."""
    with urllib.request.urlopen(place.url, timeout=5) as response:
        policy = response.headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'self';")
