"""A whole sandbox as a newcomer starts it, with its desk, and questions to it over HTTP."""

import base64
import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.person import WITHIN_S
from sandbox.text import control, inputs_of, text_of
from tests.support.crew import QUICK, REQUIREMENT, quick_table

ROOT = Path(__file__).parents[2]
COUNTED = "figures"
"""A dataset that none of the recipes that ship reads, so that whoever names no recipe gets the quick one."""
PATIENT = f"""\
title = "A network that takes its time"
command = ["{sys.executable}", "patient.py", "{{spec}}"]
folder = "{Path(__file__).with_name("recipes")}"
datasets = ["digits", "{COUNTED}"]

[parameters.epochs]
type = "int"
default = 2000
"""
"""The recipe of runs that only have to be there: one that trains in earnest keeps a processor busy."""
RECIPES = {"patient": PATIENT, QUICK: quick_table(under="", datasets=f'["digits", "{COUNTED}"]')}
DOING_LIMIT_S = 180.0
DONE_LIMIT_MS = 240_000
START_LIMIT_S = 120.0
"""On a machine that does much else."""
ASKED_EVERY_S = 0.2
"""Each time costs the parts of the sandbox six thousandths of a second, so that ten times a second was felt."""


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

    def act(self, person: str, op: str, **fields: Any) -> Any:
        """Do something as somebody, and return what came of it."""
        done = self.post("_client/act", {"as": person, "op": op, "wait_deferred_s": WITHIN_S} | fields)
        return done["result"] | {"interaction": done.get("interaction")}

    def use(self, person: str, command: str, *, channel: str = "general", **options: Any) -> str:
        """Use a slash command and return how it was answered."""
        return str(self.act(person, "slash", command=command, channel=channel, options=options)["state"])

    def told(self, person: str, command: str, *, channel: str = "general", **options: Any) -> str:
        """Use a slash command and return what was answered."""
        done = self.act(person, "slash", command=command, channel=channel, options=options)
        return text_of(done["message"]) if done.get("message") else str(done)

    def say(self, person: str, channel: str, text: str) -> None:
        """Write a message."""
        assert self.post("_client/act", {"as": person, "op": "say", "channel": channel, "content": text})["ok"]

    def do(self, stop: str) -> None:
        """Have a stop of the tour done, and those it needs."""
        self.post(f"_world/tour/{stop}", {})
        eventually(lambda: self.get("_world/tour")["doing"] is None, within_s=DOING_LIMIT_S)

    def done(self) -> list[str]:
        """Return the stops of the tour that are done, by whomever."""
        return [stop["key"] for stop in self.get("_world/tour")["stops"] if stop["state"] == "done"]

    def sees_to(self, stop: str) -> None:
        """Have a stop of the tour done, and those it needs, unless it is done."""
        if stop not in self.done():
            self.do(stop)
        assert stop in self.done(), self.get("_world/tour")

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the bot's database, without a right to write."""
        with closing(sqlite3.connect(f"file:{self.state}/slipway.db?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(statement, values).fetchall()

    def filed(self) -> int:
        """Have a requirement filed and return its number."""
        options = {"dataset": "digits", "kind": "assist"}
        form = self.act("malee", "slash", command="requirement file", channel="requirements", options=options)
        values = {inputs_of(form["modal"])[label]["custom_id"]: text for label, text in REQUIREMENT.items()}
        done = self.act("malee", "submit", interaction=form["interaction"], values=values)
        found = re.search(r"REQ-(\d+) is filed", text_of(done["message"]))
        assert found, done
        return int(found.group(1))

    def restarted(self) -> None:
        """Have the bot killed and started again."""
        began = time.time()
        self.post("_world/troubles/bot_killed", {"on": True})
        eventually(lambda: any("READY" in one["what"] for one in self.wire("gateway", since=began)))
        eventually(self.is_online)

    def lift(self) -> None:
        """Mend whatever was broken."""
        self.post("_world/troubles/lift", {})

    def press(self, person: str, label: str, *, channel: str, on: str = "", reason: str = "") -> bool:
        """Press the newest button with this label, giving the reason it asks for; tell whether there was one."""
        state = self.get(f"_client/state?as={person}&channel={channel}")
        cards = [message for messages in state["messages"].values() for message in messages if on in text_of(message)]
        shown = [message for message in cards if control(message, label)]
        if shown:
            button = control(shown[-1], label)
            assert button is not None
            done = self.act(person, "click", message=shown[-1]["id"], custom_id=button["custom_id"])
            if reason:
                values = {inputs_of(done["modal"])["Reason"]["custom_id"]: reason}
                done = self.act(person, "submit", interaction=done["interaction"], values=values)
            assert "answered" == done["state"], done
        return bool(shown)

    def shows(self, channel: str, head: str, *words: str) -> bool:
        """Tell whether everyone reads a message in the channel that begins so and says all this."""
        texts = [text for text in self.texts(channel) if re.match(rf"\W*{re.escape(head)}", text)]
        return any(all(word in text for word in words) for text in texts)

    def number_in(self, channel: str, head: str, words: str) -> int:
        """Return the number that a card names, or 0."""
        found = [re.search(words, text) for text in self.texts(channel) if re.match(rf"\W*{re.escape(head)}", text)]
        return int(found[-1].group(1).replace(",", "")) if found and found[-1] else 0

    def epoch(self, run: int) -> int:
        """Return the epoch that the card of a long run shows, or 0."""
        return self.number_in("training", f"RUN-{run} ·", r"epoch ([\d,]+) of 2,000")

    def incidents(self, words: str, stage: str) -> int:
        """Return how many incidents with these words in their headline stand so in #ops."""
        heads = (text.splitlines()[:2] for text in self.texts("ops") if text.lstrip("# ").startswith("INC-"))
        return sum(words in head and f"**{stage}**" in line for head, line in heads)

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

    def jobs_of(self, run: int) -> list[dict[str, Any]]:
        """Return a run's jobs, one for each attempt that the cluster was given."""
        return [job for job in self.get("_world/cluster")["jobs"] if job["name"].startswith(f"slipway-run-{run}-")]

    def trained(self, run: int) -> int:
        """Return how many epochs a run's first attempt has behind it, as its own file has it."""
        [progress] = self.state.glob(f"**/runs/slipway-run-{run}-1/progress.jsonl")
        return len(progress.read_text(encoding="utf-8").splitlines())

    def stands_at(self, run: int) -> int:
        """Return the epoch that a run's card shows, once it shows what the bot has heard last."""
        heard = "SELECT json_extract(value, '$.epoch') FROM readings WHERE name = 'progress' AND number = ?"
        eventually(lambda: self.query(heard, run) == [(self.epoch(run),)])
        return self.epoch(run)

    def knows(self, recipe: str) -> None:
        """Have one of the tests' own recipes registered unless it is."""
        if not self.query("SELECT number FROM recipes WHERE name = ?", recipe):
            content = base64.b64encode(RECIPES[recipe].encode()).decode()
            file = self.act("anan", "upload", name=f"{recipe}.toml", content=content)["file"]
            made = self.told("anan", "recipe register", channel="training", name=recipe, file=file)
            assert "is registered" in made, made

    def launched(self, **more: Any) -> int:
        """Have a run planned, of the patient recipe if none is named, and Launch pressed; return its number."""
        self.sees_to("claim")
        options = {"requirement": 1, "recipe": "patient", "cpus": 1, "memory_gib": 1} | more
        self.knows(str(options["recipe"]))
        answer = self.told("anan", "train launch", channel="training", **options)
        assert "is planned" in answer, answer
        name = answer.partition(" ")[0]
        eventually(lambda: self.press("anan", "Launch", channel="training", on=f"{name} ·"))
        return int(name.removeprefix("RUN-"))

    def cancel(self, run: int) -> None:
        """Have a run cancelled."""
        assert "answered" == self.use("anan", "train cancel", channel="training", run=run)

    def has_failed(self) -> None:
        """See to it that a run has failed because its loss diverged, as the tour has it; the run only counts."""
        if "fail" not in self.done():
            self.launched(recipe=QUICK, parameters="learning_rate=1000")
            eventually(lambda: "fail" in self.done())

    def has_a_long_run(self) -> int:
        """See to it that a job runs for minutes, started after all others, and return the run that it is of."""
        newest = [int(job["name"].split("-")[2]) for job in self.jobs("RUNNING")][-1:]
        if newest and self.query("SELECT number FROM runs WHERE number = ? AND recipe LIKE 'patient%'", *newest):
            return newest[0]
        run = self.launched()
        eventually(lambda: [job["state"] for job in self.jobs_of(run)][-1:] == ["RUNNING"])
        return run


def eventually(ask: Callable[[], Any], *, within_s: float = 60.0) -> Any:
    """Return the first true answer; fail when the time is over."""
    deadline = time.monotonic() + within_s
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s; the last answer was {answer!r}"
        time.sleep(ASKED_EVERY_S)
    return answer


@contextmanager
def running(state: Path) -> Iterator[Place]:
    """Run `python -m sandbox` as a newcomer does."""
    argv = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(state)]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said = ""
    while (found := re.search(r"open (http\S+/)", said)) is None:
        line = process.stdout.readline()
        assert line, f"the sandbox ended: {said}"
        said += line
    place = Place(found.group(1), state)
    try:
        eventually(place.is_online, within_s=START_LIMIT_S)
        eventually(lambda: place.get("_client/state?as=malee")["commands"], within_s=START_LIMIT_S)
        yield place
        azure = json.loads((state / "azure" / "azure.json").read_text(encoding="utf-8"))
        with urllib.request.urlopen(f"{azure['control']}/violations", timeout=15) as response:
            violations = json.load(response)["violations"]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)

    assert [] == violations


def push(page: Any, key: str, said: str) -> None:
    """Press a trouble's button, and read what was done."""
    page.locator(f"[data-trouble={key}]").get_by_role("button").click()

    _expect(page.locator(f"[data-trouble={key}] .said")).to_contain_text(said, timeout=DONE_LIMIT_MS)


def switch(page: Any, key: str, *, on: bool) -> None:
    """Switch a trouble on, or lift it, by the keyboard."""
    toggle = page.locator(f"[data-trouble={key}]").get_by_role("switch")
    _expect(toggle).to_be_enabled()
    toggle.press("Space")

    _expect(toggle).to_have_attribute("aria-checked", str(on).lower())
    _expect(toggle).to_be_enabled()


def promised(page: Any, key: str, *words: str) -> None:
    """Read what the panel tells that one should see: the words that the test is to find kept."""
    for each in words:
        _expect(page.locator(f"[data-trouble={key}]")).to_contain_text(each)


def _expect(place: Any) -> Any:
    from playwright.sync_api import expect  # noqa: PLC0415 - only where there is a browser

    return expect(place)
