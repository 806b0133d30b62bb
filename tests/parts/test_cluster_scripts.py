"""The text of what runs on the cluster."""

import os
import shlex
import signal
import subprocess
import time
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from bot.adapters.slurm import listings as _cluster_listings
from bot.adapters.slurm import scripts as _cluster_scripts
from bot.adapters.slurm import watch as _cluster_watch
from bot.adapters.slurm.job import COPY_CODE, NO_FOLDER_CODE, WARNED_CODE, Launch, job_script
from bot.adapters.slurm.scripts import CUT_CODE, DETAILS, SETTLED_S, SUBMIT_ONCE, TEST_ONLY, UNSETTLED_CODE
from bot.ports import Order, Task
from bot.things.run.model import Resources

RECIPE = """\
import pathlib, signal, sys, time
def stop(number, _):
    print("saving", flush=True)
    time.sleep(0.3)
    sys.exit(85)
signal.signal(signal.SIGUSR1, stop)
signal.signal(signal.SIGTERM, stop)
pathlib.Path("up").touch()
while True:
    time.sleep(0.02)
"""


KEY = "slipway-run-31-1"


def script(directory: str, launch: Launch | None = None, *, tasks: int = 0, **asked: Any) -> str:
    resources: dict[str, Any] = {
        "partition": "gpu",
        "nodes": 1,
        "gpus": 1,
        "cpus": 8,
        "memory_gib": 16,
        "time_limit_min": 240,
    }
    order = Order(
        *(KEY, "waiter", {}, Resources(**{**resources, **asked})),
        tasks=[Task(f"{KEY}-{index}", {}) for index in range(tasks)],
        at_once=3,
    )
    started = launch or Launch(("/usr/bin/python3", f"{directory}/waiter.py", "{spec}"))
    return job_script(order, started, directory=PurePosixPath(directory), gpu_type="mi100")


def options(text: str) -> list[str]:
    lines = [line.removeprefix("#SBATCH ") for line in text.splitlines() if line.startswith("#SBATCH ")]
    return shlex.split(" ".join(lines))


def test_the_script_asks_for_what_was_ordered():
    """Every resource is an option, and the job's name is the key."""
    expected = [
        "--job-name=slipway-run-31-1",
        "--partition=gpu",
        "--nodes=1",
        "--ntasks-per-node=1",
        "--cpus-per-task=8",
        "--mem=16G",
        "--time=240",
        "--output=/nfs/runs/slipway-run-31-1/log.txt",
        "--open-mode=append",
        "--chdir=/nfs/runs/slipway-run-31-1",
        "--gres=gpu:mi100:1",
        "--signal=B:USR1@90",
        "--no-requeue",
    ]

    assert expected == options(script("/nfs"))


def test_a_run_without_gpus_asks_for_none():
    """No --gres at all, because gpu:mi100:0 is an error on some clusters."""
    assert not [option for option in options(script("/nfs/runs/x", gpus=0)) if option.startswith("--gres")]


def test_a_short_run_is_not_warned():
    """The warning would come as soon as it starts."""
    assert not [option for option in options(script("/nfs/runs/x", time_limit_min=5)) if option.startswith("--signal")]


def test_a_folder_with_odd_letters_is_quoted():
    """Blanks, quotes, dollars and per cents reach the shell and SLURM as they are."""
    folder = "/nfs/it's $HOME 100%"
    text = script(folder)

    assert f"--output=/nfs/it's $HOME 100%%/runs/{KEY}/log.txt" in options(text)
    assert f"directory={shlex.quote(folder)} " in text


SCRIPTS = [
    text
    for module in (_cluster_scripts, _cluster_listings, _cluster_watch)
    for name, text in vars(module).items()
    if name.isupper() and isinstance(text, str) and "$" in text
]


def test_an_array_picks_its_tasks_folder():
    """One script for all tasks; each has a log of its own beside it."""
    asked = options(script("/nfs", tasks=10))

    assert "--array=0-9%3" in asked
    assert f"--output=/nfs/runs/{KEY}/%a.log" in asked


