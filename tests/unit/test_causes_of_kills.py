"""Signals as evidence: what killed a run is told from exit codes and launchers' words; echoes are no cause."""

from collections.abc import Mapping

import pytest

from bot.core.values import Json
from bot.ports import JobStatus, Observation
from bot.services.causes import failure_of
from bot.things.run.causes import Cause

STEP_ENDED = """\
srun: error: n2: task 1: Exited with exit code 3
srun: launch/slurm: _step_signal: Terminating StepId=1.0
slurmstepd: error: *** STEP 1.0 ON n1 CANCELLED AT 2026-11-30T20:39:37 ***
srun: error: n1: task 0: Killed
srun: Force Terminated StepId=1.0"""
"""As 22.05 wrote it when rank 1 ended with 3 and rank 0 did not heed the SIGTERM that this brought it."""

TORCHRUN = """\
============================================================
train.py FAILED
------------------------------------------------------------
Failures:
[1]:
  time      : 2026-11-30_20:39:37
  host      : n1
  rank      : 1 (local_rank: 1)
  exitcode  : {other} (pid: 78)
  error_file: <N/A>
------------------------------------------------------------
Root Cause (first observed failure):
[0]:
  time      : 2026-11-30_20:39:31
  host      : n1
  rank      : 0 (local_rank: 0)
  exitcode  : {first} (pid: 77)
  error_file: <N/A>
============================================================"""


def kind_of(reason: str, log: str = "", words: Mapping[str, Json] | None = None) -> Cause:
    """Return the class of failure that is told of a run that SLURM calls failed."""
    return failure_of(Observation(JobStatus.FAILED, reason), log_tail=log, last_words=words).kind


@pytest.mark.parametrize("code", ["137:0", "9:0", "0:9"])
def test_a_kill_that_nobody_ordered_is_memory(code):
    """The kernel kills with SIGKILL, and SLURM learns of it only where the event is the step's own."""
    assert Cause.OUT_OF_MEMORY is kind_of(f"NonZeroExitCode, exit code {code}")


@pytest.mark.parametrize("code", ["0:9", "137:0"])
def test_a_step_that_was_killed_is_memory_too(code):
    """Where the script ends well although a step of it did not."""
    assert Cause.OUT_OF_MEMORY is kind_of(f"a step ended with {code}")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("134:0", "SIGABRT"),
        ("0:6", "SIGABRT"),
        ("135:0", "SIGBUS"),
        ("0:7", "SIGBUS"),
        ("139:0", "SIGSEGV"),
        ("0:11", "SIGSEGV"),
        ("132:0", "SIGILL"),
        ("136:0", "SIGFPE"),
    ],
)
def test_other_signals_are_told_as_what_they_are(code, words):
    """An abort, a bus error or a fault is no exception whose traceback stands in the log."""
    failure = failure_of(Observation(JobStatus.FAILED, f"exit code {code}"))

    assert words in str(failure.cause)
    assert Cause.CODE is failure.kind


@pytest.mark.parametrize(
    "line",
    [
        "srun: error: n2: task 1: Killed",
        "srun: error: gpu[3-4]: tasks 2-5: Killed",
        "srun: error: n2: task 1: Out Of Memory",
        "slurmstepd: error: Detected 1 oom-kill event(s) in StepId=7.0. Some of your processes may have been killed",
        "slurmstepd: error: Detected 1 oom_kill event in StepId=7.batch. Some of the step tasks have been OOM Killed.",
        "slurmstepd: error: Exceeded step memory limit at some point.",
        "slurmstepd: error: Job 7 exceeded memory limit (1300 > 1024), being killed",
        "[ 12.3] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)",
        "[ 12.3] Memory cgroup out of memory: Killed process 4242 (python3) total-vm:9",
        "E1130 20:39:37 api.py:869] failed (exitcode: -9) local_rank: 1 (pid: 78) of binary: /usr/bin/python3",
        "  exitcode  : -9 (pid: 78)",
        "  traceback : Signal 9 (SIGKILL) received by PID 78",
        "subprocess.CalledProcessError: Command '['python', 'a.py']' died with <Signals.SIGKILL: 9>.",
        "subprocess.CalledProcessError: Command 'python a.py' returned non-zero exit status 137.",
        "[launch.py:325:sigkill_handler] ['python', 'a.py'] exits with return code = -9",
        "mpirun noticed that process rank 1 with PID 0 on node n2 exited on signal 9 (Killed).",
        "joblib.externals.loky.process_executor.TerminatedWorkerError: The exit codes of the workers are {SIGKILL(-9)}",
        "RuntimeError: DataLoader worker (pid 77) is killed by signal: Killed. ",
        "/var/spool/slurmd/job00007/slurm_script: line 55:  4242 Killed                  ( exec python3 train.py )",
        "Killed",
        "Process 4242 exited with code 137",
    ],
)
def test_what_launchers_say_of_a_kill_is_memory(line):
    """Whichever code they end with themselves."""
    log = f"epoch 3 loss 0.4\n{line}\nRuntimeError: [1] Connection closed by peer [10.0.0.2]:4711"

    assert Cause.OUT_OF_MEMORY is kind_of("exit code 1:0", log)


@pytest.mark.parametrize(
    "log",
    [
        STEP_ENDED,
        TORCHRUN.format(other="-9", first="1"),
        "ValueError: Expected more than 1 value per channel\n[launch.py] exits with return code = 1\nexit code -90",
        "Killed 3 stale workers\ntask 9: Killed time\nexitcode: 0",
    ],
    ids=["srun ended the others", "torchrun ended the others", "an error of the code", "other words"],
)
def test_an_end_that_another_brought_is_no_cause(log):
    """Of all ranks' ends the first one counts; those that a launcher kills for it look like kills, too."""
    assert Cause.CODE is kind_of("exit code 3:0", log)


def test_the_first_failure_of_torchrun_counts():
    """It names it last."""
    assert Cause.OUT_OF_MEMORY is kind_of("exit code 1:0", TORCHRUN.format(other="1", first="-9"))


def test_what_the_killed_ranks_peers_say_does_not_hide_the_kill():
    """They have lost it, and say so as an error of the code."""
    words: dict[str, Json] = {
        "code": 1,
        "kind": "code",
        "said": "rank 0 has lost another rank, whose own words say why",
    }

    assert Cause.OUT_OF_MEMORY is kind_of("exit code 137:0", words=words)


def test_a_payload_that_said_how_it_ended_is_believed():
    """The code of srun is that of whatever it had to kill."""
    assert Cause.DIVERGED is kind_of("exit code 137:0", words={"code": 87, "kind": "diverged"})


def test_an_abort_that_the_log_explains_is_told_by_the_log():
    """What is not caught in C++ ends with SIGABRT."""
    log = "terminate called after throwing an instance of 'std::bad_alloc'"

    assert Cause.OUT_OF_MEMORY is kind_of("exit code 134:0", log)
