"""/recipe: register, list, show, retire."""

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import say, show, think
from bot.client import Client, pressed_number
from bot.core.values import Kind, Stage
from bot.errors import Refused
from bot.services import recipes, things
from bot.things.recipe import decisions, words
from bot.things.recipe.card import recipe_card, recipe_list
from bot.things.recipe.model import RecipeVersion
from cogs._choices import Number, matching, numbered, recipe_choices


class RecipeCog(commands.GroupCog, name="recipe", description="Training code that runs can be launched with."):
    """A team's own training code."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.on_press("retire_recipe", self._retire_pressed)

    @app_commands.command()
    @app_commands.describe(
        name="what it is launched by; the same name again is its next version",
        file="a TOML table, as [recipes.…] in config.example.toml shows it, without that line",
    )
    async def register(
        self, interaction: discord.Interaction[Client], name: app_commands.Range[str, 1, 40], file: discord.Attachment
    ) -> None:
        """Register training code of your own as a recipe."""
        if file.size > recipes.FILE_LIMIT_BYTES:
            raise Refused(words.FILE_TOO_LARGE(size=file.size, limit=recipes.FILE_LIMIT_BYTES))
        await think(interaction)  # the file is fetched first
        try:
            text = (await file.read()).decode()
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            raise Refused(words.FILE_NOT_HANDED_OUT()) from error
        except UnicodeDecodeError:
            raise Refused(words.FILE_NO_TEXT()) from None
        app = self.client.app
        made = await recipes.register(app.record, name, text, standing=app.recipes, by=self.client.actor(interaction))
        done = words.IS_REGISTERED(recipe=made.ref, option=f"recipe:{made.name}", version=made.version)
        await say(interaction, done)

    @app_commands.command(name="list")
    async def list_all(self, interaction: discord.Interaction[Client]) -> None:
        """List the recipes that runs can be launched with."""
        app = self.client.app
        async with app.store.reading() as tx:
            known = await recipes.known(tx, app.recipes)
        await show(interaction, recipe_list(known, self.client.speaker(interaction)))

    @app_commands.command()
    @app_commands.describe(recipe="its name, or name@version for an older one")
    async def show(self, interaction: discord.Interaction[Client], recipe: str) -> None:
        """Show a recipe with its parameters, only to you."""
        app = self.client.app
        async with app.store.reading() as tx:
            found = await recipes.of_name(tx, recipe, app.recipes) or await recipes.to_launch(tx, recipe, app.recipes)
        await show(interaction, recipe_card(found, self.client.speaker(interaction)))

    @app_commands.command()
    @app_commands.describe(version="number of the version, as in RCP-3")
    async def retire(self, interaction: discord.Interaction[Client], version: Number) -> None:
        """Take a registered version out of use; its runs stay."""
        await self._retire(interaction, version)

    async def _retire_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        await self._retire(interaction, pressed_number(rest, Kind.RECIPE))

    async def _retire(self, interaction: discord.Interaction[Client], number: int) -> None:
        gone = await decisions.retire(self.client.app.record, number, by=self.client.actor(interaction))
        await say(interaction, words.IS_RETIRED(recipe=gone.ref, name=gone.full_name))

    @show.autocomplete("recipe")
    async def _names(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[str]]:
        return matching(await recipe_choices(self.client.app), typed)

    @retire.autocomplete("version")
    async def _versions(self, _: discord.Interaction[Client], typed: str) -> list[app_commands.Choice[int]]:
        registered = (Stage.REGISTERED.value,)
        found = await things.search(self.client.app.store, RecipeVersion, typed, by=("name",), stages=registered)
        return numbered((one.number, f"RCP-{one.number} {one.full_name}") for one in found)


async def setup(client: Client) -> None:
    """Add the commands."""
    await client.add_cog(RecipeCog(client))
