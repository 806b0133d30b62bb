"""The page's test bot, third part: what messages can show besides components, and options of every type."""

from typing import Any

import discord
from discord import app_commands, ui

BLUE = 0x3498DB


def report() -> discord.Embed:
    """Return an embed with each of its parts."""
    embed = discord.Embed(title="Drift of **churn**", description="Two features moved.", color=BLUE)
    embed.url = "https://example.com/drift"
    embed.set_author(name="Monitor 7", url="https://example.com/monitor")
    embed.add_field(name="tenure", value="0.31 nats", inline=True)
    embed.add_field(name="charges", value="0.24 nats", inline=True)
    embed.add_field(name="What now", value="Retrain, or ask <@1100000000000000303>.", inline=False)
    embed.set_image(url="attachment://loss.png")
    embed.set_thumbnail(url="attachment://loss.png")
    embed.set_footer(text="Measured on 4 000 rows")
    return embed


class Parts(ui.LayoutView):
    """Section with a button, section with a thumbnail, a file, and what is covered until it is pressed."""

    def __init__(self, said: str = "Not pressed") -> None:
        super().__init__(timeout=None)
        again = ui.Button[Any](label="Measure", custom_id="measure")
        again.callback = self.measured  # type: ignore[method-assign]
        self.add_item(ui.Section(ui.TextDisplay("### Section"), ui.TextDisplay(said), accessory=again))
        thumbnail = ui.Thumbnail[Any]("attachment://loss.png", description="Small loss")
        self.add_item(ui.Section(ui.TextDisplay("Beside a picture"), accessory=thumbnail))
        hidden = discord.MediaGalleryItem("attachment://loss.png", description="Covered loss", spoiler=True)
        self.add_item(ui.MediaGallery(hidden))
        self.add_item(ui.File("attachment://rows.csv"))
        self.add_item(ui.Container(ui.TextDisplay("The label was **leaked**"), spoiler=True))

    async def measured(self, interaction: discord.Interaction) -> None:
        """Say that it was pressed."""
        await interaction.response.edit_message(view=Parts("Pressed"))


def add_shows(tree: app_commands.CommandTree, picture: Any, rows: Any) -> None:
    """Add the commands; `picture()` and `rows()` return a file each."""

    @tree.command(description="Show an embed")
    async def embed(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("As follows:", embed=report(), file=picture())

    @tree.command(description="Show a picture and a file")
    async def attach(interaction: discord.Interaction) -> None:
        chart = picture()
        chart.description = "Loss, plainly"
        await interaction.response.send_message("The answer is ||nobody knows||", files=[chart, rows()])

    @tree.command(description="Show the parts of a layout")
    async def parts(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(view=Parts(), files=[picture(), rows()])

    @tree.command(description="Call auditors, then everyone, then nobody")
    async def call(interaction: discord.Interaction) -> None:
        assert interaction.guild is not None
        auditors = discord.utils.get(interaction.guild.roles, name="Auditor")
        assert auditors is not None
        loud = discord.AllowedMentions(everyone=True, roles=True)
        await interaction.response.send_message(f"For {auditors.mention}", allowed_mentions=loud)
        await interaction.followup.send("For @everyone", allowed_mentions=loud)
        await interaction.followup.send("Not for @everyone", allowed_mentions=discord.AllowedMentions.none())


def add_options(tree: app_commands.CommandTree) -> None:
    """Add one command with an option of every type."""

    @tree.command(description="Every type of option")
    @app_commands.choices(color=[app_commands.Choice(name=name, value=name.lower()) for name in ("Red", "Green")])
    async def every(  # noqa: PLR0917 - one option of each type
        interaction: discord.Interaction,
        color: app_commands.Choice[str],
        sure: bool,  # noqa: FBT001 - an option of the command
        who: discord.Member,
        role: discord.Role,
        place: discord.TextChannel,
        anyone: discord.Member | discord.Role,
        share: app_commands.Range[float, 0, 1],
        paper: discord.Attachment,
    ) -> None:
        names = f"{who.name} / {role.name} / {place.name} / {anyone.name}"
        content = (await paper.read()).decode()
        await interaction.response.send_message(
            f"{color.value} / {sure} / {names} / {share} / {paper.filename}: {content}"
        )
