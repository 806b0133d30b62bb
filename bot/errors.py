"""Every error of ours, in one tree.

SlipwayError
├── Refused                a sentence for people: what, which, what now
│   ├── NotFound           no such thing
│   ├── NotPermitted       the wrong duty, or one's own work
│   └── WrongStage         the thing has moved on; a second press, a stale button
├── Misconfigured          a setting that cannot be used; shown at the start and by `check`
├── Unfinished             what was begun outside goes on there; to be looked at again
├── NotItsTurn             others must end first; to be asked again, however often
└── Upstream               a machine's failure: which system, what it said, whether trying again may help
    ├── NeedsMending       it takes no work of ours until somebody mends what it names
    ├── BadResult          what a run left behind cannot be read
    │   └── NoResult       it is not there, or not yet
    └── UnknownStatus      a word of theirs that is in no table of ours
"""

from datetime import timedelta


class SlipwayError(Exception):
    """Any error of Slipway's own."""


class Refused(SlipwayError):
    """A decision that is not taken, told as a full sentence with the way out. Nothing has changed."""

    def __init__(self, said: object) -> None:
        super().__init__(said)
        self.said = said
        """What is told: `bot.core.said.Said`, or text where a thing's words are not data yet."""


class NotFound(Refused):
    """There is no such thing."""


class NotPermitted(Refused):
    """The person lacks the duty, or has a hand in what is to be decided."""


class WrongStage(Refused):
    """The thing is at a stage from which this does not lead on."""


class Misconfigured(SlipwayError):
    """A setting that cannot be used, told with its name and the mend."""


class Unfinished(SlipwayError):
    """What was begun outside goes on there. No failure: it is looked at again later."""


class NotItsTurn(SlipwayError):
    """Others must end first. No failure and no attempt: it is asked again after `wait`, however often."""

    def __init__(self, said: object, *, wait: timedelta) -> None:
        super().__init__(said)
        self.said = said
        """Why: `bot.core.said.Said`, or an outside system's words."""
        self.wait = wait


class Upstream(SlipwayError):
    """An outside system failed us.

    `retryable` says whether the same call may succeed later without anyone mending anything. What may not is a refusal
    of what was asked: it is never tried again, and never told as an outage.
    """

    def __init__(self, system: str, message: str, *, retryable: bool) -> None:
        super().__init__(f"{system}: {message}")
        self.system = system
        self.message = message
        self.retryable = retryable

    def __reduce__(self) -> tuple[object, ...]:
        # Exception's own way calls the class with `args` only, so that a worker could not send the error home.
        return _revive, (type(self), self.args, self.__dict__.copy())


def _revive(kind: type[Upstream], args: tuple[str, ...], fields: dict[str, object]) -> Upstream:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(fields)
    return error


class NeedsMending(Upstream):
    """A system takes no work of ours until somebody mends what the message names: a login, a key, a right, a channel.

    It is the fault of nothing that was asked: Ops are told at once, and work for the system waits as in an outage.
    """

    def __init__(self, system: str, message: str) -> None:
        super().__init__(system, message, retryable=False)


class BadResult(Upstream):
    """What a run left behind is missing, torn or not what it should be."""

    def __init__(self, message: str) -> None:
        super().__init__("cluster", message, retryable=False)


class NoResult(BadResult):
    """What a run should have left behind is not there, or not yet: a shared file system shows files late."""


class UnknownStatus(Upstream):
    """A status word that no table of ours has. It is never guessed."""

    def __init__(self, system: str, word: str) -> None:
        super().__init__(system, f"unknown status {word!r}", retryable=True)
        self.word = word
