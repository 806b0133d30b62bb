"""/sweep: launch, show, promote, cancel; and the sweep card's buttons."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import say, show
from bot.client import Client, pressed_number
from bot.core.values import Kind, Ref, Stage
from bot.services import cards, sweeps, things
from bot.services.planning import Wish
from bot.services.spaces import METHODS, MOST_RUNS
from bot.things.sweep import answers_words as words
from bot.things.sweep.model import Sweep
from cogs._choices import (
    Number,
    as_parameters,
    matching,
    metric_choices,
    numbered,
    offered,
    parameter_choices,
    recipe_choices,
    run_choices,
    trainable_choices,
    version_choices,
)


class SweepCog(commands.GroupCog, name="sweep", description="Many runs over a parameter space."):
    """What creators search with."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.on_press("launch_sweep", self._launch_pressed)
        client.on_press("promote", self._promote_pressed)
        client.on_press("cancel_sweep", self._cancel_pressed)

    @app_commands.command()
    @app_commands.describe(
        requirement="number of the requirement, as in REQ-12",
        space="grid: hidden=32|64 epochs=5|10 · random: learning_rate=0.0001..0.1 · list: hidden=32; hidden=64",
        method="how the space is read",
        count="runs of a random sweep",
        at_once="how many may run at the same time",
        metric="what the leaderboard is ordered by; what the recipe reports while it trains otherwise",
        recipe="the training code; what reads the requirement's dataset otherwise",
        parameters="what all runs have in common, as in epochs=20; the recipe's defaults otherwise",
        hypothesis="what you expect, and why",
        dataset_version="of the requirement's dataset; the newest otherwise",
        seed="of the runs, and of random draws",
        partition="of the cluster",
        gpus="GPUs per run",
        cpus="CPUs per run",
        memory_gib="memory per run in GiB",
        time_limit_min="time limit of each run in minutes",
        gpu_type="kind of GPU, as in mi100",
        account="SLURM account to charge",
        qos="SLURM quality of service",
    )
    @app_commands.choices(method=[app_commands.Choice(name=method, value=method) for method in METHODS])
    async def launch(  # noqa: PLR0917  # the options of a slash command are its signature
        self,
        interaction: discord.Interaction[Client],
        requirement: Number,
        space: str,
        method: str = "grid",
        count: app_commands.Range[int, 1, MOST_RUNS] = 20,
        at_once: app_commands.Range[int, 1, sweeps.MOST_AT_ONCE] = 4,
        metric: str = "",
        recipe: str = "",
        parameters: str = "",
        hypothesis: str = "",
        dataset_version: str = "",
        seed: int = 7,
        partition: str | None = None,
        gpus: int = 1,
        cpus: int = 1,
        memory_gib: int = 4,
        time_limit_min: int = 60,
        gpu_type: str = "",
        account: str = "",
        qos: str = "",
    ) -> None:
        """Plan a sweep for a claimed requirement as one array; its card has the button that launches it."""
        app = self.client.app
        wish = Wish(
            recipe=recipe,
            parameters=as_parameters(parameters),
            hypothesis=hypothesis,
            dataset_version=dataset_version,
            seed=seed,
            partition=partition,
            gpus=gpus,
            cpus=cpus,
            memory_gib=memory_gib,
            time_limit_min=time_limit_min,
            gpu_type=gpu_type,
            account=account,
            qos=qos,
        )
        sweep = await sweeps.plan(
            app.record,
            requirement,
            wish,
            method=method,
            space=space,
            count=count,
            at_once=at_once,
            metric=metric,
            recipes=app.recipes,
            cluster=app.settings.cluster,
            by=self.client.actor(interaction),
        )
        channel = app.settings.discord.channels.training
        await say(
            interaction,
            words.IS_PLANNED(sweep=sweep.ref, count=sweep.run_count, channel=channel),
        )

    async def _launch_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        number = pressed_number(rest, Kind.SWEEP)
        await sweeps.order(self.client.app.record, number, by=self.client.actor(interaction))
        await say(interaction, words.IS_ORDERED(sweep=Ref(Kind.SWEEP, number)))

    @app_commands.command()
    @app_commands.describe(sweep="number of the sweep, as in SWP-3")
    async def show(self, interaction: discord.Interaction[Client], sweep: Number) -> None:
        """Show a sweep's card, only to you."""
        speaker = self.client.speaker(interaction)
        face = await cards.face_for(self.client.app.store, Ref(Kind.SWEEP, sweep), speaker)
        await show(interaction, face.card)

    @app_commands.command()
    @app_commands.describe(sweep="number of the sweep, as in SWP-3", run="a run of it; the best otherwise")
    async def promote(self, interaction: discord.Interaction[Client], sweep: Number, run: Number | None = None) -> None:
        """Send a sweep's best run, or the one you name, to Audit."""
        await self._promote(interaction, sweep, run)

    async def _promote_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        await self._promote(interaction, pressed_number(rest, Kind.SWEEP), None)

    async def _promote(self, interaction: discord.Interaction[Client], number: int, run: int | None) -> None:
        audit = await sweeps.promote(self.client.app.record, number, run=run, by=self.client.actor(interaction))
        about = Ref(Kind.SWEEP, number)
        await say(interaction, words.GOES_TO_AUDIT(run=Ref(Kind.RUN, audit.run), sweep=about, audit=audit.ref))

    @app_commands.command()
    @app_commands.describe(
        sweep="number of the sweep, as in SWP-3", keep="save checkpoints first, so that its runs can be resumed"
    )
    async def cancel(self, interaction: discord.Interaction[Client], sweep: Number, keep: bool = False) -> None:  # noqa: FBT001, FBT002
        """Cancel a sweep: what waits and what runs."""
        await self._cancel(interaction, sweep, keep=keep)

    async def _cancel_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        await self._cancel(interaction, pressed_number(rest, Kind.SWEEP), keep=False)

    async def _cancel(self, interaction: discord.Interaction[Client], number: int, *, keep: bool) -> None:
        sweep = await sweeps.cancel(self.client.app.record, number, keep=keep, by=self.client.actor(interaction))
        said = words.IS_CANCELLED if sweep.stage is Stage.CANCELLED else words.IS_BEING_CANCELLED
        await say(interaction, said(sweep=sweep.ref))

    @launch.autocomplete("requirement")
    async def _requirements(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[int]]:
        return await trainable_choices(self.client.app, typed)

    @launch.autocomplete("recipe")
    async def _recipes(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[str]]:
        return matching(await recipe_choices(self.client.app), typed)

    launch.autocomplete("metric")(metric_choices)
    launch.autocomplete("parameters")(parameter_choices)
    launch.autocomplete("dataset_version")(version_choices)
    launch.autocomplete("partition")(offered("partitions"))
    launch.autocomplete("gpu_type")(offered("gpu_types"))
    launch.autocomplete("account")(offered("accounts"))
    launch.autocomplete("qos")(offered("qos"))

    @show.autocomplete("sweep")
    @promote.autocomplete("sweep")
    @cancel.autocomplete("sweep")
    async def _sweeps(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[int]]:
        found = await things.search(self.client.app.store, Sweep, typed, by=("stage", "recipe"))
        return numbered((one.number, f"SWP-{one.number} {one.stage.value} · {one.recipe}") for one in found)

    @promote.autocomplete("run")
    async def _runs(self, interaction: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[int]]:
        sweep = getattr(interaction.namespace, "sweep", None) or 0
        return await run_choices(self.client.app, typed, stages=(Stage.SUCCEEDED.value,), sweep=sweep)


async def setup(client: Client) -> None:
    """Add the commands."""
    await client.add_cog(SweepCog(client))
