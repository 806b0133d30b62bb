"""/train: launch, show, list, cancel, resume, reproduce, note, compare, logs; and the run card's buttons."""

import asyncio
import io
from dataclasses import replace

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import say, show, think
from bot.client import Answer, Client, pressed_number
from bot.core.cards import File
from bot.core.said import Said
from bot.core.secrets import redacted_pieces
from bot.core.text import encoded_end, fence
from bot.core.values import Kind, Ref, Stage
from bot.services import attempts, cards, comparing, planning, repeating, sweep_retries, sweeps, things, training
from bot.services.views import run_list
from bot.things.run import answers_words as words
from bot.things.run.causes import Remedy
from bot.things.run.model import Run
from cogs._choices import (
    Number,
    as_parameters,
    matching,
    offered,
    parameter_choices,
    recipe_choices,
    run_choices,
    trainable_choices,
    version_choices,
)

LOG_LINES, MOST_LINES = 40, 1000
SHOWN_LOG = 1800
FILE_LIMIT_BYTES = 8 * 2**20
"""Below Discord's limit for a file, with room for the rest of the request."""
RUN_STAGES = {
    "cancel": (Stage.PLANNED.value, Stage.ORDERED.value, *training.OPEN_STAGES),
    "resume": (Stage.FAILED.value, Stage.CANCELLED.value),
    "reproduce": (Stage.SUCCEEDED.value,),
}
"""What a command can do something with; others take a run at any stage."""


