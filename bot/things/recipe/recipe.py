"""A recipe: training code with its parameters as data, so that a request can be checked before it is sent."""

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from bot.core.said import Said
from bot.core.text import typed
from bot.core.values import Json
from bot.errors import Refused
from bot.things.recipe import words

Value = int | float | str | bool
"""Of a parameter."""
_KINDS_SAID = {"bool": words.TRUE_OR_FALSE, "path": words.A_PATH, "str": words.A_WORD}
_PATH = re.compile(r"/[^\x00-\x20`]*")
VERSION = "[A-Za-z0-9][A-Za-z0-9._-]{0,39}"
"""Of a dataset, as a pattern."""
USUAL_METRIC = "accuracy"
"""Of code of which it is not known what it measures."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What is set up before the command runs, in this order."""

    modules: tuple[str, ...] = ()
    """Environment modules to load."""
    venv: str = ""
    """Absolute folder of a virtual environment on the cluster."""
    conda: str = ""
    """Name or absolute folder of a conda environment."""
    image: str = ""
    """Absolute path of an Apptainer image that the command runs in."""


@dataclass(frozen=True, slots=True)
class Code:
    """A team's own training code: a command line that reads spec.json and writes the files the payload writes."""

    command: tuple[str, ...]
    """`{spec}` in it stands for the path of spec.json."""
    folder: str = ""
    """Absolute folder on the shared file system that the command runs in."""
    repository: str = ""
    """Git repository to check `commit` out from, once, below the shared folder."""
    commit: str = ""
    """Full hash."""
    environment: Environment = Environment()


def digest_of(code: Code) -> str:
    """Return a hash of where the code is, how it is started, and in what surroundings."""
    return hashlib.sha256(json.dumps(asdict(code), sort_keys=True).encode()).hexdigest()


