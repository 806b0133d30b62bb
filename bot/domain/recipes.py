"""A recipe: training code with its parameters as data, so that a request can be checked before it is sent."""

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from bot.core.values import Json
from bot.domain.text import quoted
from bot.errors import Refused

Value = int | float | str | bool
"""Of a parameter."""
_KINDS_SAID = {"bool": "true or false", "path": "a path", "str": "a word"}
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
    """Classes of `bot.domain.causes.Cause`."""
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
                raise Refused(f"The parameter `{name}` must be `true` or `false`; {quoted(text)} is not.")
            return text.lower() == "true"
        if self.kind == "choice" and text not in self.choices:
            known = ", ".join(f"`{choice}`" for choice in self.choices)
            raise Refused(f"The parameter `{name}` must be one of {known}; {quoted(text)} is not.")
        if self.kind == "path" and text and not _PATH.fullmatch(text):
            raise Refused(f"The parameter `{name}` must be an absolute path on the cluster; {quoted(text)} is not.")
        return text

    def _number(self, name: str, text: str) -> int | float:
        try:
            value = int(text) if self.kind == "int" else float(text)
        except ValueError:
            a_kind = "a whole number" if self.kind == "int" else "a number"
            raise Refused(f"The parameter `{name}` must be {a_kind}; {quoted(text)} is not.") from None
        is_finite = isinstance(value, int) or math.isfinite(value)  # an int may be too long to be asked
        if not (is_finite and self.minimum <= value <= self.maximum):
            raise Refused(f"The parameter `{name}` must be {self.range_said}; {quoted(text)} is out of range.")
        return value

    @property
    def allowed_said(self) -> str:
        """What it takes, in words."""
        return self.range_said if self.is_number else ", ".join(self.choices) or _KINDS_SAID[self.kind]

    @property
    def range_said(self) -> str:
        """What numbers it takes, in words."""
        has_least, has_most = math.isfinite(self.minimum), math.isfinite(self.maximum)
        if has_least and has_most:
            return f"between {self.minimum:g} and {self.maximum:g}"
        if has_least or has_most:
            return f"at least {self.minimum:g}" if has_least else f"at most {self.maximum:g}"
        return "a finite number"


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
            raise Refused(
                f"The recipe `{self.name}` cannot read the dataset {quoted(dataset)}; "
                f"it reads {', '.join(self.dataset_names)}."
            )
        versions = self.versions_of(dataset)
        if version and not re.fullmatch(VERSION, version):
            raise Refused(f"{quoted(version)} is no version of a dataset; use letters, digits, dots and hyphens.")
        if version and self.datasets and version not in versions:
            known = f"there is {', '.join(f'`{one}`' for one in versions)}" if versions else "it has no versions"
            raise Refused(
                f"The dataset `{dataset}` has no version {quoted(version)} that `{self.name}` reads; {known}."
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
            known = ", ".join(f"`{known}`" for known in self.metrics)
            raise Refused(f"The recipe `{self.name}` does not measure {quoted(name)}; it measures {known}.")
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
                raise Refused(f"The parameter {quoted(part)} has no value; write it as `epochs=20`.")
            if name not in self.parameters:
                known = ", ".join(f"`{known}`" for known in self.parameters)
                raise Refused(f"The recipe `{self.name}` has no parameter {quoted(name)}; it has {known}.")
            if name in given:
                raise Refused(f"The parameter `{name}` is given twice; state it once.")
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