class TrainCog(commands.GroupCog, name="train", description="Training runs on the cluster."):
    """What creators run on the cluster."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.on_press("launch", self._launch_pressed)
        client.on_press("script", self._script_pressed)
        client.on_press("log", self._log_pressed)
        client.on_press("cancel", self._cancel_pressed)
        client.on_press("stop", self._stop_pressed)
        for remedy in attempts.CHANGES:
            client.on_press(remedy.value, self._remedy(remedy))

    @app_commands.command()
    @app_commands.describe(
        requirement="number of the requirement, as in REQ-12",
        hypothesis="what you expect, and why",
        recipe="the training code; what reads the requirement's dataset otherwise",
        parameters="as in epochs=20 learning_rate=0.01; the recipe's defaults otherwise",
        dataset_version="of the requirement's dataset; the newest otherwise",
        seed="of all randomness",
        partition="of the cluster",
        nodes="nodes of the cluster",
        gpus="GPUs per node",
        cpus="CPUs per node",
        memory_gib="memory per node in GiB",
        time_limit_min="time limit in minutes",
        gpu_type="kind of GPU, as in mi100",
        account="SLURM account to charge",
        qos="SLURM quality of service",
    )
    async def launch(  # noqa: PLR0917  # the options of a slash command are its signature
        self,
        interaction: discord.Interaction[Client],
        requirement: Number,
        hypothesis: str = "",
        recipe: str = "",
        parameters: str = "",
        dataset_version: str = "",
        seed: int = 7,
        partition: str | None = None,
        nodes: int = 1,
        gpus: int = 1,
        cpus: int = 4,
        memory_gib: int = 8,
        time_limit_min: int = 60,
        gpu_type: str = "",
        account: str = "",
        qos: str = "",
    ) -> None:
        """Plan a training run for a claimed requirement; its card has the button that launches it."""
        wish = planning.Wish(
            recipe=recipe,
            parameters=as_parameters(parameters),
            dataset_version=dataset_version,
            seed=seed,
            hypothesis=hypothesis,
            partition=partition,
            nodes=nodes,
            gpus=gpus,
            cpus=cpus,
            memory_gib=memory_gib,
            time_limit_min=time_limit_min,
            gpu_type=gpu_type,
            account=account,
            qos=qos,
        )
        app = self.client.app
        run = await planning.plan(
            app.record,
            requirement,
            wish,
            recipes=app.recipes,
            cluster=app.settings.cluster,
            by=self.client.actor(interaction),
        )
        channel = app.settings.discord.channels.training
        wanted = Ref(Kind.REQUIREMENT, requirement)
        await say(interaction, words.IS_PLANNED(run=run.ref, requirement=wanted, recipe=run.recipe, channel=channel))

    async def _launch_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        run = await planning.order(
            self.client.app.record, pressed_number(rest, Kind.RUN), by=self.client.actor(interaction)
        )
        await say(interaction, words.IS_ORDERED(run=run.ref))

    async def _script_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        number = pressed_number(rest, Kind.RUN)
        script = await planning.script_of(self.client.app.store, number)
        text, file = told_script(number, script)
        await say(interaction, text, files=[file])

    @app_commands.command()
    @app_commands.describe(run="number of the run, as in RUN-31")
    async def show(self, interaction: discord.Interaction[Client], run: Number) -> None:
        """Show a run's card, only to you."""
        speaker = self.client.speaker(interaction)
        face = await cards.face_for(self.client.app.store, Ref(Kind.RUN, run), speaker)
        await show(interaction, face.card)

    @app_commands.command(name="list")
    async def list_newest(self, interaction: discord.Interaction[Client]) -> None:
        """List the newest runs; those of a sweep are one line."""
        await show(interaction, run_list(await sweeps.listed(self.client.app.store), self.client.speaker(interaction)))

    @app_commands.command()
    @app_commands.describe(
        run="number of the run, as in RUN-31", keep="save a checkpoint first, so that it can be resumed"
    )
    async def cancel(self, interaction: discord.Interaction[Client], run: Number, keep: bool = False) -> None:  # noqa: FBT001, FBT002
        """Cancel a run that has not ended."""
        await self._cancel(interaction, run, keep=keep)

    async def _cancel_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        await self._cancel(interaction, pressed_number(rest, Kind.RUN), keep=False)

    async def _stop_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        await self._cancel(interaction, pressed_number(rest, Kind.RUN), keep=True)

    @app_commands.command()
    @app_commands.describe(run="number of the run, as in RUN-31")
    async def resume(self, interaction: discord.Interaction[Client], run: Number) -> None:
        """Go on with a failed or cancelled run from its checkpoint."""
        await self._remedy(Remedy.RESUME)(interaction, f"RUN-{run}")

    def _remedy(self, remedy: Remedy) -> Answer:
        """Return what answers the press of a remedy."""

        async def press(interaction: discord.Interaction[Client], rest: str) -> None:
            app = self.client.app
            by, cluster = self.client.actor(interaction), app.settings.cluster
            if rest.startswith(f"{Kind.SWEEP}-"):
                sweep = pressed_number(rest, Kind.SWEEP)
                count = await sweep_retries.again(app.record, sweep, remedy, cluster=cluster, by=by)
                await say(interaction, words.NEXT_OF_SWEEP(count=count, sweep=Ref(Kind.SWEEP, sweep)))
                return
            number = pressed_number(rest, Kind.RUN)
            if remedy is Remedy.EXCLUDE_NODE:
                run = await training.elsewhere(app.record, number, cluster=cluster, by=by)
            else:
                run = await attempts.again(app.record, number, remedy, cluster=cluster, by=by)
            await say(interaction, _next_attempt(run))

        return press

    @app_commands.command()
    @app_commands.describe(run="number of the run, as in RUN-31")
    async def reproduce(self, interaction: discord.Interaction[Client], run: Number) -> None:
        """Launch the same training again and see whether it comes out the same."""
        again = await repeating.reproduce(self.client.app.record, run, by=self.client.actor(interaction))
        await say(interaction, words.REPEATS(again=again.ref, run=Ref(Kind.RUN, run)))

    @app_commands.command()
    @app_commands.describe(
        run="number of the run, as in RUN-31", hypothesis="what you expect, and why", conclusion="what it showed"
    )
    async def note(
        self,
        interaction: discord.Interaction[Client],
        run: Number,
        hypothesis: str | None = None,
        conclusion: str | None = None,
    ) -> None:
        """Write down a run's hypothesis or conclusion."""
        by = self.client.actor(interaction)
        await training.note(self.client.app.record, run, hypothesis=hypothesis, conclusion=conclusion, by=by)
        await say(interaction, words.NOTED(run=Ref(Kind.RUN, run)))

    @app_commands.command()
    @app_commands.describe(runs="numbers of two to eight runs, as in 31 32 33")
    async def compare(self, interaction: discord.Interaction[Client], runs: str) -> None:
        """Compare runs: parameters that differ, results, curves on one picture, a table as CSV."""
        app = self.client.app
        chosen = await comparing.runs_named(app.store, runs)
        await think(interaction)  # drawing takes a second
        speaker = self.client.speaker(interaction)
        card = comparing.comparison_card(chosen, speaker)
        panels = await comparing.curves(app.store, chosen)
        if panels:
            picture = await app.charts.curves(panels, title=speaker(words.COMPARISON()), x_label=speaker(words.EPOCH()))
            alt_text = speaker(words.COMPARED_CURVES(measures=list(panels)))
            card = replace(card, pictures=(File("curves.png", picture, alt_text),))
        await show(interaction, card)

    async def _cancel(self, interaction: discord.Interaction[Client], number: int, *, keep: bool) -> None:
        run = await training.cancel(self.client.app.record, number, keep=keep, by=self.client.actor(interaction))
        said = words.IS_CANCELLED if run.stage is Stage.CANCELLED else words.IS_BEING_CANCELLED
        await say(interaction, said(run=run.ref))

    @app_commands.command()
    @app_commands.describe(
        run="number of the run, as in RUN-31",
        lines="how many of the last lines",
        search="only lines that contain this, with their numbers",
        whole="as a file: the whole log, or with search all lines that contain it, a thousand at most",
        attempt="an earlier attempt's log; the newest otherwise",
    )
    async def logs(  # noqa: PLR0917  # the options of a slash command are its signature
        self,
        interaction: discord.Interaction[Client],
        run: Number,
        lines: app_commands.Range[int, 1, MOST_LINES] = LOG_LINES,
        search: str = "",
        whole: bool = False,  # noqa: FBT001, FBT002
        attempt: Number | None = None,
    ) -> None:
        """Show the end of a run's log, what it says of something, or all of it, only to you."""
        await self._logs(interaction, run, lines=lines, search=search, whole=whole, attempt=attempt)

    async def _log_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        await self._logs(interaction, pressed_number(rest, Kind.RUN))

    async def _logs(
        self,
        interaction: discord.Interaction[Client],
        run: int,
        *,
        lines: int = LOG_LINES,
        search: str = "",
        whole: bool = False,
        attempt: int | None = None,
    ) -> None:
        known = attempts.on_cluster(await things.get(self.client.app.store, Run, run), attempt)
        await think(interaction)  # this one asks the cluster
        cluster, is_cut = self.client.app.cluster, False
        limit_bytes = min(FILE_LIMIT_BYTES, interaction.filesize_limit)
        if search:
            content = (await cluster.log_search(known.key, search, lines=MOST_LINES if whole else lines)).encode()
        elif whole:
            content = await cluster.log_file(known.key, limit_bytes=limit_bytes)
            is_cut = len(content) >= limit_bytes
        else:
            content = (await cluster.log_tail(known.key, lines=lines)).encode()
        await _send_log(
            interaction, run, content, limit_bytes=limit_bytes, is_search=bool(search), as_file=whole, is_cut=is_cut
        )

    @launch.autocomplete("requirement")
    async def _requirements(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[int]]:
        return await trainable_choices(self.client.app, typed)

    @launch.autocomplete("recipe")
    async def _recipes(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[str]]:
        return matching(await recipe_choices(self.client.app), typed)

    launch.autocomplete("parameters")(parameter_choices)
    launch.autocomplete("dataset_version")(version_choices)
    launch.autocomplete("partition")(offered("partitions"))
    launch.autocomplete("gpu_type")(offered("gpu_types"))
    launch.autocomplete("account")(offered("accounts"))
    launch.autocomplete("qos")(offered("qos"))

    @show.autocomplete("run")
    @cancel.autocomplete("run")
    @resume.autocomplete("run")
    @reproduce.autocomplete("run")
    @note.autocomplete("run")
    @logs.autocomplete("run")
    async def _runs(self, interaction: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[int]]:
        command = interaction.command.name if interaction.command else ""
        return await run_choices(
            self.client.app, typed, stages=RUN_STAGES.get(command, ()), of_all=command not in RUN_STAGES
        )

    @compare.autocomplete("runs")
    async def _several(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[str]]:
        before, blank, last = typed.rpartition(" ")
        found = await run_choices(self.client.app, last, of_all=True)
        values = [f"{before}{blank}{one.value}" for one in found]
        return matching([value for value in values if len(set(value.split())) == len(value.split())], "")


