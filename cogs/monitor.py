"""/monitor: show, run; and the recommendation card's buttons: Start retraining, Dismiss."""

import asyncio
from dataclasses import replace

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import say, show
from bot.client import Client, pressed_number
from bot.core.cards import File
from bot.core.record import Record
from bot.core.values import Actor, Kind, Ref, Stage
from bot.services import cards, monitoring, things
from bot.things.monitor import decisions as monitors
from bot.things.monitor import words as of_monitor
from bot.things.monitor.card import listed
from bot.things.monitor.model import Monitor
from bot.things.recommendation import decisions, words
from bot.things.recommendation.model import Recommendation
from bot.things.recommendation.rules import RecommendationEvent as E
from cogs._choices import Number, numbered
from cogs._decisions import Decision, register


async def _dismiss(record: Record, number: int, reason: str, by: Actor) -> Recommendation:
    return await decisions.dismiss(record, number, reason=reason, by=by)


DISMISS = Decision(
    "dismiss",
    Recommendation,
    E.DISMISSED,
    words.DISMISS_FORM,
    words.DISMISS_HINT,
    words.DONE_DISMISSED,
    _dismiss,
)


class MonitorCog(commands.GroupCog, name="monitor", description="How live models do."):
    """What data analysts watch."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.on_press("measure", self._measure_pressed)
        client.on_press("retrain", self._retrain_pressed)
        register(client, DISMISS)

    @app_commands.command()
    @app_commands.describe(monitor="number of the monitor, as in MON-3; all of them otherwise")
    async def show(self, interaction: discord.Interaction[Client], monitor: Number | None = None) -> None:
        """Show what is watched, or one monitor's card with its chart, only to you."""
        speaker = self.client.speaker(interaction)
        if monitor is None:
            watched = await things.newest(self.client.app.store, Monitor, stages=(Stage.WATCHING.value,))
            await show(interaction, listed(watched, speaker))
            return
        face = await cards.face_for(self.client.app.store, Ref(Kind.MONITOR, monitor), speaker)
        card = face.card
        if face.chart is not None:
            path = self.client.app.settings.data_directory / face.chart
            if await asyncio.to_thread(path.exists):
                chart = File("chart.png", await asyncio.to_thread(path.read_bytes), face.chart_alt_text)
                card = replace(card, pictures=(chart,))
        await show(interaction, card)

    @app_commands.command()
    @app_commands.describe(monitor="number of the monitor, as in MON-3")
    async def run(self, interaction: discord.Interaction[Client], monitor: Number) -> None:
        """Compare a live model's production data with its reference now."""
        await self._measure(interaction, monitor)

    async def _measure_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        await self._measure(interaction, pressed_number(rest, Kind.MONITOR))

    async def _measure(self, interaction: discord.Interaction[Client], number: int) -> None:
        monitor = await monitors.call(self.client.app.record, number, by=self.client.actor(interaction))
        await say(interaction, of_monitor.IS_MEASURED(monitor=monitor.ref))

    async def _retrain_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        number = pressed_number(rest, Kind.RECOMMENDATION)
        app = self.client.app
        advice, run = await monitoring.start_retraining(
            app.record,
            number,
            recipes=app.recipes,
            cluster=app.settings.cluster,
            by=self.client.actor(interaction),
        )
        ordered = words.RETRAINING_ORDERED(
            run=run.ref, recommendation=advice.ref, recipe=run.recipe, dataset=run.dataset
        )
        await say(interaction, ordered)

    @show.autocomplete("monitor")
    @run.autocomplete("monitor")
    async def _monitors(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[int]]:
        watching = (Stage.WATCHING.value,)
        found = await things.search(self.client.app.store, Monitor, typed, by=("endpoint",), stages=watching)
        return numbered((one.number, f"MON-{one.number} {one.endpoint}") for one in found)


async def setup(client: Client) -> None:
    """Add the commands."""
    await client.add_cog(MonitorCog(client))
