"""The people out there who use the deployed model: they send rows of the data that it was made for, or changed ones."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp

from sandbox.person import NotSeen

Row = Mapping[str, float | str]
USUAL_COUNT, CHANGED_COUNT = 100, 200
"""How many rows are sent at once: enough to tell drift from chance, and few enough that one may watch them come."""
FADED_SHARE = 0.45
"""What a worn-out scanner leaves of the ink."""
TOO_HIGH = 1.5
"""A gauge that has lost its setting shows so many times the value."""
WORDS_LEFT = 3
"""Of a text, in a form whose box has become too small."""


@dataclass(frozen=True)
class Sent:
    """What customers have sent."""

    what: str
    """As in `pale digits`."""
    answered: int


async def send_requests(
    azure: Mapping[str, object], *, endpoint: str, count: int, changed: bool, seed: int = 1
) -> Sent:
    """Have `count` rows scored through the endpoint's real door, drawn from those that its model was tested on.

    Raises:
        NotSeen: nothing is served there, or the model tells no rows that it was tested on.
    """
    async with aiohttp.ClientSession() as session:
        rows = await _tested_on(session, f"{azure['control']}/reference?endpoint={quote(endpoint)}")
        drawn = random.Random(seed).choices(rows, k=count)
        sent = [change(row) for row in drawn] if changed else drawn
        body = {"endpoint": endpoint, "rows": sent}
        async with session.post(f"{azure['control']}/traffic", json=body) as response:
            response.raise_for_status()
            statuses: Mapping[str, int] = (await response.json())["statuses"]
            return Sent(kind_of(rows[0], changed=changed), statuses.get("200", 0))


async def _tested_on(session: aiohttp.ClientSession, url: str) -> list[Row]:
    async with session.get(url) as response:
        told = await response.json()
        if response.status != 200 or not told["rows"]:
            raise NotSeen(told.get("error") or "The model was tested on no rows, so there are none to send.")
        rows: list[Row] = told["rows"]
        return rows


def change(row: Row) -> Row:
    """Return the row as it comes when something out there has changed."""
    return {name: _changed(name, value) for name, value in row.items()}


def _changed(name: str, value: float | str) -> float | str:
    if isinstance(value, str):
        return " ".join(value.split()[:WORDS_LEFT])
    return value * (FADED_SHARE if _is_pixel(name) else TOO_HIGH)


def _is_pixel(name: str) -> bool:
    return name.startswith("pixel_")


def kind_of(row: Row, *, changed: bool) -> str:
    """Return in words what such rows are."""
    if all(map(_is_pixel, row)):
        return "pale digits" if changed else "usual digits"
    if any(isinstance(value, str) for value in row.values()):
        return "texts that are cut short" if changed else "usual texts"
    return "rows that are measured too high" if changed else "usual rows"
