"""Whether a model can be served: what its directory says of it, and a table of what may be missing there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.core.text import quoted
from bot.core.values import Json

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
NEXT_STEP = (
    "Have the training code write what is missing (`docs/creator.md` lists what a model needs); launch it again."
)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in split form, the one form that every server of MLflow models takes."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """What a model's directory says of itself. Complaints say why a part cannot be read; empty where it can."""

    is_there: bool = True
    """Whether there is an MLmodel file at all."""
    complaint: str = ""
    """Of MLmodel itself; then nothing else is known."""
    flavors: frozenset[str] = frozenset()
    has_signature: bool = False
    columns: Sequence[str] | None = None
    """That the signature requires; None when it speaks of tensors."""
    has_example: bool = False
    example: Table | None = None
    """None when it is no table."""
    example_complaint: str = ""
    packages: frozenset[str] = frozenset()
    """Names of what the environment lists, in the form of PEP 503."""
    environment_complaint: str = ""


NOT_THERE = ModelDescription(is_there=False)


def findings(model: ModelDescription) -> tuple[str, ...]:
    """Return what keeps the model from being served, each with what to do; empty when nothing does."""
    if not model.is_there:
        return (_NO_MODEL,)
    if model.complaint:
        return (f"`model/MLmodel` cannot be read: {model.complaint}; let MLflow write it.",)
    return tuple(said for rule in _RULES if (said := rule(model)))


_NO_MODEL = (
    "`model/` has no MLmodel file, so it is no MLflow model; save it into `model/` itself with MLflow "
    "(`mlflow.pyfunc.save_model`, `mlflow.sklearn.save_model`, …)."
)


def sentence(found: Sequence[str]) -> str:
    """Return all findings as one cause."""
    return f"Its model cannot be served: {' '.join(found)}"


def _flavor(model: ModelDescription) -> str:
    if "python_function" in model.flavors:
        return ""
    has = f" (it has {', '.join(map(quoted, sorted(model.flavors)[:SHOWN]))})" if model.flavors else ""
    return f"It has no `python_function` flavour{has}; save it with a flavour of MLflow's that can be served as one."


def _signature(model: ModelDescription) -> str:
    if not model.has_signature:
        return "It has no signature; give `signature=infer_signature(inputs, outputs)` as it is saved."
    if model.columns is None:
        return "Its signature is of tensors; give one of named columns, as `infer_signature` makes of a DataFrame."
    return ""


def _example(model: ModelDescription) -> str:
    if not model.has_example:
        return "It has no input example, with which it is tried before it serves; give `input_example=` a DataFrame."
    if model.example_complaint:
        return f"Its input example cannot be read: {model.example_complaint}."
    if model.example is None or not model.example.rows:
        return "Its input example is not a table with rows; give `input_example=` a DataFrame of one row or more."
    return ""


def _columns(model: ModelDescription) -> str:
    if model.columns is None or model.example is None:
        return ""
    known = set(model.example.columns)
    lacking = [quoted(name) for name in model.columns if name not in known]
    if not lacking:
        return ""
    more = f" and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
    return f"Its input example lacks {', '.join(lacking[:SHOWN])}{more}, which its signature requires."


def _environment(model: ModelDescription) -> str:
    if model.environment_complaint:
        return f"Its environment cannot be read: {model.environment_complaint}; let MLflow write `conda.yaml`."
    lacking = [f"`{pin}`" for pin, names in PACKAGES.items() if not names & model.packages]
    if not lacking:
        return ""
    return (
        f"Its `conda.yaml` lacks {', '.join(lacking)}, without which Azure's server for MLflow models does not start; "
        "add `extra_pip_requirements=` as it is saved."
    )


_RULES: tuple[Callable[[ModelDescription], str], ...] = (_flavor, _signature, _example, _columns, _environment)


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
