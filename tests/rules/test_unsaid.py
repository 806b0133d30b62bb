"""The list of modules with sentences of their own only gets shorter."""

import ast

from bot.errors import NotFound, NotPermitted, Refused, WrongStage
from tests.support.unsaid import LIST, listed, modules

REFUSALS = {one.__name__ for one in (Refused, NotFound, NotPermitted, WrongStage)}


def test_no_module_has_more_sentences_of_its_own_than_are_listed():
    """What is new is a phrase in a `words.py`; what became one leaves the list with `make docs`."""
    assert LIST.read_text(encoding="utf-8").splitlines() == listed().splitlines()


def test_every_refusal_is_a_phrase():
    """So that the one who acted reads it in their language; `Misconfigured` is for operators."""
    found = [
        f"{name}:{node.lineno}"
        for name, path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS
        if not node.args or isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]

    assert [] == found
