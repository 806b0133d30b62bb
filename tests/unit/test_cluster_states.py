"""How SLURM's words become observations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slurm.states import STATUS, Missing, missing, observations, queue_rows, status_of
from bot.errors import UnknownStatus
from bot.ports import Job, JobStatus, Observation
from bot.services.causes import failure_of
from bot.things.run.causes import Cause
from bot.things.run.readings import Progress

JOB = Job("slipway-run-31-1", "7")
PROGRESS = (
    '{"epoch": 1, "epochs": 2, "loss": 0.5, "metric": "accuracy", "value": 0.7, "elapsed_s": 1.0, "left_s": null}'
)


def row(*fields: str) -> str:
    return "\x1f".join(fields)


def queue(state: str, reason: str = "None", *, code: int = 0, derived: int = 0, node: str = "gpu1", **own: str) -> str:
    """Return a line of squeue's, which prints codes as wait(2) returns them."""
    name, job_id, restarts = own.get("name", JOB.key), own.get("job_id", JOB.job_id), own.get("restarts", "0")
    return row(job_id, name, state, reason, node, restarts, str(code), str(derived), "")


def kept(state: str, code: str = "0:0", derived: str = "0:0", end: str = "2026-11-20T22:18:45") -> str:
    return row("7", JOB.key, state, code, derived, end, "gpu1")


def observe(squeue: str = "", sacct: str = "", progress: str = "") -> Observation:
    return observations([JOB], queue_rows(squeue), f"@sacct\n{sacct}\n@progress\n{progress}\n")[JOB.key]


@pytest.mark.parametrize("word", ["SUSPENDED", "STOPPED"])
def test_a_job_that_slurm_has_stopped_for_a_while_says_so(word):
    """It runs, for SLURM counts it so, but it cannot get on."""
    expected = Observation(JobStatus.RUNNING, "suspended on the cluster", "gpu1", is_suspended=True)

    assert expected == observe(queue(word))


