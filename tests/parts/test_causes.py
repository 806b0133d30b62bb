"""Why a run failed: exit codes, and the payload's last words where the code alone does not tell."""

import re

import pytest

from bot.ports import JobStatus, Observation
from bot.services.causes import BY_EXIT_CODE, failure_of
from bot.things.run.causes import REMEDIES, Cause, Remedy
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

    assert "It said: the disk is full: 3 bytes were left" in str(failure.cause)


def test_a_secret_in_the_last_words_is_not_told():
    """The cause stands on cards and in the event log for ever."""
    words = {"said": "cannot reach postgresql://bot:hunter2@db/x with password=hunter2"}

    assert "hunter2" not in str(failure_of(failed("exit code 1:0"), last_words=words).cause)


def test_every_exit_code_of_the_payload_has_its_cause():
    """A code that the payload knows and we do not would be taken for an error of the code."""
    own = {int(code) for code in OWN.findall((PAYLOAD / "ends.py").read_text(encoding="utf-8"))}

    assert own - {STOPPED, CRASHED} <= {int(code.partition(":")[0]) for code in BY_EXIT_CODE}
    assert len(own) == 8


LOGS = [
    ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.", Cause.OUT_OF_GPU_MEMORY),
    ("torch.cuda.OutOfMemoryError: HIP out of memory. Tried to allocate 2.00 GiB.", Cause.OUT_OF_GPU_MEMORY),
    ("RuntimeError: HIP error: out of memory", Cause.OUT_OF_GPU_MEMORY),
    (
        "RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        Cause.OUT_OF_GPU_MEMORY,
    ),
    ("hipErrorOutOfMemory: out of memory", Cause.OUT_OF_GPU_MEMORY),
    ("MemoryError", Cause.OUT_OF_MEMORY),
    ("numpy._core._exceptions._ArrayMemoryError: Unable to allocate 9.0 GiB for an array", Cause.OUT_OF_MEMORY),
    ("slurmstepd: error: Job 7 exceeded memory limit (9000 > 8000), being killed", Cause.OUT_OF_MEMORY),
    ("slurmstepd: error: Detected 1 oom_kill event in StepId=7.batch.", Cause.OUT_OF_MEMORY),
    ("slurmstepd: error: Detected 1 oom-kill event(s) in step 7.batch cgroup.", Cause.OUT_OF_MEMORY),
    ("job.sh: line 9: 4711 Killed                  python train.py", Cause.OUT_OF_MEMORY),
    ("RuntimeError: DataLoader worker (pid 12) is killed by signal: Killed.", Cause.OUT_OF_MEMORY),
    ("terminate called after throwing an instance of 'std::bad_alloc'", Cause.OUT_OF_MEMORY),
    ("OSError: [Errno 28] No space left on device", Cause.DISK_FULL),
    ("OSError: [Errno 122] Disk quota exceeded", Cause.DISK_FULL),
    ("RuntimeError: [enforce fail at inline_container.cc:603] . unexpected pos 640 vs 534", Cause.DISK_FULL),
    ("ModuleNotFoundError: No module named 'einops'", Cause.IMPORT_ERROR),
    ("/usr/bin/python3: No module named forms.train", Cause.IMPORT_ERROR),
    ("ImportError: libcudart.so.12: cannot open shared object file: No such file or directory", Cause.IMPORT_ERROR),
    ("python: error while loading shared libraries: libffi.so.7: cannot open", Cause.IMPORT_ERROR),
    ("OSError: [Errno 116] Stale file handle: '/nfs/data/a.npy'", Cause.DATA),
    ("cat: /nfs/data: Transport endpoint is not connected", Cause.DATA),
    ("slurmstepd: error: couldn't chdir to `/nfs/x': No such file or directory: going to /tmp instead", Cause.DATA),
    ("FileNotFoundError: [Errno 2] No such file or directory: '/nfs/data/train.csv'", Cause.DATA),
    ("PermissionError: [Errno 13] Permission denied: '/nfs/data/train.csv'", Cause.DATA),
    ("pandas.errors.ParserError: Error tokenizing data. C error: Expected 3 fields", Cause.DATA),
    ("zipfile.BadZipFile: File is not a zip file", Cause.DATA),
    ("Loss is nan, stopping training", Cause.DIVERGED),
    ("ValueError: The loss returned in `training_step` is nan or inf.", Cause.DIVERGED),
    ("RuntimeError: Function 'MulBackward0' returned nan values in its 0th output.", Cause.DIVERGED),
    ("epoch 7 train_loss=inf accuracy=0.1", Cause.DIVERGED),
    ("job.sh: line 4: forms-train: command not found", Cause.BAD_SCRIPT),
    ("python: can't open file '/nfs/train.py': [Errno 2] No such file or directory", Cause.BAD_SCRIPT),
    ("SyntaxError: invalid syntax", Cause.BAD_SCRIPT),
    ("KeyError: 'label'", Cause.CODE),
    ("", Cause.CODE),
    ("epoch 3 loss=0.31 information: financial.csv has 12 rows", Cause.CODE),
]


