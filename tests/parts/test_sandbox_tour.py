"""A stop of the tour is ticked by what the bot's cards say of it, at the stages that prove it and at no other."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.core.cards import Card
from bot.core.said import ENGLISH
from bot.core.values import Kind, Stage
from bot.core.words import QUOTED
from bot.layout import view_of as layout_of
from bot.services.causes import BY_EXIT_CODE
from bot.things.monitor.card import MonitorView
from bot.things.rollout.card import announcement
from sandbox.desk.tour import BY_KEY, STOPS, Tour
from sandbox.parts import Part
from sandbox.person import Town
from sandbox.text import text_of
from sandbox.world import World
from tests.gallery import things
from tests.support.drawing import draw
from tests.support.waiting import eventually_awaited

S = Stage
CHANNELS = {
    "requirements": (Kind.REQUIREMENT,),
    "training": (Kind.RUN, Kind.SWEEP, Kind.RECIPE),
    "audit": (Kind.AUDIT,),
    "deployments": (Kind.ROLLOUT,),
    "monitoring": (Kind.MONITOR, Kind.RECOMMENDATION),
    "ops": (Kind.INCIDENT,),
}
"""Which cards hang where a stop looks."""
EVERY = frozenset(Stage)
TICKED_AT: Mapping[str, Mapping[Kind, Collection[Stage]]] = {
    "file": {Kind.REQUIREMENT: EVERY},
    "claim": {Kind.REQUIREMENT: {S.CLAIMED, S.FULFILLED}},
    "fail": {Kind.INCIDENT: EVERY},
    "incident": {Kind.INCIDENT: {S.ACKNOWLEDGED, S.RESOLVED}},
    "train": {Kind.RUN: {S.RUNNING, S.SUCCEEDED}},
    "watch": {Kind.RUN: {S.SUCCEEDED}},
    "audit": {Kind.AUDIT: {S.APPROVED}},
    "propose": {Kind.ROLLOUT: EVERY},
    "measure": {Kind.MONITOR: EVERY},
    "drift": {Kind.RECOMMENDATION: {S.ACCEPTED}},
}


def said(card: Card) -> str:
    """Return what can be read on a card in Discord."""
    return text_of({"components": layout_of(card).to_components()})


def drawn(kind: Kind, stage: Stage, **changed: Any) -> str:
    """Return what is read of a thing at a stage; of an incident that is a run's whose loss diverged."""
    view = things.view_of(kind, stage)
    if kind is Kind.INCIDENT:
        changed = {"cause": BY_EXIT_CODE["87:0"].cause} | changed
    return said(draw(replace(view, thing=replace(view.thing, **changed))))


@pytest.mark.parametrize("key", TICKED_AT)
def test_a_stop_is_ticked_at_the_stages_that_prove_it(key):
    """Of all cards that hang in the channel it looks at, at every stage."""
    stop, wanted = BY_KEY[key], TICKED_AT[key]
    cards = [(kind, stage) for kind in CHANNELS[stop.seen_in] for stage in things.stages_of(kind)]
    ticked = [one for one in cards if stop.seen.search(drawn(*one))]

    assert [(kind, stage) for kind, stage in cards if stage in wanted.get(kind, ())] == ticked


def test_going_live_is_ticked_by_the_announcement():
    """It is the only message that is no thing's card."""
    live = things.view_of(Kind.ROLLOUT, S.LIVE, run=things.SUCCEEDED)
    told = said(announcement(live, ENGLISH))

    assert BY_KEY["approve"].seen.search(told)
    assert {stop.key for stop in STOPS} == {*TICKED_AT, "approve"}


def test_the_run_that_is_meant_to_fail_must_diverge():
    """Another failure, or a rollout's, does not tick it, though its log says the word."""
    seen = BY_KEY["fail"].seen
    killed = drawn(Kind.INCIDENT, S.OPEN, cause=QUOTED(text="It was killed (0:9)."), log_tail="it nearly diverged")
    rollout = drawn(Kind.INCIDENT, S.OPEN, title=QUOTED(text="DEP-4 failed"))

    assert not seen.search(killed)
    assert not seen.search(rollout)


def test_the_run_that_is_meant_to_fail_is_not_the_good_one():
    """While it is still running it does not tick the stop after it."""
    hopeless = drawn(Kind.RUN, S.RUNNING, parameters={"epochs": 12, "learning_rate": 1000.0})
    spoken_of = drawn(Kind.RUN, S.RUNNING, hypothesis="Better than `learning_rate=1000`.")

    assert not BY_KEY["train"].seen.search(hopeless)
    assert BY_KEY["train"].seen.search(spoken_of)


def test_what_people_type_ticks_nothing():
    """A requirement that speaks of claims is not claimed, and one that calls itself live is not."""
    words = "x\n**Claimed** · claimed by <@1>\n**Held-out results**\nREQ-1 is live\n"
    filed = drawn(Kind.REQUIREMENT, S.FILED, problem=words, value=words)
    planned = drawn(Kind.RUN, S.PLANNED, hypothesis=words)
    rain = replace(things.REQUIREMENT, title="Measured rain")
    watching = things.view_of(Kind.MONITOR, S.WATCHING, requirement=rain)
    spoken_of = MonitorView(watching.thing, watching.since, watching.links)

    assert not BY_KEY["claim"].seen.search(filed)
    assert not BY_KEY["watch"].seen.search(planned)
    assert not BY_KEY["measure"].seen.search(said(draw(spoken_of)))


@asynccontextmanager
async def serving(routes: list[web.RouteDef]) -> AsyncIterator[str]:
    """Serve the routes and give the address."""
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def a_tour(tmp_path) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    """Serve the tour of a world whose Discord fails at the first question, and has nothing in it afterwards."""
    asked = itertools.count()

    async def state(_: web.Request) -> web.Response:
        nothing = {"channels": [], "messages": {}, "bot_online": False}
        return web.json_response(nothing, status=200 if next(asked) else 500)

    async with serving([web.get("/_client/state", state)]) as discord, Town(discord) as town:
        part = Part("bot", (), tmp_path / "bot.log")
        tour = Tour(World(tmp_path, {}, {}, {}, part, tmp_path / "config.toml"), town)
        async with serving(tour.routes()) as url, aiohttp.ClientSession() as session:
            yield session, f"{url}/_world/tour"
            await tour.stop()


async def test_a_double_press_begins_one_thing(tmp_path):
    """The second is told to wait, though both come before anything was looked at."""

    async def press() -> int:
        async with session.post(f"{url}/file") as answer:
            return answer.status

    async with a_tour(tmp_path) as (session, url):
        statuses = sorted(await asyncio.gather(press(), press()))

    assert [200, 409] == statuses


async def test_a_part_that_does_not_answer_is_named(tmp_path):
    """What is done for one does not end without a word."""

    async def shown() -> dict[str, Any]:
        async with session.get(url) as answer:
            now: dict[str, Any] = await answer.json()
            return now

    async def is_over() -> bool:
        return (await shown())["doing"] is None

    async with a_tour(tmp_path) as (session, url):
        async with session.post(f"{url}/claim"):
            pass
        await eventually_awaited(is_over)
        stops = (await shown())["stops"]

    assert ["claim"] == [stop["key"] for stop in stops if "did not answer" in stop["failure"]]
