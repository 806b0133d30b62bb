"""Kills as evidence: a signal in an exit code, what launchers say of one, and which of several ends was the first."""

import re
from collections.abc import Mapping
from signal import Signals

from bot.things.run import causes_words as words
from bot.things.run.causes import Cause, Failure

KILLED = Failure(words.KILLED(), words.MORE_MEMORY(), Cause.OUT_OF_MEMORY)
"""The kernel kills so. SLURM calls it out of memory only where the kernel's event is the step's own, not the job's."""

_FAULTS: Mapping[Signals, Failure] = {
    Signals.SIGILL: Failure(words.ILLEGAL_INSTRUCTION(), words.OTHER_CPU()),
    Signals.SIGABRT: Failure(words.ABORTED(), words.LOOK_FOR_ABORT()),
    Signals.SIGBUS: Failure(words.BUS_ERROR(), words.FEWER_WORKERS()),
    Signals.SIGFPE: Failure(words.ARITHMETIC_ERROR(), words.LOOK_FOR_ZERO()),
    Signals.SIGSEGV: Failure(words.SEGMENTATION_FAULT(), words.LOOK_AT_LIBRARIES()),
}

EXIT_CODE_OF_KILL = 9
"""As accounting writes 137, which the shell says of SIGKILL: it takes 128 away."""
_SHELL = 128
"""What the shell adds to a signal's number for an exit code."""


def signal_of(code: str) -> Signals | None:
    """Return the signal that SLURM's exit code, as in `137:0` or `0:9`, says ended it; None for an end by itself."""
    exit_code, _, signal = code.partition(":")
    if not exit_code.isdecimal() or not signal.isdecimal():
        return None
    number = int(signal) or (EXIT_CODE_OF_KILL if int(exit_code) == EXIT_CODE_OF_KILL else int(exit_code) - _SHELL)
    return Signals(number) if number in set(Signals) else None


def fault_of(code: str) -> Failure | None:
    """Return what it means that the training's process ended by a fault of its own; None where it did not."""
    signal = signal_of(code)
    return None if signal is None else _FAULTS.get(signal)


SAID_OF_KILL = (
    r"^srun: error: \S+: tasks? [\d,-]+: (Killed|Out Of Memory)"
    r"|(?i:oom[-_ ]kill)|(?i:exceeded (\w+ )?memory limit)|Killed process"
    r"|^Killed$|^\S+: line \d+: +\d+ Killed\b|killed by signal: Killed"
    r"|(?i:signals?[ .]+9 \(|signals\.SIGKILL|SIGKILL\(-9\)|\(SIGKILL\))"
    r"|(exit ?code|exit status|return ?code|(exited|ended|failed|exits) with( code| status)?)\W{1,6}(-9|137)\b"
)
"""What SLURM, the kernel, shells, torchrun, DeepSpeed, MPI, joblib and subprocess write of a kill."""

_OF_OTHER_RANKS = re.compile(r"^Failures:$.*?^Root Cause ", re.MULTILINE | re.DOTALL)
"""What torchrun tells of the ranks that failed after the first, which it tells last."""
_STEP_IS_ENDED = re.compile(
    r"^srun: error: .* Exited with exit code |^srun: .*Terminating StepId=|^srun: Job step aborted"
    r"|^slurmstepd\S*: error: \*\*\* (STEP|JOB) .* CANCELLED "
    r"|Sending process \d+ closing signal|^srun: First task exited "
)
"""From here on a launcher ends the ranks that are left."""
_END_OF_ONE = re.compile(r"^srun: error: \S+: tasks? [\d,-]+: |^srun: Force Terminated|via Signals\.SIGKILL")
"""What is said of them."""


def without_echoes(log: str) -> str:
    """Return the log without the ends of ranks that were ended because another one had failed."""
    kept: list[str] = []
    is_ended = False
    for line in _OF_OTHER_RANKS.sub("Root Cause ", log).split("\n"):
        if is_ended and _END_OF_ONE.search(line):
            continue
        is_ended = is_ended or _STEP_IS_ENDED.search(line) is not None
        kept.append(line)
    return "\n".join(kept)
