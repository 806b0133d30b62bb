"""A recipe as people write it: a table of the config file, or a file that is registered."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from bot.core.text import typed
from bot.errors import Refused
from bot.section import TAG, Section, Wrong
from bot.things.recipe import words
from bot.things.recipe.code import check_code
from bot.things.recipe.recipe import VERSION, Code, Environment, Parameter, Recipe, RetryPolicy
from bot.things.run.causes import NOT_FAILED, Cause

Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")]
"""Of a recipe or a parameter."""
Dataset = Annotated[str, Field(pattern=rf"^[a-z][a-z0-9_]{{0,39}}(@{VERSION})?$")]
"""A name, or `name@version`."""


class ParameterTable(Section):
    """One parameter of a recipe."""

    type: Literal["int", "float", "bool", "choice", "path", "str"] = "float"
    default: bool | int | float | str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    help: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _default_is_allowed(self, info: ValidationInfo) -> Self:
        values = (self.default, *self.choices) if isinstance(self.default, str) else self.choices
        cannot_be_typed = next((word for word in values if re.search(r"[\s,]", word)), None)
        if cannot_be_typed is not None and info.mode != "json":  # what is registered is read as it was
            raise Wrong(words.CANNOT_BE_TYPED(value=typed(cannot_be_typed)))
        try:
            self.parameter()
        except Refused as refusal:
            raise Wrong(refusal.said) from None
        return self

    def parameter(self) -> Parameter:
        """Return it as the domain has it, its default as the code will be told it."""
        least = -math.inf if self.minimum is None else self.minimum
        most = math.inf if self.maximum is None else self.maximum
        parameter = Parameter(self.type, self.default, least, most, self.help, self.choices)
        return replace(parameter, default=parameter.read("default", str(self.default)))


class EnvironmentTable(Section):
    """What is set up before the command runs."""

    modules: tuple[str, ...] = ()
    venv: str = ""
    conda: str = ""
    image: str = ""


class RetryTable(Section):
    """When a failed run is tried again without being asked."""

    causes: tuple[Cause, ...] = ()
    limit: int = Field(default=0, ge=0, le=10)
    wait_min: float = Field(default=1.0, ge=0, le=24 * 60)

    @field_validator("causes")
    @classmethod
    def _causes_are_of_failures(cls, causes: tuple[Cause, ...], info: ValidationInfo) -> tuple[Cause, ...]:
        inert = [cause.value for cause in causes if cause in NOT_FAILED]
        if inert and info.mode != "json":  # what was registered before this was checked is read as it was
            raise Wrong(words.NO_FAILURE(cause=inert[0]))
        return causes

    def policy(self) -> RetryPolicy:
        """Return it as the domain has it."""
        return RetryPolicy(tuple(cause.value for cause in self.causes), self.limit, self.wait_min)


class PolicyTable(Section):
    """What may be said of a recipe that ships with the bot."""

    retry: RetryTable


class RecipeTable(Section):
    """A team's own training code."""

    title: Annotated[str, Field(min_length=1, max_length=100)]
    command: tuple[str, ...]
    """`{spec}` in it stands for the path of spec.json."""
    folder: str = ""
    repository: str = ""
    commit: str = ""
    datasets: tuple[Dataset, ...] = ()
    parameters: Mapping[Name, ParameterTable] = {}
    environment: EnvironmentTable = EnvironmentTable()
    distributed: bool = False
    retry: RetryTable = RetryTable()

    @model_validator(mode="after")
    def _code_can_be_found(self, info: ValidationInfo) -> Self:
        if info.mode == "json":  # so is what was registered; it is checked again when it is sent
            return self
        try:
            check_code(self.code())
        except Refused as refusal:
            raise Wrong(refusal.said) from None
        return self

    def code(self) -> Code:
        """Return where the code is and how it is started."""
        where = Environment(**self.environment.model_dump())
        return Code(self.command, self.folder, self.repository, self.commit, where)

    def recipe(self, name: str) -> Recipe:
        """Return it as the domain has it, under this name."""
        return Recipe(
            name=name,
            title=self.title,
            datasets=self.datasets,
            parameters={key: table.parameter() for key, table in self.parameters.items()},
            code=self.code(),
            is_distributed=self.distributed,
            retry=self.retry.policy(),
        )


def _sort_of(table: object) -> str:
    return f"{TAG}policy" if isinstance(table, PolicyTable) or _has_only_a_policy(table) else f"{TAG}recipe"


def _has_only_a_policy(table: object) -> bool:
    return isinstance(table, Mapping) and table.keys() == {"retry"}


ConfigTable = Annotated[
    Annotated[RecipeTable, Tag(f"{TAG}recipe")] | Annotated[PolicyTable, Tag(f"{TAG}policy")], Discriminator(_sort_of)
]
"""A table of the config file: a recipe, or for one that ships its policy."""