def test_names_reach_slurm():
    """GPU type, account, QOS and nodes to leave out are options where they are given."""
    asked = options(script("/nfs", gpu_type="a100", account="ml", qos="high", exclude=("gpu1", "gpu2")))

    assert {"--gres=gpu:a100:1", "--account=ml", "--qos=high", "--exclude=gpu1,gpu2"} <= set(asked)


def test_each_gpu_has_a_rank():
    """With more than one GPU the code is started by srun, once for each, and finds the first node's address."""
    text = script("/nfs", gpus=4, nodes=2)

    assert {"--nodes=2", "--ntasks-per-node=4", "--cpus-per-task=2"} <= set(options(text))
    assert "exec srun --ntasks=8 --ntasks-per-node=4 --cpus-per-task=2" in text
    assert "export MASTER_ADDR MASTER_PORT" in text


def test_a_command_is_quoted_but_for_the_specs_path():
    """Whatever stands in a recipe's command reaches the program as one word."""
    text = script("/nfs", Launch(("a b", "--config={spec}", "$(reboot)", "", "'"), folder="/nfs/it's"))

    assert """exec 'a b' --config="$run"/spec.json '$(reboot)' '' ''"'"''""" in text
    assert """cd -- '/nfs/it'"'"'s' ||""" in text


@pytest.mark.parametrize("text", [*SCRIPTS, script("/nfs"), script("/nfs", tasks=2, gpus=3)])
def test_bash_can_read_it(text):
    """No script has a syntax error."""
    done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)


def test_a_folder_that_is_not_mounted_is_said_in_the_log():
    """The script ends with a code of its own instead of running somewhere else."""
    done = subprocess.run(["bash"], input=script("/nonexistent"), text=True, capture_output=True, check=False)

    assert NO_FOLDER_CODE == done.returncode
    assert "is the shared folder mounted?" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGTERM])
def test_a_signal_reaches_the_recipe_and_its_exit_code_comes_back(tmp_path, number):
    """The recipe saves, however long it takes, and the script ends as it does."""
    folder = tmp_path / "runs" / KEY
    folder.mkdir(parents=True)
    (tmp_path / "waiter.py").write_text(RECIPE)
    (tmp_path / "job.sh").write_text(script(str(tmp_path)))
    process = subprocess.Popen(["bash", tmp_path / "job.sh"], stdout=subprocess.PIPE, text=True)
    wait_for(folder / "up")
    process.send_signal(number)
    output, _ = process.communicate(timeout=10)

    assert (85, "saving\n") == (process.returncode, output)
    assert f"{KEY}\n" == (tmp_path / "ended.log").read_text()


def test_code_that_does_not_know_the_warning_ran_out_of_time(tmp_path):
    """SIGUSR1 ends what has no handler for it, before its limit: that is no mistake of the code's."""
    (tmp_path / "runs" / KEY).mkdir(parents=True)
    (tmp_path / "waiter.py").write_text("import pathlib, time\npathlib.Path('up').touch()\ntime.sleep(60)\n")
    (tmp_path / "job.sh").write_text(script(str(tmp_path)))
    process = subprocess.Popen(["bash", tmp_path / "job.sh"])
    wait_for(tmp_path / "runs" / KEY / "up")
    process.send_signal(signal.SIGUSR1)

    assert WARNED_CODE == process.wait(timeout=10)


def wait_for(path: Path) -> None:
    """Wait until the script has come so far."""
    deadline = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_submitting_again_asks_slurm_by_name(tmp_path):
    """After an attempt that may have reached SLURM, its job is found, and a refused record beside it is not taken."""
    _queue(tmp_path, "5|FAILED|BadConstraints", "6|RUNNING|None")

    assert (0, "6") == _submit(tmp_path, attempted_s_ago=SETTLED_S)


