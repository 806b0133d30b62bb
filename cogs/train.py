"""/train: launch, show, list, cancel, logs."""

import io

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client, pressed_number
from bot.domain.cards import Card
from bot.domain.drawing_parts import run_line
from bot.domain.model import Kind, Ref, Requirement, Run, Stage
from bot.domain.text import fence
from bot.errors import WrongStage
from bot.layout import show
from bot.services import cards, things, training
from cogs._choices import matching, number_choice

TRAINABLE = (Stage.CLAIMED.value, Stage.FULFILLED.value)
LOG_LINES = 40
SHOWN_LOG = 1800
Number = app_commands.Range[int, 1]


class TrainCog(commands.GroupCog, name="train", description="Training runs on the cluster."):
    """What creators run on the cluster."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.on_press("cancel", self._cancel_pressed)

    @app_commands.command()
    @app_commands.describe(
        requirement="number of the requirement, as in REQ-12",
        hypothesis="what you expect, and why",
        recipe="the training code",
        parameters="as in epochs=20 learning_rate=0.01; the recipe's defaults otherwise",
        seed="of all randomness",
        partition="of the cluster",
        gpus="MI100s per node",
        cpus="CPUs per node",
        memory_gib="memory per node in GiB",
        time_limit_min="time limit in minutes",
    )
    async def launch(  # noqa: PLR0917  # the options of a slash command are its signature
        self,
        interaction: discord.Interaction[Client],
        requirement: Number,
        hypothesis: str = "",
        recipe: str = "image_classifier",
        parameters: str = "",
        seed: int = 7,
        partition: str | None = None,
        gpus: int = 1,
        cpus: int = 4,
        memory_gib: int = 8,
        time_limit_min: int = 60,
    ) -> None:
        """Launch a training run for a claimed requirement."""
        wish = training.Wish(
            recipe=recipe,
            parameters=parameters,
            seed=seed,
            hypothesis=hypothesis,
            partition=partition,
            gpus=gpus,
            cpus=cpus,
            memory_gib=memory_gib,
            time_limit_min=time_limit_min,
        )
        app = self.client.app
        run = await training.order(
            app.desk,
            requirement,
            wish,
            recipes=app.recipes,
            cluster=app.settings.cluster,
            by=self.client.actor(interaction),
        )
        await interaction.response.send_message(
            f"RUN-{run.number} for REQ-{requirement} is ordered; its card follows it.", ephemeral=True
        )

    @app_commands.command()
    @app_commands.describe(run="number of the run, as in RUN-31")
    async def show(self, interaction: discord.Interaction[Client], run: Number) -> None:
        """Show a run's card, only to you."""
        await things.get(self.client.app.store, Run, run)
        face = await cards.face_of(self.client.app.store, Ref(Kind.RUN, run))
        assert face is not None
        await show(interaction, face.card)

    @app_commands.command(name="list")
    async def list_newest(self, interaction: discord.Interaction[Client]) -> None:
        """List the newest runs."""
        runs = await things.newest(self.client.app.store, Run)
        lines = [f"{run_line(run)} · REQ-{run.requirement} · <@{run.ordered_by}>" for run in runs]
        empty = "There is no run yet. A creator launches one with `/train launch`."
        await show(interaction, Card("Runs", ["\n".join(lines) or empty]))

    @app_commands.command()
    @app_commands.describe(run="number of the run, as in RUN-31")
    async def cancel(self, interaction: discord.Interaction[Client], run: Number) -> None:
        """Cancel a run that has not ended."""
        await self._cancel(interaction, run)

    async def _cancel_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        await self._cancel(interaction, pressed_number(rest))

    async def _cancel(self, interaction: discord.Interaction[Client], number: int) -> None:
        run = await training.cancel(self.client.app.desk, number, by=self.client.actor(interaction))
        said = (
            "is cancelled"
            if run.stage is Stage.CANCELLED
            else "is being cancelled; its card will say when it has ended"
        )
        await interaction.response.send_message(f"RUN-{number} {said}.", ephemeral=True)

    @app_commands.command()
    @app_commands.describe(run="number of the run, as in RUN-31", lines="how many of the last lines")
    async def logs(
        self,
        interaction: discord.Interaction[Client],
        run: Number,
        lines: app_commands.Range[int, 1, 1000] = LOG_LINES,
    ) -> None:
        """Show the end of a run's log, only to you."""
        known = await things.get(self.client.app.store, Run, run)
        if known.job_id is None:
            raise WrongStage(f"RUN-{run} is *{known.stage.value}* and was never on the cluster, so it has no log.")
        await interaction.response.defer(ephemeral=True)  # the one command that asks the cluster
        text = await self.client.app.cluster.log_tail(known.key, lines=lines)
        if not text.strip():
            await interaction.followup.send(f"The log of RUN-{run} is empty so far.", ephemeral=True)
        elif len(text) <= SHOWN_LOG:
            await interaction.followup.send(fence(text, limit=SHOWN_LOG), ephemeral=True)
        else:
            file = discord.File(io.BytesIO(text.encode()), filename=f"run-{run}.log")
            await interaction.followup.send(f"The last {lines} lines of RUN-{run}:", file=file, ephemeral=True)

    @launch.autocomplete("requirement")
    async def _requirements(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[int]]:
        newest = await things.newest(self.client.app.store, Requirement, stages=TRAINABLE)
        return number_choice([(item.number, f"REQ-{item.number} {item.title}") for item in newest], typed)

    @launch.autocomplete("recipe")
    async def _recipes(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[str]]:
        return matching(self.client.app.recipes, typed)

    @launch.autocomplete("partition")
    async def _partitions(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[str]]:
        return matching(self.client.app.settings.cluster.partitions, typed)

    @show.autocomplete("run")
    @cancel.autocomplete("run")
    @logs.autocomplete("run")
    async def _runs(self, interaction: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[int]]:
        cancelling = interaction.command is not None and interaction.command.name == "cancel"
        stages = (Stage.ORDERED.value, *training.OPEN_STAGES) if cancelling else ()
        runs = await things.newest(self.client.app.store, Run, stages=stages)
        return number_choice([(run.number, f"RUN-{run.number} {run.stage.value}") for run in runs], typed)


async def setup(client: Client) -> None:
    """Add the commands."""
    await client.add_cog(TrainCog(client))
