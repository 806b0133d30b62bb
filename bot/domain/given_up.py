"""What was given up and can be asked for again: how an incident names it, so that its button knows what to do."""

from bot.core.kind import Effect
from bot.core.values import Kind, Ref
from bot.domain.lifecycle import GIVE_UP

_ASKED_AGAIN = {effect.value: effect for effect, ending in GIVE_UP.items() if ending is None}
"""Others end their thing, which then has a way on of its own."""
TRY_AGAIN_STEP = "Mend what the cause names, then press **Try again**."
_KINDS = {kind.value: kind for kind in Kind}


def name_of(about: Ref, effect: Effect) -> str:
    """Return what an incident about the given-up effect is about, as in `RUN-3 registry.record`."""
    return f"{about} {effect.value}"


def named(about: str) -> tuple[Ref, Effect] | None:
    """Return the thing and the effect that an incident names, or None when it is about something else."""
    thing, _, effect = about.partition(" ")
    kind, _, number = thing.partition("-")
    if effect not in _ASKED_AGAIN or kind not in _KINDS or not number.isdecimal():
        return None
    return Ref(_KINDS[kind], int(number)), _ASKED_AGAIN[effect]
