"""The dataset `docstrings`: what scikit-learn's code says of itself, labelled by what that code is and does.

Legend: N rows, T words (the first of a text), C classes.
"""

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from library import package

AREAS = (
    "cluster", "decomposition", "ensemble", "feature_extraction", "gaussian_process", "linear_model", "metrics",
    "model_selection", "neighbors", "preprocessing",
)  # fmt: skip
"""Packages of scikit-learn with enough text."""
KINDS = ("class", "function", "method")
ACTS = ("raises", "returns")
LABELS = (*AREAS, *KINDS, *ACTS)
LEAST_WORDS = 8
BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
"""Where a statement holds others, in the order in which they stand."""


@dataclass(frozen=True)
class Text:
    """One docstring."""

    text: str
    labels: frozenset[str]


def docstrings() -> list[Text]:
    """Return the docstrings, each with its package, its kind, and whether its code raises and returns something.

    The labels are read from the code, not from the text; a text that stands in several places has the labels of all,
    and counts once, so that no test row was trained on. Another version of scikit-learn is another dataset.

    Raises:
        Problem: DATA_MISSING, when scikit-learn is not there.
    """
    root = package("docstrings")
    labels_of: dict[str, frozenset[str]] = {}
    for area in AREAS:
        for path in sorted((root / area).rglob("*.py")):
            if "tests" not in path.relative_to(root).parts:
                for text, labels in _texts_of(path.read_text(encoding="utf-8"), area):
                    labels_of[text] = labels_of.get(text, frozenset()) | labels
    return [Text(text, labels) for text, labels in labels_of.items()]


def _texts_of(code: str, area: str) -> Iterator[tuple[str, frozenset[str]]]:
    statements = list(_statements(ast.parse(code)))
    methods = {member for node in statements if isinstance(node, ast.ClassDef) for member in node.body}
    for node in statements:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            text = " ".join((ast.get_docstring(node) or "").split())
            if len(text.split()) >= LEAST_WORDS:
                is_class = isinstance(node, ast.ClassDef)
                kind = "class" if is_class else "method" if node in methods else "function"
                yield text, frozenset({area, kind, *_acts(node)})


def _statements(outer: ast.AST) -> Iterator[ast.AST]:
    """Return it and all statements in it, level by level; expressions, which are most of a tree, hold none."""
    waiting = deque([outer])
    while waiting:
        node = waiting.popleft()
        waiting.extend(inner for block in BLOCKS for inner in getattr(node, block, ()))
        yield node


def _acts(node: ast.ClassDef | ast.FunctionDef) -> Iterator[str]:
    inside = list(_statements(node))
    if any(isinstance(part, ast.Raise) for part in inside):
        yield "raises"
    if isinstance(node, ast.FunctionDef) and any(isinstance(part, ast.Return) and part.value for part in inside):
        yield "returns"
