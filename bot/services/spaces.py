"""Parameter spaces of sweeps: what is typed becomes the list of parameter sets, the same one every time."""

import itertools
import math
import random

from bot.core.text import typed
from bot.errors import Refused
from bot.things.recipe.recipe import Recipe, Value
from bot.things.sweep import answers_words as words

MOST_RUNS = 1000
METHODS = ("grid", "random", "list")


def parameter_sets(
    method: str, space: str, recipe: Recipe, *, fixed: str = "", count: int, seed: int
) -> list[dict[str, Value]]:
    """Return the different parameter sets of a sweep, each complete with what is fixed and the recipe's defaults.

    `grid`: `learning_rate=0.001|0.01 hidden=32|64`, every combination. `random`: `learning_rate=0.0001..0.1`, `count`
    draws (equal ones once), on a logarithmic scale where the ends are positive and a factor of a hundred apart. `list`:
    `hidden=32 epochs=5; hidden=64`, one set after another.

    Raises:
        Refused: it cannot be read, a value is not allowed, or there are too many sets.
    """
    if method not in METHODS:
        raise Refused(words.METHOD(method=typed(method), known=METHODS))
    if not space.strip():
        raise Refused(words.SPACE_EMPTY())
    if method == "random":
        texts = _random(space, recipe, count=count, seed=seed)
    else:
        texts = _grid(space) if method == "grid" else _list(space)
    if not any(texts):
        raise Refused(words.SPACE_WITHOUT_VALUE())
    if len(texts) > MOST_RUNS:
        raise Refused(words.TOO_MANY(size=len(texts), most=MOST_RUNS))
    sets = [recipe.read_parameters(f"{fixed} {text}") for text in texts]
    return list({tuple(values.items()): values for values in sets}.values())  # the same set twice tells nothing new


def _grid(space: str) -> list[str]:
    axes = [_axis(part, "|", "epochs=5|10") for part in space.replace(",", " ").split()]
    if math.prod(len(values) for _, values in axes) > MOST_RUNS:
        size = math.prod(len(values) for _, values in axes)
        raise Refused(words.TOO_MANY(size=size, most=MOST_RUNS))
    names = [name for name, _ in axes]
    return [
        " ".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
        for values in itertools.product(*(values for _, values in axes))
    ]


def _list(space: str) -> list[str]:
    return [part.strip() for part in space.replace("\n", ";").split(";") if part.strip()]


def _random(space: str, recipe: Recipe, *, count: int, seed: int) -> list[str]:
    if not 1 <= count <= MOST_RUNS:
        raise Refused(words.COUNT(most=MOST_RUNS, count=count))
    source = random.Random(seed)  # noqa: S311  # the same draws every time, not a secret
    ranged = [name for name, parameter in recipe.parameters.items() if parameter.is_number]
    axes = [_axis(part, "..", "learning_rate=0.0001..0.1") for part in space.replace(",", " ").split()]
    for name, values in axes:
        if name not in ranged or len(values) != 2:  # noqa: PLR2004  # both ends
            raise Refused(words.NEEDS_RANGE(name=typed(name), known=ranged))
        for value in values:
            recipe.parameters[name].read(name, value)
    return [
        " ".join(f"{name}={_draw(recipe, name, *map(float, values), source=source)}" for name, values in axes)
        for _ in range(count)
    ]


def _draw(recipe: Recipe, name: str, low: float, high: float, *, source: random.Random) -> int | float:
    low, high = min(low, high), max(low, high)
    is_wide = low > 0 and high / low >= 100  # noqa: PLR2004  # two decades: see the docstring
    value = math.exp(source.uniform(math.log(low), math.log(high))) if is_wide else source.uniform(low, high)
    if recipe.parameters[name].kind == "int":
        return min(int(high), max(math.ceil(low), round(value)))
    return min(high, max(low, float(f"{value:.4g}")))


def _axis(part: str, sign: str, example: str) -> tuple[str, list[str]]:
    name, equals, values = part.partition("=")
    if not equals or not values:
        raise Refused(words.UNREADABLE(part=typed(part, limit=60), example=example))
    return name, [value for value in values.split(sign) if value]
