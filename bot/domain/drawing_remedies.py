"""The presses that fit how runs ended or what troubles them: alike on a run's card and on the incident about it."""

from collections.abc import Iterator, Mapping, Sequence

from bot.domain.cards import Button, ButtonStyle
from bot.domain.causes import Remedy

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
_HOW = "-# Resume goes on from the last checkpoint; where none was saved, it begins anew."


def remedy_buttons(remedies: Sequence[Remedy], about: str) -> tuple[Button, ...]:
    """Return a button for each remedy, the likeliest standing out."""
    return tuple(
        Button(LABELS[remedy], f"{remedy.value}:{about}", ButtonStyle.SECONDARY if place else ButtonStyle.PRIMARY)
        for place, remedy in enumerate(remedies)
    )


def remedy_words(remedies: Sequence[Remedy]) -> Iterator[str]:
    """Yield what has to be known before one of them is pressed."""
    if _GO_ON.intersection(remedies):
        yield _HOW