def code_of(told: Mapping[str, Json]) -> Code:
    """Return the code that `dataclasses.asdict` told of, as the record has it."""
    place = {name: str(told[name]) for name in ("folder", "repository", "commit")}
    where = cast("Mapping[str, Any]", told["environment"])
    environment = Environment(**{**where, "modules": tuple(where["modules"])})
    return Code(tuple(cast("Sequence[str]", told["command"])), **place, environment=environment)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a failed run is tried again without being asked."""

    causes: tuple[str, ...] = ()
    """Classes of `bot.things.run.causes.Cause`."""
    limit: int = 0
    """Attempts beyond the first."""
    wait_min: float = 1.0
    """Before the first retry; doubled for each further one."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a recipe."""

    kind: str
    """`int`, `float`, `bool`, `choice`, `str`, or `path`: an absolute one on the cluster, or empty.

    None has blanks or commas in it, which part the parameters where they are typed.
    """
    default: Value
    minimum: float = -math.inf
    maximum: float = math.inf
    help: str = ""
    choices: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it has a range."""
        return self.kind in ("int", "float")

    def read(self, name: str, text: str) -> Value:
        """Return the value. Raises Refused when it is not of this kind, out of range, or not among the choices."""
        if self.is_number:
            return self._number(name, text)
        if self.kind == "bool":
            if text.lower() not in ("true", "false"):
                raise Refused(words.NOT_TRUE_OR_FALSE(parameter=name, given=typed(text)))
            return text.lower() == "true"
        if self.kind == "choice" and text not in self.choices:
            raise Refused(words.NOT_CHOSEN(parameter=name, known=self.choices, given=typed(text)))
        if self.kind == "path" and text and not _PATH.fullmatch(text):
            raise Refused(words.NO_PATH(parameter=name, given=typed(text)))
        return text

    def _number(self, name: str, text: str) -> int | float:
        try:
            value = int(text) if self.kind == "int" else float(text)
        except ValueError:
            wrong = words.NOT_WHOLE if self.kind == "int" else words.NO_NUMBER
            raise Refused(wrong(parameter=name, given=typed(text))) from None
        is_finite = isinstance(value, int) or math.isfinite(value)  # an int may be too long to be asked
        if not (is_finite and self.minimum <= value <= self.maximum):
            raise Refused(words.OUT_OF_RANGE(parameter=name, range=self.range, given=typed(text)))
        return value

    @property
    def allowed(self) -> Said | str:
        """What it takes: a range or a kind in words, or the choices as they are typed."""
        return self.range if self.is_number else ", ".join(self.choices) or _KINDS_SAID[self.kind]()

    @property
    def range(self) -> Said:
        """What numbers it takes, each as one types it."""
        has_least, has_most = math.isfinite(self.minimum), math.isfinite(self.maximum)
        if has_least and has_most:
            return words.BETWEEN(least=f"{self.minimum:g}", most=f"{self.maximum:g}")
        if has_least:
            return words.AT_LEAST(least=f"{self.minimum:g}")
        return words.AT_MOST(most=f"{self.maximum:g}") if has_most else words.FINITE()


@dataclass(frozen=True, slots=True)
class Recipe:
    """Training code that the cluster can run."""

    name: str
    title: str
    datasets: tuple[str, ...]
    """Those it can read, each a name or `name@version`, the newest version last; empty when it takes any."""
    parameters: Mapping[str, Parameter]
    code: Code | None = None
    """None for the payload that ships with the bot."""
    is_distributed: bool = False
    """Whether its code knows what to do when it is started once for each of several GPUs."""
    retry: RetryPolicy = RetryPolicy()
    metrics: tuple[str, ...] = ()
    """What it measures, first what it reports while it trains; empty where that is not known."""

    @property
    def dataset_names(self) -> tuple[str, ...]:
        """The datasets it can read, without their versions."""
        return tuple(dict.fromkeys(name.partition("@")[0] for name in self.datasets))

    def versions_of(self, dataset: str) -> tuple[str, ...]:
        """Return the versions of a dataset that it can read, the newest last; empty when there is but one."""
        parts = [name.partition("@") for name in self.datasets]
        return tuple(version for name, _, version in parts if name == dataset and version)

    def read_dataset(self, dataset: str, version: str) -> str:
        """Return the dataset as the code is told it: with the version that was asked for, or the newest there is.

        Raises:
            Refused: the recipe cannot read it, or not that version of it.
        """
        if self.datasets and dataset not in self.dataset_names:
            raise Refused(words.CANNOT_READ(recipe=self.name, dataset=typed(dataset), known=self.dataset_names))
        versions = self.versions_of(dataset)
        if version and not re.fullmatch(VERSION, version):
            raise Refused(words.NO_VERSION(version=typed(version)))
        if version and self.datasets and version not in versions:
            about = {"dataset": dataset, "version": typed(version), "recipe": self.name}
            raise Refused(
                words.VERSION_NOT_READ(**about, known=versions) if versions else words.NO_VERSION_READ(**about)
            )
        chosen = version or (versions[-1] if versions else "")
        return f"{dataset}@{chosen}" if chosen else dataset

    def read_metric(self, name: str) -> str:
        """Return the measure to order runs by: the one named, or the one that it reports while it trains.

        Raises:
            Refused: it is known what the recipe measures, and that is not among it.
        """
        if not name:
            return self.metrics[0] if self.metrics else USUAL_METRIC
        if self.metrics and name not in self.metrics:
            raise Refused(words.NOT_MEASURED(recipe=self.name, measure=typed(name), known=self.metrics))
        return name

    def read_parameters(self, text: str) -> dict[str, Value]:
        """Return all parameters, the given ones such as `epochs=20 learning_rate=0.01` in place of their defaults.

        Raises:
            Refused: a name is unknown or given twice, or a value is not allowed.
        """
        values = {name: parameter.default for name, parameter in self.parameters.items()}
        given: set[str] = set()
        for part in text.replace(",", " ").split():
            name, equals, value = part.partition("=")
            if not equals:
                raise Refused(words.NO_VALUE(parameter=typed(part)))
            if name not in self.parameters:
                known = tuple(self.parameters)
                raise Refused(words.NO_SUCH_PARAMETER(recipe=self.name, parameter=typed(name), known=known))
            if name in given:
                raise Refused(words.PARAMETER_TWICE(parameter=name))
            given.add(name)
            values[name] = self.parameters[name].read(name, value)
        return values


def read_recipes(table: Mapping[str, object]) -> dict[str, Recipe]:
    """Return the recipes of a table as `bot/payload/recipes.json` holds it."""
    recipes = {}
    for name, entry in table.items():
        assert isinstance(entry, dict)
        recipes[name] = Recipe(
            name=name,
            title=str(entry["title"]),
            datasets=tuple(str(dataset) for dataset in entry["datasets"]),
            is_distributed=bool(entry.get("distributed", False)),
            metrics=tuple(str(metric) for metric in entry["metrics"]),
            parameters={
                key: Parameter(
                    kind=str(row["type"]),
                    default=row["default"],
                    minimum=row.get("minimum", -math.inf),
                    maximum=row.get("maximum", math.inf),
                    help=str(row["help"]),
                    choices=tuple(row.get("choices", ())),
                )
                for key, row in entry["parameters"].items()
            },
        )
    return recipes
