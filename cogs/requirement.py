"""/requirement: file, show, list, claim, budget, withdraw."""

import io
from collections.abc import Mapping

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import ask, say, show
from bot.client import Client, modal_id, modal_values, pressed_number, told_error
from bot.core.said import Phrase, Said, Say
from bot.core.values import Kind, Ref, Stage
from bot.errors import Refused
from bot.services import cards, recipes, things, withdrawing
from bot.things.requirement import decisions as requirements
from bot.things.requirement import words
from bot.things.requirement.card import requirement_list
from bot.things.requirement.model import Requirement
from cogs._choices import Number, matching, requirement_choices
from cogs._decisions import HINT_LIMIT, LABEL_LIMIT, TITLE_LIMIT

OPEN = (Stage.FILED.value, Stage.CLAIMED.value, Stage.FULFILLED.value)
MOST_DRAFTS = 100
FIELDS: Mapping[str, tuple[Phrase, bool, int, bool, Phrase]] = {
    "title": (words.FORM_TITLE, False, requirements.TITLE_LIMIT, True, words.TITLE_HINT),
    "problem": (words.PROBLEM, True, requirements.TEXT_LIMIT, True, words.PROBLEM_HINT),
    "value": (words.FORM_VALUE, True, requirements.TEXT_LIMIT, True, words.VALUE_HINT),
    "targets": (words.TARGETS, True, requirements.TEXT_LIMIT, True, words.TARGETS_HINT),
    "constraints": (words.CONSTRAINTS, True, requirements.TEXT_LIMIT, False, words.CONSTRAINTS_HINT),
}
"""The form: label, whether it takes paragraphs, most characters, whether it is required, and a hint."""


KINDS = [app_commands.Choice(name=str(phrase()), value=kind) for kind, phrase in words.DEPLOYMENTS.items()]
"""What is chosen among as one types."""


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
    @app_commands.choices(kind=KINDS)
    async def file(
        self, interaction: discord.Interaction[Client], dataset: app_commands.Range[str, 1, 60], kind: str = "new"
    ) -> None:
        """File a requirement: a form opens for the rest."""
        known = await known_datasets(self.client)
        requirements.check_filing(
            self.client.app.record, dataset=dataset, known_datasets=known, by=self.client.actor(interaction)
        )
        await ask(interaction, form_of(f"{kind}:{dataset}", {}, self.client.speaker(interaction)))

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
        await self._answer(interaction, words.IS_FILED(requirement=filed.ref))

    async def _hand_back(
        self, interaction: discord.Interaction[Client], rest: str, given: dict[str, str], refusal: Refused
    ) -> None:
        """Say what is wrong without losing what was written: as a file, and in the form for who mends it."""
        self._drafts.pop(interaction.user.id, None)
        self._drafts[interaction.user.id] = given
        while len(self._drafts) > MOST_DRAFTS:
            del self._drafts[next(iter(self._drafts))]
        speaker = self.client.speaker(interaction)
        told = told_error(refusal, reference="", speaker=speaker)
        await say(interaction, told, view=mending(rest, speaker), files=[draft_of(given)])

    async def _again_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        given = self._drafts.get(interaction.user.id, {})
        await ask(interaction, form_of(rest, given, self.client.speaker(interaction)))

    async def _answer(self, interaction: discord.Interaction[Client], said: Said) -> None:
        await say(interaction, said)

    @file.autocomplete("dataset")
    async def _datasets(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[str]]:
        return matching(await known_datasets(self.client), typed)

    @app_commands.command()
    @app_commands.describe(requirement="number of the requirement, as in REQ-12")
    async def show(self, interaction: discord.Interaction[Client], requirement: Number) -> None:
        """Show a requirement's card, only to you."""
        speaker = self.client.speaker(interaction)
        face = await cards.face_for(self.client.app.store, Ref(Kind.REQUIREMENT, requirement), speaker)
        await show(interaction, face.card)

    @app_commands.command(name="list")
    async def list_newest(self, interaction: discord.Interaction[Client]) -> None:
        """List the newest requirements that are not withdrawn."""
        newest = await things.newest(self.client.app.store, Requirement, stages=OPEN)
        await show(interaction, requirement_list(newest, self.client.speaker(interaction)))

    @app_commands.command()
    @app_commands.describe(requirement="number of the requirement, as in REQ-12")
    async def claim(self, interaction: discord.Interaction[Client], requirement: Number) -> None:
        """Claim a filed requirement: you will train its model."""
        await self._claim(interaction, requirement)

    async def _claim_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        await self._claim(interaction, pressed_number(rest, Kind.REQUIREMENT))

    async def _claim(self, interaction: discord.Interaction[Client], number: int) -> None:
        claimed = await requirements.claim(self.client.app.record, number, by=self.client.actor(interaction))
        await self._answer(interaction, claimed_words(claimed))

    @app_commands.command()
    @app_commands.describe(requirement="number of the requirement, as in REQ-12", reason="why it is no longer wanted")
    async def withdraw(
        self,
        interaction: discord.Interaction[Client],
        requirement: Number,
        reason: app_commands.Range[str, 1, requirements.TEXT_LIMIT],
    ) -> None:
        """Withdraw a requirement that is not fulfilled yet."""
        withdrawn = await withdrawing.withdraw(
            self.client.app.record, requirement, reason=reason, by=self.client.actor(interaction)
        )
        await self._answer(interaction, words.IS_WITHDRAWN(requirement=withdrawn.ref))

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
        await self._answer(interaction, budget_words(Ref(Kind.REQUIREMENT, requirement), gpu_hours))

    @show.autocomplete("requirement")
    @claim.autocomplete("requirement")
    @withdraw.autocomplete("requirement")
    @budget.autocomplete("requirement")
    async def _numbers(self, interaction: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[int]]:
        command = interaction.command.name if interaction.command else ""
        stages = {"claim": (Stage.FILED.value,), "withdraw": (Stage.FILED.value, Stage.CLAIMED.value)}.get(command, ())
        return await requirement_choices(self.client.app, typed, stages=stages)


