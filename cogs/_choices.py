"""What slash commands take and offer: numbers of things, and what fits what is typed, as many as Discord takes."""

import asyncio
import re
from collections.abc import Callable, Collection, Coroutine, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice

from bot.app import App
from bot.client import Client
from bot.core.said import Said
from bot.core.text import as_typed, clip
from bot.core.values import Stage
from bot.errors import Misconfigured, Refused, Upstream
from bot.ports import Offers
from bot.services import recipes, things
from bot.things.recipe.recipe import Parameter, Recipe
from bot.things.requirement.model import Requirement
from bot.things.run.model import Run

Number = app_commands.Range[int, 1]
"""Of a thing, as 12 in REQ-12."""
TRAINABLE = (Stage.CLAIMED.value, Stage.FULFILLED.value)
MOST = 25
OFFERS_LIMIT_S = 2.0
"""Discord waits three seconds for what is offered while one types."""
NAME_LIMIT = 100
_IN_BRACKETS = re.compile(r" \([^()]*\)")


def matching(values: Iterable[str], typed: str) -> list[Choice[str]]:
    """Return the values that contain what is typed."""
    fitting = [value for value in values if typed.lower() in value.lower()]
    return [Choice(name=clip(value, NAME_LIMIT), value=value) for value in fitting[:MOST]]


async def recipe_choices(app: App) -> list[str]:
    """Return the names of the recipes that can be launched."""
    async with app.store.reading() as tx:
        return list(await recipes.known(tx, app.recipes))


async def _chosen_recipe(interaction: discord.Interaction[Client]) -> Recipe | None:
    """Return the recipe that is chosen while one types; without one what reads the requirement's dataset, or any."""
    app, name = interaction.client.app, getattr(interaction.namespace, "recipe", None)
    async with app.store.reading() as tx:
        known = await recipes.known(tx, app.recipes)
        if name:
            return known.get(name) or await recipes.of_name(tx, name, app.recipes)
        requirement = await tx.find(Requirement, getattr(interaction.namespace, "requirement", None) or 0)
    if requirement is None:
        return next(iter(known.values()), None)
    with suppress(Refused):
        return recipes.reading(requirement.dataset, "", known)
    return None


async def metric_choices(interaction: discord.Interaction[Client], typed: str) -> list[Choice[str]]:
    """Return what the chosen recipe measures, where that is known."""
    recipe = await _chosen_recipe(interaction)
    return matching(recipe.metrics if recipe else (), typed)


async def parameter_choices(interaction: discord.Interaction[Client], typed: str) -> list[Choice[str]]:
    """Return the chosen recipe's parameters that the last word typed may become, with what was typed before it."""
    recipe, speaker = await _chosen_recipe(interaction), interaction.client.speaker(interaction)
    last = re.split("[ ,]", text := as_parameters(typed))[-1]
    before = text.removesuffix(last)
    given = {word.partition("=")[0] for word in before.replace(",", " ").split()}
    offers = [
        (f"{before}{name}={as_typed(value)}", speaker(one.allowed) if isinstance(one.allowed, Said) else one.allowed)
        for name, one in (recipe.parameters if recipe else {}).items()
        if name not in given
        for value in _values(name, one, last)
    ]
    short = [(text, said) for text, said in offers if len(text) <= NAME_LIMIT]  # Discord takes no longer value
    names = [(full if len(full := f"{text} ({said})") <= NAME_LIMIT else text, text) for text, said in short[:MOST]]
    return [Choice(name=name, value=text) for name, text in names]


def _values(name: str, one: Parameter, word: str) -> Iterable[object]:
    """Return the values of a parameter that fit a word: once it is named, what was typed of one."""
    typed, equals, value = word.partition("=")
    if not equals:
        return (one.default,) if typed.lower() in name else ()
    if typed != name:
        return ()
    closed = one.choices or (("true", "false") if one.kind == "bool" else ())
    return [each for each in closed if each.startswith(value)] if closed else (value or one.default,)


def as_parameters(text: str) -> str:
    """Return what was typed without what offers say in brackets, for Discord writes an offer's name into the box."""
    return _IN_BRACKETS.sub("", text)


async def version_choices(interaction: discord.Interaction[Client], typed: str) -> list[Choice[str]]:
    """Return the versions, newest first, of the dataset of the requirement that the chosen recipe reads."""
    recipe = await _chosen_recipe(interaction)
    async with interaction.client.app.store.reading() as tx:
        requirement = await tx.find(Requirement, getattr(interaction.namespace, "requirement", None) or 0)
    return matching(reversed(recipe.versions_of(requirement.dataset)) if recipe and requirement else (), typed)


def offered(what: str) -> Callable[[discord.Interaction[Client], str], Coroutine[Any, Any, list[Choice[str]]]]:
    """Return what offers one kind of what may be asked of the cluster by name: a field of `Offers`."""

    async def choices(interaction: discord.Interaction[Client], typed: str) -> list[Choice[str]]:
        return matching(getattr(await _offers(interaction.client.app), what), typed)

    return choices


async def _offers(app: App) -> Offers:
    """Return what may be asked of the cluster; of what it does not say in time for who is typing, the config's."""
    own = app.settings.cluster
    try:
        async with asyncio.timeout(OFFERS_LIMIT_S):
            found = await app.cluster.offers()
    except (Upstream, Misconfigured, TimeoutError):
        found = Offers()
    return replace(found, partitions=tuple(own.partitions), gpu_types=tuple(sorted({own.gpu_type, *found.gpu_types})))


async def trainable_choices(app: App, typed: str) -> list[Choice[int]]:
    """Return the requirements that models can be trained for."""
    return await requirement_choices(app, typed, stages=TRAINABLE)


async def requirement_choices(app: App, typed: str, *, stages: Collection[str]) -> list[Choice[int]]:
    """Return the requirements at any or at these stages that fit what is typed."""
    found = await things.search(app.store, Requirement, typed, by=("title",), stages=stages)
    return numbered((item.number, f"REQ-{item.number} {item.title}") for item in found)


async def run_choices(
    app: App, typed: str, *, stages: Collection[str] = (), sweep: int | None = None, of_all: bool = False
) -> list[Choice[int]]:
    """Return the runs that fit what is typed: those of a sweep, those of none, or of all."""
    by = ("stage", "hypothesis")
    if of_all:
        found = await things.search(app.store, Run, typed, by=by, stages=stages)
    else:
        found = await things.search(app.store, Run, typed, by=by, stages=stages, sweep=sweep)
    return numbered((run.number, _said(run)) for run in found)


def _said(run: Run) -> str:
    parts = (f"RUN-{run.number} {run.stage.value}", f"SWP-{run.sweep}" if run.sweep else "", run.hypothesis)
    return " · ".join(filter(None, parts))


def numbered(items: Iterable[tuple[int, str]]) -> list[Choice[int]]:
    """Return numbered things as choices."""
    return [Choice(name=clip(name, NAME_LIMIT), value=number) for number, name in items]
