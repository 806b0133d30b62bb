"""A process that has imported torch once, and forks for each run of the payload: the import is most of a short run.

Each line of its input is a question in JSON, each line of its output the answer. A run is the payload's own script in a
process of its own, with its own folder, environment and log.
"""

import gc
import json
import os
import runpy
import sys
from typing import Any


def next_run() -> dict[str, Any]:
    """Answer until the input ends; in the fork for a run, return what was asked."""
    for line in sys.stdin:
        question = json.loads(line)
        if "argv" not in question:
            pid, status = os.waitpid(question["pid"], 0 if question["waits"] else os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            if question["environment"].get("WORLD_SIZE", "1") != "1":
                import torch._dynamo  # noqa: F401, PLC0415 - which several ranks need, and takes as long as torch
            answer = os.fork()
            if not answer:
                begun: dict[str, Any] = question
                return begun
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    sys.exit()


def become(run: dict[str, Any]) -> None:
    """Be as a process that was started for the run, but for what is imported."""
    log, nothing = os.open(run["log"], os.O_WRONLY | os.O_APPEND), os.open(os.devnull, os.O_RDONLY)
    for ours, its in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(ours, its)
    os.chdir(run["cwd"])
    os.environ.clear()
    os.environ.update(run["environment"])
    sys.argv = run["argv"]
    sys.path[0] = os.path.dirname(sys.argv[0])  # noqa: PTH120 - as Python itself has it


def train() -> int:
    """Run the script, and return its exit code."""
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    import sklearn.datasets  # noqa: F401 - which some datasets need
    import torch  # noqa: F401

    gc.freeze()  # else each run would copy all of it to look for garbage
    become(next_run())
    code = train()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # taking apart what was imported takes longer than a run
