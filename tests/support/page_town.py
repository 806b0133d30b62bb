"""The sandbox's Discord with its page, and a small bot in it: what the page's own tests stand on."""

import json
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
START_LIMIT_S = 60.0
"""A start takes a second, and a busy machine may take its time."""


@contextmanager
def page_town(state: Path) -> Iterator[dict[str, Any]]:
    """Start a sandbox with a bot and give what it says of itself."""
    page = str(ROOT / "sandbox/page")
    discord = [sys.executable, "-m", "sandbox.discord", "--state", str(state), "--page", page, "--all-rights"]
    described = state / "discord.json"
    with Process(discord, described.exists):
        bot = [sys.executable, str(ROOT / "tests/page/page_bot.py"), str(described)]
        with_url = json.loads(described.read_text(encoding="utf-8"))
        with Process(bot, lambda: True):
            yield with_url | {"url": f"http://127.0.0.1:{with_url['http_port']}/"}


class Process:
    """A process for the length of a block, once it is ready."""

    def __init__(self, argv: list[str], is_ready: Callable[[], bool]) -> None:
        self.argv, self.is_ready = argv, is_ready

    def __enter__(self) -> None:
        self.process = subprocess.Popen(self.argv, cwd=ROOT)
        deadline = time.monotonic() + START_LIMIT_S
        while not self.is_ready():
            assert self.process.poll() is None, f"{self.argv} ended"
            assert time.monotonic() < deadline, f"{self.argv} is not ready"
            time.sleep(0.02)  # the poll's own pace

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(10)


def tell(town: dict[str, Any], door: str, **body: Any) -> Any:
    """Have an administrator or a person do something, or a fault made, and return what came of it."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{town['url']}_client/{door}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=5) as response:
        done = json.load(response)
    assert done["ok"], done
    return done["result"]


def cleared(town: dict[str, Any]) -> None:
    """Make the town as it was when it came up: no messages, posts, forums and threads, no faults, nobody's new role."""
    tell(town, "fault", kind="lift")
    tell(town, "admin", op="take_role", person="nok", role="operator")
    with urllib.request.urlopen(f"{town['url']}_client/state?as=somchai", timeout=5) as response:
        found = json.load(response)["channels"]
    kept = set(town["channels"].values())
    for channel in found:
        if channel["id"] in kept:
            tell(town, "admin", op="purge", channel=channel["name"])
        elif channel["parent_id"] in kept | {None}:  # a forum takes its posts with it
            tell(town, "admin", op="delete_channel", channel=channel["id"])


def begun(
    town: dict[str, Any], forum: str, title: str, content: str, *, tags: tuple[str, ...] = (), person: str = "nok"
) -> str:
    """Have somebody open a post and return its id."""
    asked = {"op": "open_post", "channel": forum, "title": title, "content": content, "tags": tags}
    return str(tell(town, "act", **asked, **{"as": person})["message"]["id"])


def said(town: dict[str, Any], person: str, channel: str, text: str) -> None:
    """Have somebody write a message, where a window of theirs is not the fact."""
    tell(town, "act", op="say", channel=channel, content=text, **{"as": person})


def as_bot(town: dict[str, Any], method: str, path: str, body: Any = None) -> Any:
    """Have the bot make a bare REST request and return its answer."""
    url = f"https://localhost:{town['tls_port']}/api/v10{path}"
    headers = {"Content-Type": "application/json", "Authorization": f"Bot {town['token']}"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    context = ssl.create_default_context(cafile=town["ca_file"])
    with urllib.request.urlopen(request, timeout=5, context=context) as response:
        return json.load(response)


def type_keys(page: Any, *keys: str) -> None:
    """Type a command into the box from elsewhere on the page, which its slash begins; then as `press_keys`."""
    page.locator("#scroll").focus()
    page.keyboard.press("/")
    press_keys(page, keys[0].removeprefix("/"), *keys[1:])


def write_keys(page: Any, *keys: str) -> None:
    """Write into the box, as `press_keys`."""
    page.locator("#text").focus()
    press_keys(page, *keys)


def press_keys(page: Any, *keys: str) -> None:
    """Write where the focus is: names of keys are pressed, words come whole, as from a keyboard that offers words.

    Whoever types letter by letter has the page drawn for each; tests/support/hands.py does.
    """
    for key in keys:
        if key in ("Enter", "Tab", "Escape", "ArrowDown", "Backspace"):
            page.keyboard.press(key)
        else:
            page.keyboard.insert_text(key)
