"""What is declared of a worker's functions is what they are: the side that calls them never imports them."""

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

ADAPTERS = Path(__file__).parents[2] / "bot" / "adapters"
SIDES = {"azure": "endpoints", "mlflow": "registry", "evidently": "meter", "matplotlib": "charts"}

if TYPE_CHECKING:
    from bot.adapters.azure import endpoints
    from bot.adapters.azure import worker as azure
    from bot.adapters.evidently import meter
    from bot.adapters.evidently import worker as evidently
    from bot.adapters.matplotlib import charts
    from bot.adapters.matplotlib import worker as matplotlib
    from bot.adapters.mlflow import registry
    from bot.adapters.mlflow import worker as mlflow

    azure_does: endpoints._Work = azure
    mlflow_does: registry._Work = mlflow
    evidently_does: meter._Work = evidently
    matplotlib_does: charts._Work = matplotlib


@pytest.mark.parametrize(("package", "side"), SIDES.items())
def test_each_declared_function_is_there(package: str, side: str) -> None:
    """By its name; that the types agree is mypy's to say, of the assignments above."""
    declared = next(
        node for node in ast.walk(_tree(package, side)) if isinstance(node, ast.ClassDef) and node.name == "_Work"
    )
    names = {node.name for node in declared.body if isinstance(node, ast.FunctionDef)}
    there = {node.name for node in _tree(package, "worker").body if isinstance(node, ast.FunctionDef)}

    assert names
    assert set() == names - there


def _tree(package: str, module: str) -> ast.Module:
    return ast.parse((ADAPTERS / package / f"{module}.py").read_text(encoding="utf-8"))
