"""What to train: spec.json, checked against recipes.json, which alone knows names, ranges and defaults."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECIPES = Path(__file__).with_name("recipes.json")


class Problem(Exception):
    """A run that cannot go on: a sentence for its log, and the exit code that says which kind of trouble it is."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


BAD_SPEC = 84
SAVED_AND_STOPPED = 85
OUT_OF_MEMORY = 86
DIVERGED = 87
DATA_MISSING = 88


@dataclass(frozen=True)
class Spec:
    """One training run."""

    key: str
    directory: Path
    dataset: str
    seed: int
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    hidden: int
    dropout: float

    @property
    def identity(self) -> dict[str, object]:
        """What the weights depend on: a checkpoint of another identity is not ours to resume."""
        return {name: value for name, value in vars(self).items() if name not in ("key", "directory")}


def read_spec(path: Path, recipe_name: str) -> Spec:
    """Read spec.json. Raises Problem with BAD_SPEC or DATA_MISSING when it cannot be trained as it stands."""
    recipe = json.loads(RECIPES.read_text(encoding="utf-8"))[recipe_name]
    try:
        wanted = json.loads(path.read_text(encoding="utf-8"))
        key, directory, dataset = (_text(wanted, name) for name in ("key", "directory", "dataset"))
        seed, given = wanted["seed"], wanted.get("parameters", {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem(f"{path} is not a spec: {type(error).__name__}: {error}", BAD_SPEC) from error
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise Problem(f"seed is {seed!r}; give a whole number from 0 to {2**32 - 1}", BAD_SPEC)
    if dataset not in recipe["datasets"]:
        known = ", ".join(recipe["datasets"])
        raise Problem(f"there is no dataset {dataset!r}; the recipe {recipe_name} knows {known}", DATA_MISSING)
    if not isinstance(given, dict):
        raise Problem(f"parameters is {given!r}; give a table of names and numbers", BAD_SPEC)
    if unknown := sorted(set(given) - set(recipe["parameters"])):
        known = ", ".join(recipe["parameters"])
        raise Problem(f"unknown parameter {unknown[0]!r}; {recipe_name} has {known}", BAD_SPEC)
    rules = recipe["parameters"]
    values: dict[str, Any] = {
        name: _number(name, given.get(name, rule["default"]), rule) for name, rule in rules.items()
    }
    return Spec(key=key, directory=Path(directory), dataset=dataset, seed=seed, **values)


def _text(wanted: dict[str, object], name: str) -> str:
    value = wanted[name]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a text")
    return value


def _number(name: str, value: object, rule: dict[str, Any]) -> int | float:
    kind, lowest, highest = rule["type"], rule["minimum"], rule["maximum"]
    if isinstance(value, bool) or not isinstance(value, int if kind == "int" else int | float):
        raise Problem(f"{name} is {value!r}; give {'a whole number' if kind == 'int' else 'a number'}", BAD_SPEC)
    if not (math.isfinite(value) and lowest <= value <= highest):
        raise Problem(f"{name} is {value:g}; it may be from {lowest:g} to {highest:g}", BAD_SPEC)
    return value if kind == "int" else float(value)