@pytest.mark.parametrize(
    ("lines", "is_diverged"),
    [
        ([PROGRESS], False),
        ([PROGRESS, PROGRESS.replace("0.5", "NaN")], True),
        ([PROGRESS, PROGRESS.replace("0.7", "Infinity")], True),
        ([PROGRESS.replace("0.5", '"nan"')], True),
        ([PROGRESS.replace("0.5", "NaN"), PROGRESS], False),
        ([PROGRESS.replace("0.5", "NaN"), PROGRESS[:20]], True),
        (["[" * 10_000], False),
    ],
)
def test_a_loss_that_is_no_number_is_seen(lines, is_diverged):
    """Of the newest whole line; what can be shown is the newest line before it."""
    text = "\n".join(lines)
    seen = observe(queue("RUNNING"), progress=f"==> /nfs/runs/{JOB.key}/progress.jsonl <==\n{text}")

    assert is_diverged is seen.is_diverged
    assert (PROGRESS in lines) is (seen.progress is not None)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"squeue": queue("PENDING", "Priority", node="")}, Observation(JobStatus.PENDING, "Priority")),
        ({"squeue": queue("RUNNING")}, Observation(JobStatus.RUNNING, "", "gpu1")),
        ({"squeue": queue("COMPLETING")}, Observation(JobStatus.RUNNING, "", "gpu1")),
        (
            {"squeue": queue("PENDING", "BeginTime", node=""), "sacct": kept("NODE_FAIL")},
            Observation(JobStatus.PENDING, "BeginTime"),
        ),
        (
            {"squeue": queue("PENDING", "BeginTime", node="", restarts="2")},
            Observation(JobStatus.PENDING, "BeginTime", restarts=2),
        ),
        ({"squeue": queue("REQUEUED", node="", restarts="1")}, Observation(JobStatus.PENDING, restarts=1)),
        ({"squeue": queue("PREEMPTED")}, Observation(JobStatus.PREEMPTED, "", "gpu1")),
        ({"squeue": queue("COMPLETED")}, Observation(JobStatus.COMPLETED, "", "gpu1")),
        (
            {"squeue": queue("COMPLETED", derived=9)},
            Observation(JobStatus.FAILED, "a step ended with 0:9", "gpu1"),
        ),
        (
            {"squeue": queue("FAILED", "NonZeroExitCode", code=86 << 8)},
            Observation(JobStatus.FAILED, "NonZeroExitCode, exit code 86:0", "gpu1"),
        ),
        (
            {"squeue": queue("FAILED", "JobLaunchFailure", code=4021)},  # seen for a log that cannot be opened
            Observation(JobStatus.FAILED, "JobLaunchFailure, exit code 0:53", "gpu1"),
        ),
        (
            {"squeue": queue("FAILED", "NonZeroExitCode", code=91 << 8)},
            Observation(JobStatus.CANCELLED, "saved and stopped when asked", "gpu1"),
        ),
        (
            {"sacct": kept("FAILED", "92:0")},
            Observation(JobStatus.CANCELLED, "stopped when asked; nothing was saved", "gpu1"),
        ),
        (
            {"squeue": queue("CANCELLED"), "sacct": kept("CANCELLED by 1001")},
            Observation(JobStatus.CANCELLED, "by uid 1001", "gpu1"),
        ),
        (
            {"squeue": queue("CANCELLED"), "sacct": kept("RUNNING", end="Unknown")},
            Observation(JobStatus.CANCELLED, "", "gpu1"),
        ),
        ({"sacct": kept("COMPLETED")}, Observation(JobStatus.COMPLETED, "", "gpu1")),
        (
            {"sacct": kept("FAILED", "85:0")},
            Observation(JobStatus.TIMEOUT, "saved and stopped, exit code 85:0", "gpu1"),
        ),
        (
            {"sacct": kept("OUT_OF_MEMORY", "0:125")},
            Observation(JobStatus.OUT_OF_MEMORY, "exit code 0:125", "gpu1"),
        ),
    ],
)
def test_what_slurm_says_is_told(told, expected):
    """Each way to say it comes to one observation; the queue counts more than the accounting."""
    assert expected == observe(**told)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"sacct": kept("FAILED", end="Unknown")},
        {"sacct": kept("RUNNING", end="Unknown")},
        {"sacct": "@sacct failed"},
        {"squeue": queue("RUNNING", name="somebody-elses")},
        {"sacct": row("7", "somebody-elses", "COMPLETED", "0:0", "0:0", "2026-11-20T22:18:45", "gpu1")},
        {"squeue": queue("QUANTUM_LEAP")},
        {"squeue": "7\x1fcut"},
        {"squeue": queue("COMPLETED", job_id="7_[0-3%2]")},
        {"squeue": queue("COMPLETED", job_id="77")},
        {"squeue": "slurm_load_jobs error: Invalid job id specified"},
    ],
)
def test_what_is_not_conclusive_is_unknown(told):
    """Silence, half an answer, somebody else's job and unknown words are never an end."""
    assert JobStatus.UNKNOWN is observe(**told).status


@pytest.mark.parametrize(
    ("sacct", "reason"),
    [
        ("", "neither squeue nor sacct shows it"),
        ("@sacct failed: sacct: error: Connection refused", "squeue does not show it, and accounting does not answer"),
        (
            "@sacct failed: Slurm accounting storage is disabled",
            "squeue does not show it, and the cluster keeps no accounting",
        ),
    ],
)
def test_why_nothing_is_known_is_told(sacct, reason):
    """That accounting is out of order is no reason to take the job for gone."""
    assert Observation(JobStatus.UNKNOWN, reason) == observe(sacct=sacct)


MEMORY_LOG = "slurmstepd: error: Job 7 exceeded memory limit (2000000 > 1048576), being killed"


@pytest.mark.parametrize(
    ("told", "log", "kind"),
    [
        (
            {"squeue": queue("COMPLETED", derived=9)},
            MEMORY_LOG,
            Cause.OUT_OF_MEMORY,
        ),
        ({"sacct": kept("FAILED", "0:9")}, MEMORY_LOG, Cause.OUT_OF_MEMORY),
        ({"sacct": kept("FAILED", "72:0")}, "slurmstepd: error: couldn't chdir to `/nfs/x': No such file", Cause.DATA),
        ({"sacct": kept("FAILED", "15:0")}, "", Cause.CODE),
        ({"squeue": queue("FAILED", code=143 << 8)}, "", Cause.CODE),
    ],
)
def test_what_slurm_writes_only_into_the_log_is_a_cause(told, log, kind):
    """Without cgroups it ends what takes too much memory with 0:9, or calls it completed; 143 it writes as 15:0."""
    assert kind is failure_of(observe(**told), log_tail=log).kind


