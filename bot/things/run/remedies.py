"""The presses that fit how runs ended or what troubles them: alike on a run's card and on the incident about it."""

from collections.abc import Iterable, Mapping

from bot.core.cards import ButtonStyle
from bot.core.said import Phrase, Said
from bot.core.values import Ref
from bot.core.view import Offer
from bot.things.run import words
from bot.things.run.causes import Remedy

LABELS: Mapping[Remedy, Phrase] = {
    Remedy.RETRY: words.RETRY,
    Remedy.MORE_MEMORY: words.WITH_MORE_MEMORY,
    Remedy.MORE_TIME: words.WITH_MORE_TIME,
    Remedy.RESUME: words.FROM_CHECKPOINT,
    Remedy.EXCLUDE_NODE: words.ON_ANOTHER_NODE,
    Remedy.STOP: words.SAVE_AND_STOP,
    Remedy.CANCEL: words.CANCEL_RUN,
}
_GO_ON = frozenset({Remedy.MORE_MEMORY, Remedy.MORE_TIME, Remedy.RESUME, Remedy.EXCLUDE_NODE})


def offers(remedies: Iterable[Remedy], about: Ref, counts: Mapping[Remedy, int] | None = None) -> tuple[Offer, ...]:
    """Return a press for each remedy, the likeliest standing out; of a sweep with how many of its runs it fits."""
    return tuple(
        Offer(_label(remedy, counts), f"{remedy.value}:{about}", _STYLES[min(place, 1)])
        for place, remedy in enumerate(remedies)
    )


_STYLES = (ButtonStyle.PRIMARY, ButtonStyle.SECONDARY)


def _label(remedy: Remedy, counts: Mapping[Remedy, int] | None) -> Said:
    label = LABELS[remedy]()
    return words.REMEDY_FOR(remedy=label, count=counts[remedy]) if counts else label


def hints(remedies: Iterable[Remedy]) -> tuple[Said, ...]:
    """Return what has to be known before one of them is pressed."""
    return (words.HOW_TO_RESUME(),) if _GO_ON.intersection(remedies) else ()
