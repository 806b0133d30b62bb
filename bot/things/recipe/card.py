"""The recipe's cards: where the code is, what runs it, and its parameters with their ranges."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.core import words as core
from bot.core.cards import Button, ButtonStyle, Card, Tone
from bot.core.said import Said, Say
from bot.core.secrets import redacted
from bot.core.text import clip, is_blank, typed
from bot.core.values import Stage
from bot.core.view import ROOM_OF_A_LIST, StageFace, View, headline, section, stage_line, with_room
from bot.things.recipe import words
from bot.things.recipe.model import RecipeVersion
from bot.things.recipe.recipe import Code, Parameter, Recipe

STAGES: Mapping[Stage, StageFace] = {
    Stage.REGISTERED: StageFace("📘", Tone.GOOD, words.REGISTERED),
    Stage.RETIRED: StageFace("📦", Tone.NEUTRAL, words.RETIRED),
}
SHOWN_PARAMETERS = 20
SHOWN_DATASETS = 12
SHOWN_COMMIT = 12
TITLE_LIMIT, TITLE_IN_LINE = 100, 80
COMMAND_LIMIT, PLACE_LIMIT = 300, 200
VALUE_LIMIT, EXPLAINED_LIMIT = 120, 100


@dataclass(frozen=True, slots=True)
class RecipeView(View[RecipeVersion]):
    """A registered version with what its table says."""

    recipe: Recipe | None = None


def card(view: RecipeView, say: Say) -> Card:
    """Return the card of a registered version."""
    version, face = view.thing, STAGES[view.thing.stage]
    paragraphs = [stage_line(face, view.since, say), *(_told(view.recipe, say) if view.recipe else ())]
    is_new = version.stage is Stage.REGISTERED
    if not is_new:  # the stage's line says it of a new one
        paragraphs.append(say(words.REGISTERED_BY(who=version.registered_by)))
    retire = Button(say(words.RETIRE()), f"retire_recipe:{version.ref}", ButtonStyle.DANGER)
    return Card(
        headline(version, version.full_name, say),
        paragraphs,
        face.tone,
        buttons=(retire,) if is_new else (),
        footer=say(words.NEXT(name=version.name)) if is_new else "",
    )


def recipe_card(recipe: Recipe, say: Say) -> Card:
    """Return the card of any recipe, for somebody who asked for it."""
    return Card(say(words.RECIPE(name=recipe.name)), list(_told(recipe, say)))


def recipe_list(known: Mapping[str, Recipe], say: Say) -> Card:
    """Return the recipes that can be launched, by the name to launch them by."""
    lines = [say(_line(name, recipe)) for name, recipe in known.items()]
    return Card(say(words.LIST()), [with_room(lines, say, room=ROOM_OF_A_LIST) or say(words.NONE())])


def _line(name: str, recipe: Recipe) -> Said:
    title = clip(recipe.title, TITLE_IN_LINE)
    if recipe.name == name:
        return words.LINE(name=name, title=title)
    return words.LINE_OF_VERSION(name=name, title=title, version=recipe.name)


def _told(recipe: Recipe, say: Say) -> Iterator[str]:
    if not is_blank(recipe.title):
        yield say(core.QUOTED(text=clip(recipe.title, TITLE_LIMIT)))
    yield section(say(words.CODE()), "\n".join(_code(recipe.code, say)) if recipe.code else say(words.SHIPS()))
    yield section(say(words.DATASETS()), say(_datasets(recipe.datasets)))
    lines = [say(_parameter(name, one)) for name, one in recipe.parameters.items()]
    parameters = with_room(lines, say, shown=SHOWN_PARAMETERS) or say(words.NO_PARAMETER())
    yield section(say(words.PARAMETERS()), parameters)
    if recipe.retry.limit:
        yield say(words.TRIED_AGAIN(limit=recipe.retry.limit, causes=", ".join(recipe.retry.causes)))


def _datasets(names: Sequence[str]) -> Said:
    shown, left = names[:SHOWN_DATASETS], len(names) - SHOWN_DATASETS
    if not names:
        return words.ANY_DATASET()
    return words.DATASETS_READ_AND_MORE(names=shown, left=left) if left > 0 else words.DATASETS_READ(names=shown)


def _code(code: Code, say: Say) -> Iterator[str]:
    yield say(words.COMMAND(command=typed(" ".join(code.command), limit=COMMAND_LIMIT)))
    if code.repository:
        repository = typed(redacted(code.repository), limit=PLACE_LIMIT)
        yield say(words.AT_COMMIT(repository=repository, commit=code.commit[:SHOWN_COMMIT]))
    if code.folder:
        yield say(words.IN_FOLDER(folder=typed(code.folder, limit=PLACE_LIMIT)))
    where = code.environment
    named = {"venv": where.venv, "conda": where.conda, "image": where.image}
    parts = [say(words.MODULE(name=module)) for module in where.modules]
    parts += [
        say(words.SURROUNDINGS[name](place=typed(place, limit=PLACE_LIMIT))) for name, place in named.items() if place
    ]
    if parts:
        yield " · ".join(parts)


def _parameter(name: str, one: Parameter) -> Said:
    default = clip(str(one.default), VALUE_LIMIT) or words.EMPTY()
    allowed = one.allowed if isinstance(one.allowed, Said) else clip(one.allowed, VALUE_LIMIT)
    if not one.help:
        return words.PARAMETER(name=name, default=default, allowed=allowed)
    explained = clip(one.help, EXPLAINED_LIMIT)
    return words.PARAMETER_EXPLAINED(name=name, default=default, allowed=allowed, explained=explained)