WORD = "by its script's own word, for SLURM has forgotten it"


@pytest.mark.parametrize(
    ("said", "sacct", "expected"),
    [
        ("0 gpu1", "", Observation(JobStatus.COMPLETED, WORD, "gpu1")),
        ("7 gpu[1-2]", "", Observation(JobStatus.FAILED, f"exit code 7:0, {WORD}", "gpu[1-2]")),
        ("85", "", Observation(JobStatus.TIMEOUT, f"saved and stopped, exit code 85:0, {WORD}")),
        ("0 gpu1", "@sacct failed: ", Observation(JobStatus.COMPLETED, WORD, "gpu1")),
        ("0 gpu1", kept("RUNNING", end="Unknown"), Observation(JobStatus.COMPLETED, WORD, "gpu1")),
        ("0 gpu1", kept("TIMEOUT"), Observation(JobStatus.TIMEOUT, "", "gpu1")),
        ("torn", "", Observation(JobStatus.UNKNOWN, "neither squeue nor sacct shows it")),
    ],
)
def test_a_scripts_own_word_counts_where_slurm_has_none(said, sacct, expected):
    """The queue has forgotten it, and accounting is lost, late or not there; what SLURM does say counts more."""
    details = f"@sacct\n{sacct}\n@codes\n{JOB.key}/exit_code:{said}\n"

    assert expected == observations([JOB], {}, details)[JOB.key]
    assert JobStatus.RUNNING is observations([JOB], queue_rows(queue("RUNNING")), details)[JOB.key].status


def test_an_unknown_word_is_told():
    """The word that is in no table of ours stands in the reason."""
    assert "QUANTUM_LEAP" == observe(squeue=queue("QUANTUM_LEAP")).reason


@given(st.text())
def test_any_text_gives_no_end(text):
    """Whatever is printed in place of an answer, no job has ended by it."""
    assert {JobStatus.UNKNOWN} == {seen.status for seen in observations([JOB], queue_rows(text), text).values()}


def test_a_task_is_known_by_its_arrays_name():
    """The key names its folder; SLURM knows the array's name and the task's index."""
    task = Job("slipway-run-8-1", "7_2", name="slipway-sweep-3")
    lines = [queue("PENDING", name=task.name, job_id=f"7_{index}") for index in range(2)]
    lines.append(queue("RUNNING", name=task.name, job_id="7_2"))
    queued = queue_rows("\n".join(lines))

    assert Missing((), (task.key,)) == missing([task], queued)
    assert JobStatus.RUNNING is observations([task], queued)[task.key].status


def test_tasks_that_never_began_share_a_record():
    """When an array is cancelled, accounting has one row for all of them."""
    tasks = [Job(f"slipway-run-{index}-1", f"7_{index}", name=JOB.key) for index in range(8)]
    by = "CANCELLED by 1001"
    rows = [row(f"7_[{text}]", JOB.key, by, "0:0", "0:0", "1795216815", "") for text in ("1-3,5%2", "6,...")]
    seen = observations(tasks, {}, "@sacct\n" + "\n".join(rows[:1]))

    assert missing(tasks, {}) == Missing(("7",), (), tuple(task.key for task in tasks))
    assert [1, 2, 3, 5] == [index for index, task in enumerate(tasks) if seen[task.key].status.is_final]
    assert 8 == sum(one.status.is_final for one in observations(tasks, {}, "@sacct\n" + "\n".join(rows)).values())


