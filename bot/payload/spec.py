"""What to train: spec.json, checked against recipes.json, which alone knows names, ranges and defaults."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ends import BAD_SPEC, DATA_MISSING, Problem

RECIPES = Path(__file__).with_name("recipes.json")


@dataclass(frozen=True)
class Spec:
    """One training run."""

    recipe: str
    key: str
    directory: Path
    dataset: str
    seed: int
    parameters: Mapping[str, Any]
    """All parameters of the recipe, checked; those of every recipe are also attributes."""
    epochs: int
    batch_size: int
    """Rows of one optimiser step, of all ranks together."""
    learning_rate: float
    weight_decay: float
    precision: str
    cache: Path | None = None
    """Where what is made of raw data is kept for later runs; None to keep nothing."""

    @property
    def identity(self) -> dict[str, object]:
        """What the weights depend on: a checkpoint of another identity is not ours to resume."""
        return {"recipe": self.recipe, "dataset": self.dataset, "seed": self.seed, **self.parameters}


def read_spec(path: Path, recipe_name: str) -> Spec:
    """Read spec.json. Raises Problem with BAD_SPEC or DATA_MISSING when it cannot be trained as it stands."""
    recipe = json.loads(RECIPES.read_text(encoding="utf-8"))[recipe_name]
    try:
        wanted = json.loads(path.read_text(encoding="utf-8"))
        key, directory, dataset = (_text(wanted, name) for name in ("key", "directory", "dataset"))
        seed, given = wanted["seed"], wanted.get("parameters", {})
        cache = Path(_text(wanted, "cache")) if "cache" in wanted else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem(f"{path} is not a spec: {type(error).__name__}: {error}", BAD_SPEC) from error
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise Problem(f"seed is {seed!r}; give a whole number from 0 to {2**32 - 1}", BAD_SPEC)
    if dataset not in recipe["datasets"]:
        known = ", ".join(recipe["datasets"])
        raise Problem(f"there is no dataset {dataset!r}; the recipe {recipe_name} knows {known}", DATA_MISSING)
    values = _parameters(given, recipe["parameters"], recipe_name)
    common = {name: values[name] for name in ("epochs", "batch_size", "learning_rate", "weight_decay", "precision")}
    return Spec(recipe_name, key, Path(directory), dataset, seed, values, **common, cache=cache)


def _text(wanted: dict[str, object], name: str) -> str:
    value = wanted[name]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a text")
    return value


def _parameters(given: object, rules: Mapping[str, Any], recipe_name: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Problem(f"parameters is {given!r}; give a table of names and values", BAD_SPEC)
    if unknown := sorted(set(given) - set(rules)):
        known = ", ".join(rules)
        raise Problem(f"unknown parameter {unknown[0]!r}; {recipe_name} has {known}", BAD_SPEC)
    return {name: _READ[rule["type"]](name, given.get(name, rule["default"]), rule) for name, rule in rules.items()}


def _number(name: str, value: object, rule: Mapping[str, Any]) -> int | float:
    kind, lowest, highest = rule["type"], rule["minimum"], rule["maximum"]
    if isinstance(value, bool) or not isinstance(value, int if kind == "int" else int | float):
        raise Problem(f"{name} is {value!r}; give {'a whole number' if kind == 'int' else 'a number'}", BAD_SPEC)
    if not (math.isfinite(value) and lowest <= value <= highest):
        raise Problem(f"{name} is {value:g}; it may be from {lowest:g} to {highest:g}", BAD_SPEC)
    return value if kind == "int" else float(value)


def _choice(name: str, value: object, rule: Mapping[str, Any]) -> object:
    if value not in rule["choices"]:
        raise Problem(f"{name} is {value!r}; it may be {', '.join(rule['choices'])}", BAD_SPEC)
    return value


def _path(name: str, value: object, _rule: Mapping[str, Any]) -> str:
    if not isinstance(value, str) or not (value == "" or value.startswith("/")):
        raise Problem(f"{name} is {value!r}; give an absolute path, or leave it out", BAD_SPEC)
    return value


_READ = {"int": _number, "float": _number, "choice": _choice, "path": _path}