def form_of(rest: str, given: Mapping[str, str], speaker: Say) -> discord.ui.Modal:
    """Return the form for a requirement, with what was written before."""
    modal = discord.ui.Modal(title=speaker(words.FORM())[:TITLE_LIMIT], custom_id=modal_id("file", rest))
    for name, (label, is_long, limit, is_required, hint) in FIELDS.items():
        text = discord.ui.TextInput[discord.ui.View](
            custom_id=name,
            style=discord.TextStyle.paragraph if is_long else discord.TextStyle.short,
            max_length=limit,
            required=is_required,
            placeholder=speaker(hint())[:HINT_LIMIT],
            default=given.get(name, "")[:limit] or None,
        )
        modal.add_item(discord.ui.Label(text=speaker(label())[:LABEL_LIMIT], component=text))
    modal.stop()  # served by its id, also after a restart; discord.py would keep each for ever
    return modal


def draft_of(given: Mapping[str, str]) -> discord.File:
    """Return what was written into the form, as a file."""
    text = "\n\n".join(f"{name}\n{given.get(name, '')}" for name in FIELDS)
    return discord.File(io.BytesIO(text.encode()), "draft.txt")


def mending(rest: str, speaker: Say) -> discord.ui.View:
    """Return the button that opens the form again."""
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label=speaker(words.MEND()), custom_id=f"file_again:{rest}"))
    view.stop()  # served by its id, also after a restart
    return view


def claimed_words(requirement: Requirement) -> Said:
    """Return what who claimed it is told."""
    return words.IS_YOURS(requirement=requirement.ref, number=requirement.number)


def budget_words(about: Ref, gpu_h: float | None) -> Said:
    """Return what who set a budget is told."""
    if gpu_h is None:
        return words.HAS_NO_LIMIT(requirement=about)
    if gpu_h == 1:
        return words.HAS_A_BUDGET_OF_ONE(requirement=about)
    return words.HAS_A_BUDGET(requirement=about, gpu_h=gpu_h)


async def known_datasets(client: Client) -> tuple[str, ...]:
    """Return the datasets that some recipe can read."""
    async with client.app.store.reading() as tx:
        known = await recipes.known(tx, client.app.recipes)
    return tuple(sorted({name for recipe in known.values() for name in recipe.dataset_names}))


async def setup(client: Client) -> None:
    """Add the commands."""
    await client.add_cog(RequirementCog(client))
