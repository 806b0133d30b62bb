"""axe-core on a page: what keeps people from using it, as far as a machine can tell."""

from functools import cache
from pathlib import Path
from typing import Any

GRAVE = ("serious", "critical")


@cache
def _script() -> str:
    import axe_playwright_python  # noqa: PLC0415 - only where there is a browser

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def blemishes(page: Any) -> list[str]:
    """Return what is serious or critical on the page as it stands, a line for each rule and place."""
    page.evaluate(_script())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
