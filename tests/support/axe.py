"""axe-core on a page: what keeps people from using it, as far as a machine can tell."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import DESK, PHONE

LIGHTER = ["minor", "moderate"]
"""Rules of this impact are not run, as what they find is not asked for."""
AGAIN = pytest.mark.repetition
WIDTHS = pytest.mark.parametrize("viewport", [DESK, pytest.param(PHONE, marks=AGAIN)], ids=["desk", "phone"])
"""Of what is laid out alike at both widths: contrast and names are the same then. Cards are looked at at both."""


@cache
def _script() -> str:
    import axe_playwright_python  # noqa: PLC0415 - only where there is a browser

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


FOUND = """([place, lighter]) => axe.run(place ? { include: [[place]] } : document, {
    rules: Object.fromEntries(
        axe._audit.rules.filter(({ impact }) => lighter.includes(impact)).map(({ id }) => [id, { enabled: false }])),
    resultTypes: ["violations"], preload: false,
}).then(({ violations }) => violations.flatMap(({ id, impact, nodes }) => nodes.map(
    ({ target, failureSummary }) => `${id} (${impact}): ${target} ${failureSummary}`)))"""


def blemishes(page: Any, *, within: str | None = None) -> list[str]:
    """Return what is serious or critical on the page as it stands, or in a part of it: a line for each rule and place.

    A part is enough where the rest is as it was when the whole was looked at; what only a whole page has, such as a
    title and a language, is looked at with the whole.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_script())
    found: list[str] = page.evaluate(FOUND, [within, LIGHTER])
    return found