@pytest.mark.parametrize("name", ["squeue", "sacct"])
def test_a_job_of_that_name_in_another_folder_is_not_ours(tmp_path, name):
    """It is another installation's, on the same cluster and account: it is neither taken nor cancelled as a copy."""
    _fake(tmp_path, "squeue", "true")
    _fake(tmp_path, "sacct", "true")
    _fake(tmp_path, "scancel", f"touch {tmp_path}/cancelled")
    _fake(tmp_path, "sbatch", "echo 8")
    _queue(tmp_path, "6|RUNNING|None", "7|RUNNING|None", directory="/other/runs/key")
    (tmp_path / "bin" / "squeue").rename(tmp_path / "bin" / name)
    _fake(tmp_path, "squeue", "true") if name == "sacct" else None

    assert (0, "8") == _submit(tmp_path, attempted_s_ago=SETTLED_S)
    assert not (tmp_path / "cancelled").exists()


def test_accounting_that_cannot_be_asked_is_not_taken_for_no_job(tmp_path):
    """With an earlier attempt and no word from sacct nothing is submitted."""
    _fake(tmp_path, "squeue", "true")
    _fake(tmp_path, "sacct", "echo 'Connection refused' >&2; exit 1")
    _fake(tmp_path, "sbatch", "echo 8")

    assert (74, "") == _submit(tmp_path, attempted_s_ago=SETTLED_S)


def test_a_cluster_without_accounting_can_be_submitted_to_again(tmp_path):
    """Where there is no accounting, squeue's word is enough."""
    _fake(tmp_path, "squeue", "true")
    _fake(tmp_path, "sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1")
    _fake(tmp_path, "sbatch", "echo 'sbatch: a warning'; echo '8;cluster'")

    assert (0, "8") == _submit(tmp_path, attempted_s_ago=SETTLED_S)


def test_what_the_controller_may_still_take_is_not_sent_again(tmp_path):
    """No job is seen yet of an attempt that had no answer: that settles nothing until its request cannot count."""
    _fake(tmp_path, "squeue", "true")
    _fake(tmp_path, "sacct", "true")
    _fake(tmp_path, "sbatch", "echo 8")

    assert (UNSETTLED_CODE, "") == _submit(tmp_path, attempted_s_ago=SETTLED_S - 60)
    assert (0, "8") == _submit(tmp_path, attempted_s_ago=SETTLED_S + 1)


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", UNSETTLED_CODE),
        ("sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received", UNSETTLED_CODE),
        ("sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)", 0),
        ("sbatch: error: Batch job submission failed: Job violates accounting/QOS policy", 0),
    ],
)
def test_only_what_may_have_been_heard_keeps_from_sending_again(tmp_path, said, again):
    """A refusal, and a controller that is not there, are answers."""
    _fake(tmp_path, "squeue", "true")
    _fake(tmp_path, "sacct", "true")
    _fake(tmp_path, "sbatch", f"echo '{said}' >&2; exit 1")
    assert (1, "") == _submit(tmp_path)
    _fake(tmp_path, "sbatch", "echo 8")

    assert again == _submit(tmp_path)[0]


def test_of_several_jobs_one_is_kept(tmp_path):
    """The first is the run's, unless another has begun; the others are cancelled."""
    _queue(tmp_path, *(f"{job}|RUNNING|None" for job in (7, 6, 8, 6)))
    _fake(tmp_path, "scancel", f"echo $* >>{tmp_path}/cancelled")
    first = _submit(tmp_path, attempted_s_ago=1)
    (tmp_path / "runs" / "key" / "job_id").unlink()
    _fake(tmp_path, "awk", f'echo 7 >{tmp_path}/runs/key/job_id; exec /usr/bin/awk "$@"')  # it begins just now
    second = _submit(tmp_path, attempted_s_ago=1)

    assert [(0, "6"), (0, "7")] == [first, second]
    assert "--name=key 7 8\n--name=key 6 8\n" == (tmp_path / "cancelled").read_text()