@pytest.mark.parametrize(("line", "kind"), LOGS)
def test_the_end_of_a_log_tells_the_cause(line, kind):
    """Each line as the tools write it, at the end of a traceback."""
    log = f'epoch 1 loss=0.5\nTraceback (most recent call last):\n  File "train.py", line 3, in main\n{line}\n'

    assert kind is failure_of(failed("exit code 1:0"), log_tail=log).kind


CHAINED = """
The above exception was the direct cause of the following exception:

Traceback (most recent call last):
RuntimeError: checkpoint was not written
"""


@pytest.mark.parametrize(
    ("log", "kind"),
    [
        ("ImportError: no apex, falling back\nepoch 1\nRuntimeError: HIP out of memory.", Cause.OUT_OF_GPU_MEMORY),
        ("WARNING ImportError: no flash_attn, falling back\nepoch 1\nKeyError: 'label'", Cause.CODE),
        ("epoch 2 loss=nan\nOSError: [Errno 28] No space left on device", Cause.DISK_FULL),
        ("MemoryError: cache is off\nFileNotFoundError: /nfs/data", Cause.DATA),
        ("OSError: [Errno 28] No space left on device\n" + CHAINED, Cause.DISK_FULL),
    ],
)
def test_the_last_word_of_a_log_is_the_cause(log, kind):
    """An error that was handled earlier is none, also where nothing is known of the one that came last."""
    assert kind is failure_of(failed("exit code 1:0"), log_tail=log).kind


@pytest.mark.parametrize(
    "after",
    [
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ",
        "subprocess.CalledProcessError: Command '['python']' returned non-zero exit status 1.",
        "torch.distributed.DistBackendError: NCCL error: remote process exited",
        "RuntimeError: [gloo/transport/tcp/pair.cc:534] Connection closed by peer [10.0.0.2]:4711",
        "RuntimeError: DataLoader worker (pid(s) 12) exited unexpectedly",
        "BrokenPipeError: [Errno 32] Broken pipe",
        "srun: error: gpu1: task 0: Exited with exit code 1",
    ],
)
def test_what_only_follows_from_the_cause_does_not_hide_it(after):
    """A launcher and the other ranks complain last, of the one that failed."""
    log = f"torch.cuda.OutOfMemoryError: HIP out of memory.\n{after}"

    assert Cause.OUT_OF_GPU_MEMORY is failure_of(failed("exit code 1:0"), log_tail=log).kind


def test_data_that_one_node_does_not_see_may_be_read_on_another():
    """Two of its sentences say so; the presses do."""
    assert {Remedy.RETRY, Remedy.RESUME, Remedy.EXCLUDE_NODE} == set(REMEDIES[Cause.DATA])
