"""What may happen to a recipe's version, and who may cause it."""

from bot.core.kind import Event, ThingKind
from bot.core.values import CREATOR, Stage
from bot.things.recipe.card import card
from bot.things.recipe.model import RecipeVersion
from bot.things.recipe.sample import SAMPLES


class RecipeEvent(Event):
    """Registered, and retired."""

    REGISTERED = "recipe.registered"
    RETIRED = "recipe.retired"


E, S = RecipeEvent, Stage

RECIPE = ThingKind(
    model=RecipeVersion,
    events=E,
    steps={(None, E.REGISTERED): S.REGISTERED, (S.REGISTERED, E.RETIRED): S.RETIRED},
    duties={E.REGISTERED: CREATOR, E.RETIRED: CREATOR},
    card=card,
    samples=SAMPLES,
    channel="training",
    listed_by="/recipe list",
)
