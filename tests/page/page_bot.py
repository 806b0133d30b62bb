"""A small bot for the page's tests: a card with a button, completion, a form, and a command that never answers."""

import asyncio
import io
import json
import ssl
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import aiohttp
import discord
from aiohttp.abc import AbstractResolver, ResolveResult
from discord import app_commands, ui
from page_bot_inputs import add_inputs  # type: ignore[import-not-found]  # beside this script
from page_bot_shows import add_options, add_shows  # type: ignore[import-not-found]  # as above

ORANGE = 0xE67E22


class Loopback(AbstractResolver):
    """Every host is the sandbox."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:  # noqa: ARG002 - aiohttp's
        return [ResolveResult(hostname=host, host="127.0.0.1", port=self.port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        return


def picture() -> discord.File:
    """Return a grey picture of 320 by 120."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + b"\x90" * 320) * 120
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 320, 120, 8, 0, 0, 0, 0))
    png = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return discord.File(io.BytesIO(png), "loss.png")


def rows() -> discord.File:
    """Return a small table."""
    return discord.File(io.BytesIO(b"a,b\n1,2\n"), "rows.csv")


class RunCard(ui.LayoutView):
    """A card as ours are: headline, text, picture, presses."""

    def __init__(self, text: str = "Epoch 7 of 20 · loss **0.31**") -> None:
        super().__init__(timeout=None)
        cancel = ui.Button[Any](label="Cancel", style=discord.ButtonStyle.danger, custom_id="cancel:RUN-31")
        cancel.callback = self.cancelled  # type: ignore[method-assign]
        deaf = ui.Button[Any](label="Deaf", custom_id="deaf:RUN-31")
        partition = ui.Select[Any](
            custom_id="partition:RUN-31",
            placeholder="Move to a partition",
            options=[discord.SelectOption(label=name, description="8 × MI-100") for name in ("short", "long")],
        )
        partition.callback = self.moved  # type: ignore[method-assign]
        self.add_item(
            ui.Container(
                ui.TextDisplay("### RUN-31 is running"),
                ui.Separator(),
                ui.TextDisplay(text),
                ui.MediaGallery(discord.MediaGalleryItem("attachment://loss.png", description="Loss over epochs")),
                ui.ActionRow(cancel, deaf, ui.Button(label="Docs", url="https://example.com/")),
                ui.ActionRow(partition),
                accent_colour=ORANGE,
            )
        )

    async def cancelled(self, interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(view=RunCard(f"Cancelled by {interaction.user.mention}"))

    async def moved(self, interaction: discord.Interaction) -> None:
        data: Any = interaction.data or {}
        values = data.get("values", [])
        await interaction.response.edit_message(view=RunCard(f"Moved to *{values[0]}*"))


class RequirementForm(ui.Modal, title="File a requirement"):
    """A form with each kind of field that ours use."""

    name: Any = ui.Label[Any](text="Title", component=ui.TextInput(custom_id="title", min_length=5, max_length=60))
    kind: Any = ui.Label[Any](
        text="Kind",
        component=ui.RadioGroup(
            custom_id="kind",
            options=[
                discord.RadioGroupOption(label="Batch", value="batch"),
                discord.RadioGroupOption(label="Online", value="online"),
            ],
        ),
    )
    data: Any = ui.Label[Any](
        text="Dataset",
        component=ui.Select(
            custom_id="dataset", options=[discord.SelectOption(label="telco-7"), discord.SelectOption(label="telco-8")]
        ),
    )
    paper: Any = ui.Label[Any](text="Paper", component=ui.FileUpload(custom_id="paper", required=False))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        papers = [each.filename for each in self.paper.component.values]
        filled = (
            f"{self.name.component.value} / {self.kind.component.value} / {self.data.component.values[0]} / {papers}"
        )
        await interaction.response.send_message(f"Filed: **{filled}**")


def commands(tree: app_commands.CommandTree) -> None:
    """Add the commands."""
    train = app_commands.Group(name="train", description="Training")
    requirement = app_commands.Group(name="requirement", description="Requirements")

    @tree.command(description="Show a card")
    async def card(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(view=RunCard(), file=picture())

    @tree.command(description="Never answers")
    async def silence(_: discord.Interaction) -> None:
        await asyncio.sleep(0)

    thought = asyncio.Event()

    @tree.command(description="Think until /finish")
    async def think(interaction: discord.Interaction) -> None:
        thought.clear()
        await interaction.response.defer(thinking=True)
        await thought.wait()
        await interaction.followup.send("The answer is 42.")

    @tree.command(description="End the thinking")
    async def finish(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Enough.", ephemeral=True)
        thought.set()

    @train.command(description="Order a run")
    @app_commands.describe(requirement="number of the requirement", gpus="how many")
    async def launch(
        interaction: discord.Interaction, requirement: int, gpus: app_commands.Range[int, 1, 8] = 1
    ) -> None:
        await interaction.response.send_message(f"REQ-{requirement} trains on {gpus}.", ephemeral=True)

    @launch.autocomplete("requirement")
    async def requirements(_: discord.Interaction, typed: str) -> list[app_commands.Choice[int]]:
        known = {12: "churn", 13: "fraud", 14: "cheating"}
        return [app_commands.Choice(name=f"REQ-{n} {name}", value=n) for n, name in known.items() if typed in name]

    @requirement.command(name="file", description="Ask for a model")
    async def file(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(RequirementForm())

    tree.add_command(train)
    tree.add_command(requirement)


async def main(described: dict[str, Any]) -> None:
    """Run until the process is stopped."""
    context = ssl.create_default_context(cafile=described["ca_file"])
    connector = aiohttp.TCPConnector(limit=0, resolver=Loopback(described["tls_port"]), ssl=context)
    client = discord.Client(intents=discord.Intents.default(), connector=connector, guild_ready_timeout=0)
    tree = app_commands.CommandTree(client)
    commands(tree)
    add_inputs(tree)
    add_shows(tree, picture, rows)
    add_options(tree)

    async def set_up() -> None:
        await tree.sync()

    client.setup_hook = set_up  # type: ignore[method-assign]
    await client.start(described["token"])


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
