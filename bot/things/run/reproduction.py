"""Whether a repeated run came out as the first: equal to the bit, within tolerance, or what differs."""

from collections.abc import Mapping, Sequence

from bot.core.said import Phrase, Said
from bot.things.run import reproduction_words as words
from bot.things.run.model import Run

TOLERANCE = 0.005
"""Share by which a measure may differ on other hardware. Source: docs/adr/0009-reproduction.md."""
MADE_OF: Mapping[str, Phrase] = {
    "code": words.CODE,
    "dataset": words.DATASET,
    "parameters": words.PARAMETERS,
    "seed": words.SEED,
}
"""Parts of the fingerprint that have to be equal for the runs to be the same experiment."""
_TOLD_BY_ITS_CODE: Mapping[str, Phrase] = {"code": words.THE_CODE, "dataset": words.THE_DATASET}
NOTHING = "–"
"""Where one of the two tells nothing."""


def compared(first: Run, again: Run) -> Said:
    """Return the verdict on `again`, which repeats `first`."""
    before, after = first.fingerprint or {}, again.fingerprint or {}
    if changes := _changed(first, again):
        return words.OTHER_EXPERIMENT(changes=changes)
    if before.get("weights") and before.get("weights") == after.get("weights"):
        return words.SAME_WEIGHTS()
    if first.model_digest and first.model_digest == again.model_digest:
        return words.SAME_FILES()
    sentences = [_outcome(_differing(first.metrics or {}, again.metrics or {}), _places(before, after))]
    if unsaid := [said() for name, said in _TOLD_BY_ITS_CODE.items() if not (before.get(name) and after.get(name))]:
        sentences.append(words.UNSAID(parts=unsaid))
    if unhashed := after.get("unhashed") or before.get("unhashed"):
        sentences.append(words.UNHASHED(folder=after.get("folder", ""), complaint=unhashed))
    return words.VERDICT(sentences=sentences)


def _outcome(measures: Sequence[Said], places: Sequence[Said]) -> Said:
    if measures:
        if places:
            return words.DIFFERS_ELSEWHERE(measures=measures, places=places)
        return words.DIFFERS(measures=measures)
    if places:
        return words.WITHIN_ELSEWHERE(tolerance=TOLERANCE, places=places)
    return words.WITHIN(tolerance=TOLERANCE)


def _places(before: Mapping[str, str], after: Mapping[str, str]) -> list[Said]:
    """Return what is different about where the two ran."""
    return [
        words.WAS_AND_IS(
            name=name.removeprefix("environment."), before=before.get(name, NOTHING), after=after.get(name, NOTHING)
        )
        for name in sorted(before.keys() | after.keys())
        if name.startswith("environment.") and before.get(name) != after.get(name)
    ]


def _changed(first: Run, again: Run) -> list[Said]:
    """Return what is known to be of another experiment."""
    before, after = first.fingerprint or {}, again.fingerprint or {}
    is_own = "recipe" in before.keys() | after.keys()  # of own code what it does not tell is not known
    told = before.keys() & after.keys() if is_own else set(MADE_OF)
    if ("folder" in before) != ("folder" in after):  # what hashed the code of one did not hash that of the other
        told = told - {"code"}
    other = [name for name in MADE_OF if name in told and before.get(name) != after.get(name)]
    said = []
    if "code" in other and (folder := after.get("folder")):
        other.remove("code")
        said.append(words.CODE_DIFFERS(folder=folder, run=first.ref))
    parts = [MADE_OF[name]() for name in other]
    if "recipe" in before.keys() & after.keys() and before["recipe"] != after["recipe"]:  # not told of older runs
        parts.append(words.RECIPE())
    return [*said, *([words.CHANGED(parts=parts)] if parts else [])]


def _differing(before: Mapping[str, float], after: Mapping[str, float]) -> list[Said]:
    return [
        words.MEASURED(measure=name, before=value, after=after[name])
        if name in after
        else words.NOT_MEASURED(measure=name, before=value)
        for name, value in before.items()
        if not name.endswith(("_ms", "_s", "_bytes")) and not _is_close(value, after.get(name))
    ]


def _is_close(value: float, other: float | None) -> bool:
    return other is not None and (value == other or abs(other - value) <= TOLERANCE)  # never close to NaN