@pytest.mark.parametrize(
    ("sacct", "is_told"),
    [
        ("", True),
        (row("7_[0-3%2]", JOB.key, "PENDING", "0:0", "0:0", "Unknown", ""), True),
        (row("7_2", JOB.key, "RUNNING", "0:0", "0:0", "Unknown", "gpu1"), False),
        ("@sacct failed: Connection refused", False),
        ("@sacct failed: Slurm accounting storage is disabled", True),
    ],
)
def test_a_task_without_a_trace_was_cancelled_if_we_asked_for_it(sacct, is_told):
    """SLURM drops a task that is cancelled before it begins; while accounting cannot tell nothing is concluded."""
    task = Job("slipway-run-8-1", "7_2", name=JOB.key)
    seen = observations([task], {}, f"@sacct\n{sacct}\n@progress\n@stopped\n{task.key}/stop_asked\n")

    assert is_told == (seen[task.key].status is JobStatus.CANCELLED)
    assert JobStatus.UNKNOWN is observations([task], {}, f"@sacct\n{sacct}")[task.key].status


def test_only_what_the_queue_leaves_open_is_asked():
    """Of accounting what it does not show, or shows without who cancelled it; progress of what runs."""
    jobs = [Job(f"slipway-run-{number}-1", str(number)) for number in range(5)]
    states = ["PENDING", "RUNNING", "CANCELLED", "COMPLETED"]
    lines = [queue(state, name=job.key, job_id=job.job_id) for state, job in zip(states, jobs, strict=False)]

    left = missing(jobs, queue_rows("\n".join(lines)))

    assert Missing(("2", "4"), (jobs[1].key,), (jobs[4].key,), (jobs[2].key,)) == left


@pytest.mark.parametrize(
    ("by", "node", "marks", "status"),
    [
        ("0", "gpu1", "", JobStatus.LAUNCH_FAILED),
        ("0", "gpu1", f"@begun\n{JOB.key}/begun", JobStatus.CANCELLED),
        ("0", "gpu1", f"@stopped\n{JOB.key}/stop_asked", JobStatus.CANCELLED),
        ("0", "None assigned", "", JobStatus.CANCELLED),
        ("1001", "gpu1", "", JobStatus.CANCELLED),
    ],
)
def test_what_root_cancelled_on_a_node_before_it_began_could_not_be_started(by, node, marks, status):
    """So ends a job whose Prolog failed. One that began, that we asked to stop, or that waited was cancelled."""
    sacct = row(JOB.job_id, JOB.key, f"CANCELLED by {by}", "0:0", "0:0", "1795216815", node)
    details = f"@sacct\n{sacct}\n{marks}\n"

    queued = queue_rows(queue("CANCELLED", node=node.replace("None assigned", "")))

    assert status is observations([JOB], {}, details)[JOB.key].status
    assert status is observations([JOB], queued, details)[JOB.key].status


@pytest.mark.parametrize("word", sorted(STATUS))
def test_every_word_has_a_status(word):
    """A state is known alone, and with who or more behind it."""
    assert status_of(word) is status_of(f"{word} by 1001") is status_of(f"{word}+")


def test_a_word_that_is_none_is_an_error():
    """Nothing is guessed."""
    with pytest.raises(UnknownStatus, match="DONE"):
        status_of("DONE")


@pytest.mark.parametrize(
    "lines",
    [
        f"{PROGRESS}\n",
        f'{PROGRESS}\n{{"epoch": 2, "ep',
        f'{{"epoch": 1}}\n{PROGRESS}',
        f"not json\n{PROGRESS}",
    ],
)
def test_the_newest_whole_line_of_progress_counts(lines):
    """A torn or strange line beside it does no harm."""
    seen = observe(queue("RUNNING"), progress=f"==> /nfs/runs/{JOB.key}/progress.jsonl <==\n{lines}")

    assert Progress(1, 2, 0.5, "accuracy", 0.7, 1.0, None) == seen.progress


@pytest.mark.parametrize(
    "line", ["", "[]", "{}", "null", PROGRESS.replace("0.5", "NaN"), PROGRESS.replace("0.5", "1e999")]
)
def test_progress_that_is_none_is_left_out(line):
    """No line, or one of another form, is no progress."""
    assert None is observe(queue("RUNNING"), progress=f"==> /nfs/runs/{JOB.key}/progress.jsonl <==\n{line}").progress
