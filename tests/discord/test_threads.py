"""Archived threads in the sandbox's Discord, and how large a request may be."""

import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from sandbox.person import NotSeen
from tests.support.discord_town import ALL_RIGHTS, Api, discord_sandbox

MIB = 2**20


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Run one sandbox for the module."""
    with discord_sandbox(tmp_path_factory.mktemp("discord"), options=ALL_RIGHTS) as facts:
        yield facts


@pytest.fixture
async def api(described) -> AsyncIterator[Api]:
    """Return a bare client."""
    async with Api(described) as bare:
        yield bare


async def begun(api: Api, name: str) -> tuple[str, str]:
    """Begin a thread with one message of the bot's and archive it; return the ids of both."""
    place = f"/channels/{api.described['channels']['general']}/threads"
    _, thread = await api.call("POST", place, {"name": name, "type": 11})
    _, message = await api.call("POST", f"/channels/{thread['id']}/messages", {"content": "one"})
    await api.call("PUT", f"/channels/{thread['id']}/messages/{message['id']}/reactions/👍/@me")
    assert 200 == (await api.call("PATCH", f"/channels/{thread['id']}", {"archived": True}))[0]
    return thread["id"], message["id"]


CHANGES: dict[str, tuple[str, str, Any]] = {
    "edit": ("PATCH", "/messages/{message}", {"content": "two"}),
    "pin": ("PUT", "/messages/pins/{message}", None),
    "react": ("PUT", "/messages/{message}/reactions/🎉/@me", None),
    "unreact": ("DELETE", "/messages/{message}/reactions/👍/@me", None),
    "clear": ("DELETE", "/messages/{message}/reactions", None),
    "rename": ("PATCH", "", {"name": "Another"}),
    "lock": ("PATCH", "", {"locked": True}),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_what_changes_an_archived_thread_is_refused(api, what):
    """400 50083, and the thread stays archived; once it is opened again, it is done."""
    method, path, body = CHANGES[what]
    thread, message = await begun(api, what)
    path = f"/channels/{thread}{path.format(message=message)}"

    refused = await api.call(method, path, body)
    _, state = await api.call("GET", f"/channels/{thread}")
    await api.call("PATCH", f"/channels/{thread}", {"archived": False})
    done, _ = await api.call(method, path, body)

    assert (400, 50083, True) == (refused[0], refused[1]["code"], state["thread_metadata"]["archived"])
    assert done in (200, 204)


async def test_an_archived_thread_is_opened_by_a_message_of_anyone(api, town):
    """The bot's or a person's; what is read or deleted leaves it as it is."""
    thread, message = await begun(api, "By a message")
    states = []
    for act in (
        lambda: api.call("GET", f"/channels/{thread}/messages"),
        lambda: api.call("POST", f"/channels/{thread}/messages", {"content": "two"}),
        lambda: api.call("PATCH", f"/channels/{thread}", {"archived": True}),
        lambda: api.call("DELETE", f"/channels/{thread}/messages/{message}"),
        lambda: town.person("nok").say("By a message", "three"),
    ):
        await act()
        states.append((await api.call("GET", f"/channels/{thread}"))[1]["thread_metadata"]["archived"])

    assert [True, False, True, True, False] == states


async def test_a_locked_thread_is_opened_only_by_who_manages_threads(api, town):
    """Nok may not; the bot may until that permission is taken from it."""
    thread, _ = await begun(api, "Locked")
    await api.call("PATCH", f"/channels/{thread}", {"archived": False, "locked": True})
    await api.call("PATCH", f"/channels/{thread}", {"archived": True})
    with pytest.raises(NotSeen, match="Thread is archived"):
        await town.person("nok").say("Locked", "Let me in")
    may, _ = await api.call("POST", f"/channels/{thread}/messages", {"content": "two"})
    await api.call("PATCH", f"/channels/{thread}", {"archived": True})
    await town.fault("forbid", channel="general", permission="manage_threads")
    may_not = await api.call("POST", f"/channels/{thread}/messages", {"content": "three"})
    await town.fault("lift")

    assert (200, 400, 50083) == (may, may_not[0], may_not[1]["code"])


def form(*sizes: int) -> bytes:
    """Return a message with files of these sizes in bytes, as a form."""
    parts = [b'name="payload_json"\r\nContent-Type: application/json\r\n\r\n{"content": "files"}']
    for number, size in enumerate(sizes):
        parts.append(f'name="files[{number}]"; filename="{number}.bin"\r\n\r\n'.encode() + bytes(size))
    return b"".join(b"--cut\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--cut--\r\n"


async def in_pieces(content: bytes) -> AsyncIterator[bytes]:
    """Give a body as one sends it who does not know its length yet."""
    for start in range(0, len(content), MIB):
        yield content[start : start + MIB]


@pytest.mark.parametrize("sent", [io.BytesIO, in_pieces], ids=["with its length", "in pieces"])
async def test_a_request_past_twenty_five_mebibytes_is_refused(api, described, sent):
    """Three files of eight are taken together, a little more is 413 40005; so is one file past ten."""
    url = f"https://discord.com/api/v10/channels/{described['channels']['general']}/messages"
    headers = {
        "Authorization": f"Bot {described['token']}",
        "Content-Type": "multipart/form-data; boundary=cut",
    }
    answers = []
    for sizes in ((8 * MIB,) * 3, (9 * MIB, 9 * MIB, 7 * MIB + 1), (10 * MIB + 1,)):
        async with api.session.post(url, data=sent(form(*sizes)), headers=headers) as response:
            answers.append((response.status, (await response.json()).get("code")))

    assert [(200, None), (413, 40005), (413, 40005)] == answers