def _next_attempt(run: Run) -> Said:
    """Return what was ordered, or is done first."""
    if run.stage is not Stage.ORDERED:
        return words.STOPS_FIRST(run=run.ref)
    saved = (run.resume_from or "").rpartition("-")[2]
    if saved:
        return words.GOES_ON(attempt=run.attempt, run=run.ref, saved=saved)
    return words.BEGINS_ANEW(attempt=run.attempt, run=run.ref)


def told_script(number: int, script: str) -> tuple[Said, discord.File]:
    """Return the words about a run's script, and the script as a file."""
    return words.SCRIPT(run=Ref(Kind.RUN, number)), discord.File(
        io.BytesIO(script.encode()), filename=f"run-{number}.sh"
    )


async def _send_log(
    interaction: discord.Interaction[Client],
    run: int,
    content: bytes,
    *,
    limit_bytes: int,
    is_search: bool,
    as_file: bool,
    is_cut: bool,
) -> None:
    pieces = []
    for piece in redacted_pieces(content.decode(errors="replace")):
        pieces.append(piece)
        await asyncio.sleep(0)  # a whole log takes seconds to look through, and others press buttons meanwhile
    text = "".join(pieces)
    speaker, about = interaction.client.speaker(interaction), Ref(Kind.RUN, run)
    if not text.strip():
        await say(interaction, speaker((words.NO_SUCH_LINE if is_search else words.LOG_EMPTY)(run=about)))
    elif len(text) <= SHOWN_LOG and not as_file:
        await say(interaction, fence(text, limit=SHOWN_LOG))
    else:
        end = encoded_end(text, limit_bytes)  # a byte that is not UTF-8 has become three
        is_cut = is_cut or len(end) < len(text.encode())
        file = discord.File(io.BytesIO(end), filename=f"run-{run}.log")
        await say(interaction, speaker((words.LOG_END if is_cut else words.LOG)(run=about)), files=[file])


async def setup(client: Client) -> None:
    """Add the commands."""
    await client.add_cog(TrainCog(client))
