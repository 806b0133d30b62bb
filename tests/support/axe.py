"""axe-core on a page: what keeps people from using it, as far as a machine can tell."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import DESK, PHONE

GRAVE = ("serious", "critical")
AGAIN = pytest.mark.repetition
WIDTHS = pytest.mark.parametrize("viewport", [DESK, pytest.param(PHONE, marks=AGAIN)], ids=["desk", "phone"])
"""Of what is laid out alike at both widths: contrast and names are the same then."""


def widths_of(names: Iterable[str], *, on_phone: str) -> list[Any]:
    """Return (viewport, name) for each name at both widths; on a phone all but one are repetitions."""
    at_desk = [pytest.param(DESK, name, id=f"{name}-desk") for name in names]
    marks = {name: () if name == on_phone else AGAIN for name in names}
    return at_desk + [pytest.param(PHONE, name, id=f"{name}-phone", marks=marks[name]) for name in names]


@cache
def _script() -> str:
    import axe_playwright_python  # noqa: PLC0415 - only where there is a browser

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def blemishes(page: Any) -> list[str]:
    """Return what is serious or critical on the page as it stands, a line for each rule and place."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_script())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
