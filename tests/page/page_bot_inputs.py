"""The page's test bot, second part: every select menu, the rest of a form's fields, threads, a command for few."""

from typing import Any

import discord
from discord import app_commands, ui


class Menus(ui.LayoutView):
    """A card with each kind of menu that offers what the server has."""

    def __init__(self, said: str = "Nothing chosen") -> None:
        super().__init__(timeout=None)
        self.add_item(ui.TextDisplay(said))
        kinds: dict[str, ui.Select[Any] | ui.UserSelect[Any] | ui.RoleSelect[Any] | Any] = {
            "people": ui.UserSelect[Any](custom_id="people", placeholder="Who", max_values=2),
            "roles": ui.RoleSelect[Any](custom_id="roles", placeholder="Which role"),
            "channels": ui.ChannelSelect[Any](custom_id="channels", placeholder="Where"),
            "anyone": ui.MentionableSelect[Any](custom_id="anyone", placeholder="Anyone"),
        }
        for menu in kinds.values():
            menu.callback = self.chosen  # type: ignore[method-assign]
            self.add_item(ui.ActionRow(menu))

    async def chosen(self, interaction: discord.Interaction) -> None:
        """Say what came."""
        data: Any = interaction.data or {}
        await interaction.response.edit_message(view=Menus(f"{data.get('custom_id')}: {_named(interaction)}"))


def _named(interaction: discord.Interaction) -> str:
    """Return the names of what was chosen, as Discord resolved it."""
    data: dict[str, Any] = dict(interaction.data or {})
    resolved = data.get("resolved", {})
    found = {key: one for part in ("roles", "channels", "users") for key, one in resolved.get(part, {}).items()}
    return " and ".join(found[value].get("name") or found[value]["username"] for value in data["values"])


class WhoForm(ui.Modal, title="Who and where"):
    """Words between fields, boxes to tick, people, channels."""

    words = ui.TextDisplay[Any]("Fill in **all** of it")
    boxes: Any = ui.Label[Any](
        text="Checks",
        component=ui.CheckboxGroup(
            custom_id="checks",
            min_values=1,
            max_values=2,
            options=[
                discord.CheckboxGroupOption(label=name, value=name.lower()) for name in ("Bias", "Drift", "Speed")
            ],
        ),
    )
    sure: Any = ui.Label[Any](text="I am sure", component=ui.Checkbox(custom_id="sure"))
    who: Any = ui.Label[Any](text="Reviewer", component=ui.UserSelect(custom_id="who", required=True))
    where: Any = ui.Label[Any](text="Channel", component=ui.ChannelSelect(custom_id="where", required=True))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Say what came."""
        said = (
            f"{sorted(self.boxes.component.values)} / {self.sure.component.value} / "
            f"{self.who.component.values[0].name} / {self.where.component.values[0].name}"
        )
        await interaction.response.send_message(said)


class TeamForm(ui.Modal, title="A team"):
    """Long text, a role, anyone."""

    why: Any = ui.Label[Any](
        text="Why",
        description="In your words",
        component=ui.TextInput(custom_id="why", style=discord.TextStyle.paragraph, default="Because"),
    )
    role: Any = ui.Label[Any](text="Role", component=ui.RoleSelect(custom_id="role"))
    anyone: Any = ui.Label[Any](text="Anyone", component=ui.MentionableSelect(custom_id="anyone"))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Say what came."""
        role, anyone = self.role.component.values[0], self.anyone.component.values[0]
        await interaction.response.send_message(f"{self.why.component.value!r} / {role.name} / {anyone.name}")


def add_inputs(tree: app_commands.CommandTree) -> None:
    """Add the commands."""

    @tree.command(description="Show the menus")
    async def menus(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(view=Menus())

    @tree.command(description="Ask who and where")
    async def who(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(WhoForm())

    @tree.command(description="Ask for a team")
    async def team(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(TeamForm())

    @tree.command(description="For those who keep order")
    @app_commands.default_permissions(manage_messages=True)
    async def sweep(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Swept.")

    @tree.command(description="Post in the newest forum")
    async def ask(interaction: discord.Interaction) -> None:
        assert interaction.guild is not None
        forum = interaction.guild.forums[-1]
        tag = forum.available_tags[0]
        made = await forum.create_thread(name="Which metric?", content="Recall or precision?", applied_tags=[tag])
        await interaction.response.send_message(
            f"Asked in {made.thread.mention} as {made.message.id == made.thread.id}."
        )

    @tree.command(description="Begin a thread below a message")
    async def discuss(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Talk below.")
        message = await interaction.original_response()
        thread = await (await message.fetch()).create_thread(name="Why it drifts")
        await thread.send("First of all: **look**.")
