"""/deploy propose, and the rollout card's buttons: Approve, Decline, Abort."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import ask, say
from bot.client import Client, modal_values, pressed_number
from bot.core.reason import REASON_LIMIT
from bot.core.record import Record
from bot.core.values import Actor, Kind, Ref, Stage
from bot.services import rollouts, things
from bot.things.audit.model import Audit
from bot.things.rollout import decisions, words
from bot.things.rollout.model import Rollout
from bot.things.rollout.rules import RolloutEvent as E
from cogs._choices import Number, numbered
from cogs._decisions import Decision, reason_form, register


async def _approve(record: Record, number: int, reason: str, by: Actor) -> Rollout:
    return await rollouts.approve(record, number, reason=reason, by=by)


async def _decline(record: Record, number: int, reason: str, by: Actor) -> Rollout:
    return await decisions.decline(record, number, reason=reason, by=by)


async def _abort(record: Record, number: int, reason: str, by: Actor) -> Rollout:
    return await decisions.abort(record, number, reason=reason, by=by)


DECISIONS = tuple(
    Decision(action, Rollout, event, form, hint, done, decide)
    for action, event, form, hint, done, decide in (
        ("rollout_approve", E.APPROVED, words.APPROVE_FORM, words.APPROVE_HINT, words.DONE_APPROVED, _approve),
        ("rollout_decline", E.DECLINED, words.DECLINE_FORM, words.DECLINE_HINT, words.DONE_DECLINED, _decline),
        ("rollout_abort", E.ABORTED, words.ABORT_FORM, words.ABORT_HINT, words.DONE_ABORTED, _abort),
    )
)


class DeployCog(commands.GroupCog, name="deploy", description="Bringing audited models to their endpoints."):
    """What brings models to production."""

    def __init__(self, client: Client) -> None:
        self.client = client
        for decision in DECISIONS:
            register(client, decision)
        client.on_modal("propose", self._proposed)

    @app_commands.command()
    @app_commands.describe(
        run="number of the run whose model was approved, as in RUN-31",
        reason="why it should go out; a form asks for it otherwise",
    )
    async def propose(
        self,
        interaction: discord.Interaction[Client],
        run: Number,
        reason: app_commands.Range[str, 1, REASON_LIMIT] | None = None,
    ) -> None:
        """Propose to deploy an approved model; someone else approves it."""
        if reason is not None:
            await self._propose(interaction, run, reason)
            return
        self.client.app.record.check_duty(E.REQUESTED, by=self.client.actor(interaction))
        about, speaker = Ref(Kind.RUN, run), self.client.speaker(interaction)
        title, hint = words.PROPOSE_FORM(run=about), words.PROPOSE_HINT()
        await ask(interaction, reason_form("propose", about, title=title, hint=hint, speaker=speaker))

    async def _proposed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        await self._propose(interaction, pressed_number(rest, Kind.RUN), modal_values(interaction).get("reason", ""))

    async def _propose(self, interaction: discord.Interaction[Client], run: int, reason: str) -> None:
        app = self.client.app
        rollout = await rollouts.propose(
            app.record,
            run,
            reason=reason,
            endpoint_prefix=app.settings.azure.endpoint_prefix,
            by=self.client.actor(interaction),
        )
        await say(interaction, words.IS_PROPOSED(rollout=rollout.ref))

    @propose.autocomplete("run")
    async def _runs(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[int]]:
        approved = (Stage.APPROVED.value,)
        found = await things.search(self.client.app.store, Audit, typed, by=(), number="run", stages=approved)
        return numbered((audit.run, f"RUN-{audit.run} (REQ-{audit.requirement})") for audit in found)


async def setup(client: Client) -> None:
    """Add the commands."""
    await client.add_cog(DeployCog(client))
