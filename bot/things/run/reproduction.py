"""Whether a repeated run came out as the first: equal to the bit, within tolerance, or what differs."""

from collections.abc import Mapping

from bot.things.run.model import Run

TOLERANCE = 0.005
"""Share by which a measure may differ on other hardware. Source: docs/adr/0009-reproduction.md."""
MADE_OF = ("code", "dataset", "parameters", "seed")
"""Parts of the fingerprint that have to be equal for the runs to be the same experiment."""


def compared(first: Run, again: Run) -> str:
    """Return the verdict on `again`, which repeats `first`, in a sentence."""
    before, after = first.fingerprint or {}, again.fingerprint or {}
    changed = _changed(first, again)
    if changed:
        return f"⚠️ It is not the same experiment: {'; '.join(changed)}."
    if before.get("weights") and before.get("weights") == after.get("weights"):
        return "✅ Equal to the bit: the final weights are the same."
    if first.model_digest and first.model_digest == again.model_digest:
        return "✅ Equal to the bit: the models' files are the same."
    unsaid = [name for name in MADE_OF[:2] if not (before.get(name) and after.get(name))]
    unknown = f" Its code does not say whether the {' and the '.join(unsaid)} changed." if unsaid else ""
    if unhashed := after.get("unhashed") or before.get("unhashed"):
        unknown += f" The code in {after.get('folder')} was not hashed: {unhashed}."
    measures = _differing(first.metrics or {}, again.metrics or {})
    place = [
        f"{name.removeprefix('environment.')} was {before.get(name)} and is {after.get(name)}"
        for name in sorted(before.keys() | after.keys())
        if name.startswith("environment.") and before.get(name) != after.get(name)
    ]
    where = f" ({'; '.join(place)})" if place else ""
    if not measures:
        return f"✅ Within tolerance: every quality measure is within {TOLERANCE:.1%}{where}.{unknown}"
    return f"⚠️ It differs: {'; '.join(measures)}{where}.{unknown}"


def _changed(first: Run, again: Run) -> list[str]:
    """Return in words what is known to be of another experiment."""
    before, after = first.fingerprint or {}, again.fingerprint or {}
    is_own = "recipe" in before.keys() | after.keys()  # of own code what it does not tell is not known
    told = before.keys() & after.keys() if is_own else set(MADE_OF)
    if ("folder" in before) != ("folder" in after):  # what hashed the code of one did not hash that of the other
        told = told - {"code"}
    other = [name for name in MADE_OF if name in told and before.get(name) != after.get(name)]
    said = []
    if "code" in other and (folder := after.get("folder")):
        other.remove("code")
        said.append(f"the code in {folder} differs from what RUN-{first.number} ran")
    if "recipe" in before.keys() & after.keys() and before["recipe"] != after["recipe"]:  # not told of older runs
        other.append("the recipe's command or surroundings")
    return [*said, *([f"{', '.join(other)} changed"] if other else [])]


def _differing(before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
    return [
        f"{name} {value:.4g} → {after[name]:.4g}" if name in after else f"{name} {value:.4g} → not measured"
        for name, value in before.items()
        if not name.endswith(("_ms", "_s", "_bytes")) and not _is_close(value, after.get(name))
    ]


def _is_close(value: float, other: float | None) -> bool:
    return other is not None and (value == other or abs(other - value) <= TOLERANCE)  # never close to NaN
