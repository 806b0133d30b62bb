"""/requirement: file, show, list, claim, budget, withdraw."""

import io
from collections.abc import Mapping

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import ask, say, show
from bot.client import Client, modal_id, modal_values, pressed_number
from bot.core.values import Kind, Ref, Stage
from bot.domain.budget import gpu_hours as in_words
from bot.domain.drawing_lists import requirement_list
from bot.domain.drawing_parts import DEPLOYMENT_KINDS
from bot.domain.model import Requirement
from bot.errors import Refused
from bot.services import cards, recipes, requirements, things
from cogs._choices import Number, matching, requirement_choices

OPEN = (Stage.FILED.value, Stage.CLAIMED.value, Stage.FULFILLED.value)
MOST_DRAFTS = 100
FIELDS: Mapping[str, tuple[str, bool, int, bool, str]] = {
    "title": ("Title", False, requirements.TITLE_LIMIT, True, "Recognise handwritten digits on forms"),
    "problem": ("Problem", True, requirements.TEXT_LIMIT, True, "What is done today, and what is wrong with it?"),
    "value": ("Value expected", True, requirements.TEXT_LIMIT, True, "Time or money saved"),
    "targets": ("Targets", True, requirements.TEXT_LIMIT, True, "accuracy >= 0.9, latency_p95_ms <= 50"),
    "constraints": ("Constraints", True, requirements.TEXT_LIMIT, False, "Speed, compliance, budget, deadline"),
}
"""The form: label, whether it takes paragraphs, most characters, whether it is required, and a hint."""


class RequirementCog(commands.GroupCog, name="requirement", description="What a model is wanted for."):
    """What business analysts ask for and creators take on."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.on_press("claim", self._claim_pressed)
        client.on_modal("file", self._filed)
        client.on_press("file_again", self._again_pressed)
        self._drafts: dict[int, dict[str, str]] = {}
        """Refused forms by who wrote them. A restart forgets them; the refusal has them as a file."""

    @app_commands.command()
    @app_commands.describe(dataset="what the model is to learn from", kind="what kind of deployment it is for")
    @app_commands.choices(kind=[app_commands.Choice(name=said, value=kind) for kind, said in DEPLOYMENT_KINDS.items()])
    async def file(
        self, interaction: discord.Interaction[Client], dataset: app_commands.Range[str, 1, 60], kind: str = "new"
    ) -> None:
        """File a requirement: a form opens for the rest."""
        known = await known_datasets(self.client)
        requirements.check_filing(
            self.client.app.record, dataset=dataset, known_datasets=known, by=self.client.actor(interaction)
        )
        await ask(interaction, form_of(f"{kind}:{dataset}", {}))

    async def _filed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        kind, _, dataset = rest.partition(":")
        given = modal_values(interaction)
        try:
            filed = await requirements.file(
                self.client.app.record,
                title=given.get("title", ""),
                problem=given.get("problem", ""),
                value=given.get("value", ""),
                targets=given.get("targets", ""),
                constraints=given.get("constraints", ""),
                deployment_kind=kind,
                dataset=dataset,
                known_datasets=await known_datasets(self.client),
                by=self.client.actor(interaction),
            )
        except Refused as refusal:
            await self._hand_back(interaction, rest, given, refusal)
            return
        self._drafts.pop(interaction.user.id, None)
        await say(interaction, f"REQ-{filed.number} is filed; its card is on its way.")

    async def _hand_back(
        self, interaction: discord.Interaction[Client], rest: str, given: dict[str, str], refusal: Refused
    ) -> None:
        """Say what is wrong without losing what was written: as a file, and in the form for who mends it."""
        self._drafts.pop(interaction.user.id, None)
        self._drafts[interaction.user.id] = given
        while len(self._drafts) > MOST_DRAFTS:
            del self._drafts[next(iter(self._drafts))]
        await say(interaction, str(refusal), view=mending(rest), files=[draft_of(given)])

    async def _again_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        await ask(interaction, form_of(rest, self._drafts.get(interaction.user.id, {})))

    @file.autocomplete("dataset")
    async def _datasets(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[str]]:
        return matching(await known_datasets(self.client), typed)

    @app_commands.command()
    @app_commands.describe(requirement="number of the requirement, as in REQ-12")
    async def show(self, interaction: discord.Interaction[Client], requirement: Number) -> None:
        """Show a requirement's card, only to you."""
        face = await cards.face_for(self.client.app.store, Ref(Kind.REQUIREMENT, requirement))
        await show(interaction, face.card)

    @app_commands.command(name="list")
    async def list_newest(self, interaction: discord.Interaction[Client]) -> None:
        """List the newest requirements that are not withdrawn."""
        newest = await things.newest(self.client.app.store, Requirement, stages=OPEN)
        await show(interaction, requirement_list(newest))

    @app_commands.command()
    @app_commands.describe(requirement="number of the requirement, as in REQ-12")
    async def claim(self, interaction: discord.Interaction[Client], requirement: Number) -> None:
        """Claim a filed requirement: you will train its model."""
        await self._claim(interaction, requirement)

    async def _claim_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        await self._claim(interaction, pressed_number(rest, Kind.REQUIREMENT))

    async def _claim(self, interaction: discord.Interaction[Client], number: int) -> None:
        claimed = await requirements.claim(self.client.app.record, number, by=self.client.actor(interaction))
        await say(interaction, claimed_words(claimed))

    @app_commands.command()
    @app_commands.describe(requirement="number of the requirement, as in REQ-12", reason="why it is no longer wanted")
    async def withdraw(
        self,
        interaction: discord.Interaction[Client],
        requirement: Number,
        reason: app_commands.Range[str, 1, requirements.TEXT_LIMIT],
    ) -> None:
        """Withdraw a requirement that is not fulfilled yet."""
        withdrawn = await requirements.withdraw(
            self.client.app.record, requirement, reason=reason, by=self.client.actor(interaction)
        )
        await say(interaction, f"REQ-{withdrawn.number} is withdrawn.")

    @app_commands.command()
    @app_commands.describe(
        requirement="number of the requirement, as in REQ-12",
        gpu_hours="that all its runs together may take; leave it out for no limit",
    )
    async def budget(
        self,
        interaction: discord.Interaction[Client],
        requirement: Number,
        gpu_hours: float | None = None,
    ) -> None:
        """Set the GPU hours that a requirement's runs may take together."""
        await requirements.set_budget(self.client.app.record, requirement, gpu_hours, by=self.client.actor(interaction))
        limit = "no limit" if gpu_hours is None else f"a budget of {in_words(gpu_hours)}"
        await say(interaction, f"REQ-{requirement} has {limit}.")

    @show.autocomplete("requirement")
    @claim.autocomplete("requirement")
    @withdraw.autocomplete("requirement")
    @budget.autocomplete("requirement")
    async def _numbers(self, interaction: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[int]]:
        command = interaction.command.name if interaction.command else ""
        stages = {"claim": (Stage.FILED.value,), "withdraw": (Stage.FILED.value, Stage.CLAIMED.value)}.get(command, ())
        return await requirement_choices(self.client.app, typed, stages=stages)


