"""What ends by itself in the sandbox's Discord: an interaction's token, and the address of a file."""

import time
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sandbox.discord import attachments
from sandbox.discord.interactions import TOKEN_VALID_S, Desk, Interaction, Standing
from sandbox.discord.problems import Problem
from sandbox.discord.world import StoredFile

PATH = "attachments/1/2/%E0%B8%A3.txt"
HOUR_S = 3600


def _interaction(standing: Standing, *, age_s: float) -> Desk:
    """Return a desk that knows one interaction of that age."""
    one = Interaction("1", "token", 2, "7", "8", None, {}, made_at=time.monotonic() - age_s, standing=standing)
    nobody: Any = SimpleNamespace()
    desk = Desk(nobody, nobody)
    desk.by_token["token"] = one
    return desk


@pytest.mark.parametrize(
    ("standing", "age_s", "code"),
    [
        (Standing.ANSWERED, TOKEN_VALID_S + 1, 50027),
        (Standing.WAITING, 1, 10015),
        (Standing.FAILED, 1, 10015),
    ],
)
def test_a_token_lives_a_quarter_of_an_hour_after_the_answer(standing: Standing, age_s: float, code: int):
    """Then it is invalid; before an answer, and after a missed one, there is no webhook yet."""
    with pytest.raises(Problem) as problem:
        _interaction(standing, age_s=age_s).by_valid_token("token")

    assert code == problem.value.code


def test_a_young_token_is_taken():
    """Up to its last second."""
    assert "1" == _interaction(Standing.ANSWERED, age_s=TOKEN_VALID_S - 1).by_valid_token("token").id


def _status(link: str) -> int:
    """Return how the sandbox answers to a link."""
    world: Any = SimpleNamespace(files={PATH: StoredFile("ร.txt", b"content", "text/plain")})
    request: Any = SimpleNamespace(query=dict(parse_qsl(urlsplit(link).query)))
    return attachments.serve(world, request, PATH.replace("%E0%B8%A3", "ร"), must_sign=True).status


def test_a_files_address_expires(monkeypatch: pytest.MonkeyPatch):
    """It works while it is young; after its time, with another time, or without a signature it is gone."""
    young = attachments.signed(PATH)
    monkeypatch.setattr(attachments, "VALID_S", -1)
    old = attachments.signed(PATH)
    prolonged = old.replace(f"ex={int(time.time()) - 1:x}", f"ex={int(time.time()) + HOUR_S:x}")

    assert [200, 404, 404, 404] == [_status(link) for link in (young, old, prolonged, PATH)]
