"""The presses that fit how runs ended or what troubles them: alike on a run's card and on the incident about it."""

from collections.abc import Iterator, Mapping

from bot.core.cards import Button, ButtonStyle
from bot.core.values import Ref
from bot.domain.drawing_parts import View
from bot.things.run.causes import Remedy

LABELS: Mapping[Remedy, str] = {
    Remedy.RETRY: "Retry from the beginning",
    Remedy.MORE_MEMORY: "Resume with twice the memory",
    Remedy.MORE_TIME: "Resume with twice the time",
    Remedy.RESUME: "Resume from checkpoint",
    Remedy.EXCLUDE_NODE: "Resume on another node",
    Remedy.STOP: "Save and stop",
    Remedy.CANCEL: "Cancel the run",
}
_GO_ON = frozenset({Remedy.MORE_MEMORY, Remedy.MORE_TIME, Remedy.RESUME, Remedy.EXCLUDE_NODE})
HOW = "-# Resume goes on from the last checkpoint; where none was saved, it begins anew."


def remedy_buttons(view: View, about: Ref) -> tuple[Button, ...]:
    """Return a button for each remedy, the likeliest standing out; on a sweep's with how many of its runs it fits."""
    return tuple(
        Button(
            LABELS[remedy] + _of(view.remedy_counts, remedy),
            f"{remedy.value}:{about}",
            ButtonStyle.SECONDARY if place else ButtonStyle.PRIMARY,
        )
        for place, remedy in enumerate(view.remedies)
    )


def _of(counts: Mapping[Remedy, int] | None, remedy: Remedy) -> str:
    if not counts:
        return ""
    return f" · {counts[remedy]} run{'s' if counts[remedy] > 1 else ''}"


def remedy_words(view: View) -> Iterator[str]:
    """Yield what has to be known before one of them is pressed."""
    if _GO_ON.intersection(view.remedies):
        yield HOW