@pytest.mark.parametrize("tasks", [0, 2])
def test_of_two_copies_of_a_job_one_runs(tmp_path, tasks):
    """Both may start before the bot hears of either: the second finds the first one's number and ends."""
    for index in range(tasks):
        (tmp_path / "runs" / f"{KEY}-{index}").mkdir(parents=True)
    (tmp_path / "runs" / KEY).mkdir(exist_ok=True, parents=True)
    (tmp_path / "runs" / KEY / "tasks").write_text(f"{KEY}-0\n{KEY}-1\n")
    (tmp_path / "job.sh").write_text(script(str(tmp_path), Launch(("true",)), tasks=tasks))

    def run(job: int, raw: int, task: int) -> tuple[int, str]:
        names = {"SLURM_JOB_ID": str(raw), "PATH": os.environ["PATH"]}
        names |= {"SLURM_ARRAY_JOB_ID": str(job), "SLURM_ARRAY_TASK_ID": str(task)} if tasks else {}
        done = subprocess.run(["bash", tmp_path / "job.sh"], env=names, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    copy = (COPY_CODE, "this run is job 5; job 9 is a copy of it, and ends\n")
    assert [(0, ""), copy, (0, "")] == [run(5, 5, 0), run(9, 9, 0), run(5, 5 + bool(tasks), 1)]


def test_a_job_leaves_a_folder_alone_that_was_made_anew_for_another_order(tmp_path):
    """Somebody moved its own away while it waited: it neither takes the new one's name nor runs what stands there."""
    run = tmp_path / "runs" / KEY
    run.mkdir(parents=True)
    (run / "made_for").write_text("another\n")
    (tmp_path / "job.sh").write_text(script(str(tmp_path), Launch(("touch", "ran"))))
    names = {"SLURM_JOB_ID": "5", "PATH": os.environ["PATH"]}
    done = subprocess.run(["bash", tmp_path / "job.sh"], env=names, capture_output=True, text=True, check=False)

    assert (COPY_CODE, ["made_for"]) == (done.returncode, [path.name for path in run.iterdir()])


@pytest.mark.parametrize(
    ("text", "given"),
    [(DETAILS, "A 7\nP slipway-run-1-1\n.\n"), (TEST_ONLY, "#!/bin/bash\n#SBATCH --time=10\ntrain\n# end\n")],
)
def test_what_came_over_a_line_that_dropped_is_not_acted_on(tmp_path, text, given):
    """Wherever it was cut, it has no end, and SLURM is not even asked: it would take half a script for a whole one."""
    for name in ("sacct", "sbatch"):
        _fake(tmp_path, name, f"touch {tmp_path}/asked")

    def run(cut: int) -> int:
        return subprocess.run(
            ["bash", "-c", text, "slipway", tmp_path],
            env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"},
            input=given[:cut].encode(),
            capture_output=True,
            check=False,
        ).returncode

    assert {CUT_CODE} == {run(cut) for cut in range(len(given) - 1)}
    assert not (tmp_path / "asked").exists()
    assert 0 == run(len(given))
    assert (tmp_path / "asked").exists()


def test_a_first_attempt_asks_nobody(tmp_path):
    """Without an earlier attempt there is nothing to look for."""
    _fake(tmp_path, "sbatch", "echo 9")

    assert (0, "9") == _submit(tmp_path)


def _fake(folder: Path, name: str, body: str) -> None:
    (folder / "bin").mkdir(exist_ok=True)
    script_file = folder / "bin" / name
    script_file.write_text(f"#!/bin/bash\n{body}\n")
    script_file.chmod(0o755)


def _queue(folder: Path, *jobs: str, directory: str = "") -> None:
    """Have squeue show these jobs, which work in the run's folder, or in that one."""
    here = directory or f"{folder}/runs/key"
    lines = "".join("\x1f".join([*job.split("|"), here]) + "\n" for job in jobs)
    (folder / "queue").write_text(lines)
    _fake(folder, "squeue", f"cat {folder}/queue")


def _submit(folder: Path, *, attempted_s_ago: int | None = None) -> tuple[int, str]:
    run = folder / "runs" / "key"
    run.mkdir(parents=True, exist_ok=True)
    if attempted_s_ago is not None:
        (run / "submitting").touch()
        os.utime(run / "submitting", (time.time() - attempted_s_ago,) * 2)
    done = subprocess.run(
        ["bash", "-c", SUBMIT_ONCE, "slipway", "key", folder, ""],
        env={"PATH": f"{folder}/bin:/usr/bin:/bin"},
        text=True,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.strip()
