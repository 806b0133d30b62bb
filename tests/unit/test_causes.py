"""Why a run failed: exit codes, and the payload's last words where the code alone does not tell."""

import re

import pytest

from bot.domain.causes import Cause
from bot.ports import JobStatus, Observation
from bot.services.causes import BY_EXIT_CODE, failure_of
from bot.wiring import PAYLOAD

OWN = re.compile(r"^[A-Z_]+ = (\d+)$", re.MULTILINE)
STOPPED, CRASHED = 85, 1


def failed(reason: str) -> Observation:
    """Return the end of a run as SLURM gives it."""
    return Observation(JobStatus.FAILED, reason)


@pytest.mark.parametrize(
    ("reason", "words", "kind"),
    [
        ("exit code 87:0", {}, Cause.DIVERGED),
        ("exit code 89:0", {"code": 89, "kind": "disk full"}, Cause.DISK_FULL),
        ("exit code 90:0", {}, Cause.DATA),
        ("exit code 86:0", {"code": 86, "kind": "out of GPU memory"}, Cause.OUT_OF_GPU_MEMORY),
        ("exit code 86:0", {"code": 86, "kind": "out of memory"}, Cause.OUT_OF_MEMORY),
        ("exit code 1:0", {"code": 87, "kind": "diverged"}, Cause.DIVERGED),
        ("exit code 1:0", {"code": 1, "kind": "code"}, Cause.CODE),
        ("exit code 72:0", {"code": 87}, Cause.DATA),
        ("exit code 1:0", {"code": "87"}, Cause.CODE),
    ],
)
def test_last_words_are_heard_where_the_exit_code_does_not_tell(reason, words, kind):
    """A known exit code stands; host memory is told from a GPU's; a launcher's own code gives way to the payload's."""
    assert kind is failure_of(failed(reason), last_words=words).kind


def test_last_words_are_told_to_people():
    """The sentence of end.json stands in the cause."""
    failure = failure_of(failed("exit code 89:0"), last_words={"said": "the disk is full: 3 bytes were left"})

    assert "It said: the disk is full: 3 bytes were left" in failure.cause


def test_every_exit_code_of_the_payload_has_its_cause():
    """A code that the payload knows and we do not would be taken for an error of the code."""
    own = {int(code) for code in OWN.findall((PAYLOAD / "ends.py").read_text(encoding="utf-8"))}

    assert own - {STOPPED, CRASHED} <= {int(code.partition(":")[0]) for code in BY_EXIT_CODE}
    assert len(own) == 8