def form_of(rest: str, given: Mapping[str, str]) -> discord.ui.Modal:
    """Return the form for a requirement, with what was written before."""
    modal = discord.ui.Modal(title="File a requirement", custom_id=modal_id("file", rest))
    for name, (label, is_long, limit, is_required, hint) in FIELDS.items():
        text = discord.ui.TextInput[discord.ui.View](
            custom_id=name,
            style=discord.TextStyle.paragraph if is_long else discord.TextStyle.short,
            max_length=limit,
            required=is_required,
            placeholder=hint,
            default=given.get(name, "")[:limit] or None,
        )
        modal.add_item(discord.ui.Label(text=label, component=text))
    modal.stop()  # served by its id, also after a restart; discord.py would keep each for ever
    return modal


def draft_of(given: Mapping[str, str]) -> discord.File:
    """Return what was written into the form, as a file."""
    text = "\n\n".join(f"{name}\n{given.get(name, '')}" for name in FIELDS)
    return discord.File(io.BytesIO(text.encode()), "draft.txt")


def mending(rest: str) -> discord.ui.View:
    """Return the button that opens the form again."""
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Mend it", custom_id=f"file_again:{rest}"))
    view.stop()  # served by its id, also after a restart
    return view


def claimed_words(requirement: Requirement) -> str:
    """Return what who claimed it is told."""
    number = requirement.number
    return f"REQ-{number} is yours. Launch training with `/train launch requirement:{number}`."


async def known_datasets(client: Client) -> tuple[str, ...]:
    """Return the datasets that some recipe can read."""
    async with client.app.store.reading() as tx:
        known = await recipes.known(tx, client.app.recipes)
    return tuple(sorted({name for recipe in known.values() for name in recipe.dataset_names}))


async def setup(client: Client) -> None:
    """Add the commands."""
    await client.add_cog(RequirementCog(client))
