"""Whether a model can be served: what its directory says of it, and a table of what may be missing there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from bot.core.said import Said
from bot.core.text import typed
from bot.core.values import Json
from bot.things.model import words

PACKAGES: Mapping[str, frozenset[str]] = {
    "mlflow==3.17.2": frozenset({"mlflow", "mlflow-skinny", "azureml-mlflow"}),
    "azureml-ai-monitoring==1.0.0": frozenset({"azureml-ai-monitoring"}),
    "azureml-inference-server-http==1.5.1": frozenset({"azureml-inference-server-http", "azureml-defaults"}),
}
"""What Azure ML's server for MLflow models imports before it loads the model, by its pin; any of the names will do.

Azure's own image holds the first and the last as well. The model's environment is to serve by itself, so that what
cannot be installed beside them is found before an endpoint is.

Source:
    Azure/azureml-assets, mlflow-py312-inference; Azure/azureml-examples pull requests 3904, 3923, 4008, 4031.
"""
MOST_ROWS = 20
"""Of an example; further ones are left out."""
SHOWN = 5
"""Columns that are named; of more their number is."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in split form, the one form that every server of MLflow models takes."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """What a model's directory says of itself. Complaints say why a part cannot be read."""

    is_there: bool = True
    """Whether there is an MLmodel file at all."""
    complaint: Said | None = None
    """Of MLmodel itself; then nothing else is known."""
    flavors: frozenset[str] = frozenset()
    has_signature: bool = False
    columns: Sequence[str] | None = None
    """That the signature requires; None when it speaks of tensors."""
    has_example: bool = False
    example: Table | None = None
    """None when it is no table."""
    example_complaint: Said | None = None
    packages: frozenset[str] = frozenset()
    """Names of what the environment lists, in the form of PEP 503."""
    environment_complaint: Said | None = None


NOT_THERE = ModelDescription(is_there=False)


def findings(model: ModelDescription) -> tuple[Said, ...]:
    """Return what keeps the model from being served, each with what to do; empty when nothing does."""
    if not model.is_there:
        return (words.NO_MODEL(),)
    if model.complaint:
        return (words.UNREADABLE(complaint=model.complaint),)
    return tuple(said for rule in _RULES if (said := rule(model)))


def sentence(found: Sequence[Said]) -> Said:
    """Return all findings as one cause."""
    return words.NOT_SERVABLE(findings=reduce(lambda before, one: words.ALSO(found=before, more=one), found))


def _flavor(model: ModelDescription) -> Said | None:
    if "python_function" in model.flavors:
        return None
    flavors = [typed(one) for one in sorted(model.flavors)[:SHOWN]]
    return words.OTHER_FLAVORS(flavors=flavors) if flavors else words.NO_FLAVOR()


def _signature(model: ModelDescription) -> Said | None:
    if not model.has_signature:
        return words.NO_SIGNATURE()
    return words.OF_TENSORS() if model.columns is None else None


def _example(model: ModelDescription) -> Said | None:
    if not model.has_example:
        return words.NO_EXAMPLE()
    if model.example_complaint:
        return words.EXAMPLE_UNREADABLE(complaint=model.example_complaint)
    return words.EXAMPLE_NO_TABLE() if model.example is None or not model.example.rows else None


def _columns(model: ModelDescription) -> Said | None:
    if model.columns is None or model.example is None:
        return None
    known = set(model.example.columns)
    lacking = [typed(name) for name in model.columns if name not in known]
    if len(lacking) > SHOWN:
        return words.LACKS_MORE_COLUMNS(columns=lacking[:SHOWN], count=len(lacking) - SHOWN)
    return words.LACKS_COLUMNS(columns=lacking) if lacking else None


def _environment(model: ModelDescription) -> Said | None:
    if model.environment_complaint:
        return words.ENVIRONMENT_UNREADABLE(complaint=model.environment_complaint)
    lacking = [pin for pin, names in PACKAGES.items() if not names & model.packages]
    return words.LACKS_PACKAGES(pins=lacking) if lacking else None


_RULES: tuple[Callable[[ModelDescription], Said | None], ...] = (_flavor, _signature, _example, _columns, _environment)


def as_table(example: Json) -> Table | None:
    """Return an input example as MLflow stores it, in split form or as records, or None when it is no table."""
    if isinstance(example, dict):
        example = example.get("dataframe_split", example.get("dataframe_records", example))
    match example:
        case {"columns": [*columns], "data": [*rows]} if all(_is_row(row, len(columns)) for row in rows):
            return Table([str(name) for name in columns], [row for row in rows if isinstance(row, list)][:MOST_ROWS])
        case [dict(), *_] as held:
            records = [row for row in held[:MOST_ROWS] if isinstance(row, dict)]
            names = list(dict.fromkeys(name for row in records for name in row))
            rows_by_name: list[list[Json]] = [[row.get(name) for name in names] for row in records]
            return Table(names, rows_by_name)
    return None


def _is_row(row: Json, width: int) -> bool:
    return isinstance(row, list) and len(row) == width
