"""Which modules still have sentences of their own: the list only gets shorter. `make docs` writes it anew."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "tests" / "rules" / "unsaid.txt"
FOLDERS = ("bot", "cogs", "jobs")
APART = (
    "bot/payload/",
    "bot/suites/",
    "bot/adapters/",
    "bot/checkup.py",
    "bot/proof.py",
    "bot/__main__.py",
    "bot/config.py",
    "bot/section.py",
)
"""What is read by operators in a log or a terminal and by programs, and what runs on the cluster."""
HEAD = "# Sentences of each module that are text and not phrases yet. It only gets shorter; `make docs` writes it.\n"
_SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
_FOR_PROGRAMMERS = {"TypeError", "ValueError", "AssertionError", "RuntimeError"}


def listed() -> str:
    """Return the list as the code has it."""
    counts = {name: count for name, path in modules() if (count := len(list(sentences(path))))}
    return HEAD + "".join(f"{count} {name}\n" for name, count in sorted(counts.items()))


def modules() -> Iterator[tuple[str, Path]]:
    """Yield all modules whose words may reach people in Discord."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(APART) and not path.name.endswith(("words.py", "sample.py")):
                yield name, path


def sentences(path: Path) -> Iterator[str]:
    """Yield literals with two words in a row, but for docstrings, logs and what programmers are told."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = {id(inner) for node in ast.walk(tree) if _is_left_out(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in left_out else None
        if isinstance(text, str) and _SENTENCE.search(text):
            yield text


def _is_left_out(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # docstrings, also those below a name
        return True
    if isinstance(node, ast.Assert) or (isinstance(node, ast.keyword) and node.arg == "description"):
        return True
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Attribute):  # what commands show is proven by the catalogue of their texts
        return called.attr == "describe" or (isinstance(called.value, ast.Name) and called.value.id == "log")
    return isinstance(called, ast.Name) and called.id in _FOR_PROGRAMMERS


if __name__ == "__main__":
    LIST.write_text(listed(), encoding="utf-8")
