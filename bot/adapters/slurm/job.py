"""The batch script of a run, or of an array of runs: what it asks of SLURM, and how it starts, stops and ends."""

import re
import shlex
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from bot.core.text import quoted
from bot.errors import Refused
from bot.ports import Order
from bot.things.run.model import Resources

WARN_S = 90
"""How long before the time limit the run is told; SLURM may be up to a minute early."""
SHORTEST_WARNED_MIN = 10
"""Below this the warning would come right at the start; the run then gets SIGTERM and KillWait at its limit."""
LAST_RANK_WAIT_S = 600
"""How long the other ranks may go on when one has ended well, or was told to stop: long enough to save, shorter than
burning the whole limit."""
PROBES = 10
"""How often it is looked, every 20 ms, whether SLURM signals all processes of a rank, or its first alone."""

NO_FOLDER_CODE = 72
"""Exit code of a job, or of a preparation, whose folder is not there."""
STOPPED_CODE = 91
"""Exit code of a script whose run was asked to stop, saved, and stopped."""
STOPPED_UNSAVED_CODE = 92
"""The same of a run that never began, or that ended by the signal because it does not know it."""
WARNED_CODE = 94
"""Exit code of a script whose run ended by the warning of its time limit, a signal that its code does not know."""
COPY_CODE = 93
"""Exit code of a script that found its run to be another job: sbatch had been asked twice."""

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}")
_NODES = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\[\],-]{0,255}")


@dataclass(frozen=True, slots=True)
class Launch:
    """How the training code is started."""

    command: Sequence[str]
    """`{spec}` in it stands for the path of spec.json."""
    folder: str = ""
    """What it is started in; empty for the run's own folder."""
    setup: Sequence[str] = ()
    """Lines of shell before it; one that fails ends the run."""


def check_resources(asked: Resources) -> None:
    """Refuse names that SLURM could not take, so that none of them can be read as something else."""
    named = {"partition": asked.partition, "GPU type": asked.gpu_type, "account": asked.account, "QOS": asked.qos}
    for what, name in named.items():
        if name and not NAME.fullmatch(name):
            raise Refused(f"{quoted(name)} is no name of a {what}; use letters, digits, dots, hyphens and underlines.")
    for node in asked.exclude:
        if not _NODES.fullmatch(node):
            raise Refused(f"{quoted(node)} is no name of a node to leave out; write it as `sinfo -N` does.")


def task_count(asked: Resources) -> int:
    """Return how many ranks the run has: one for each GPU, and one for each node without any."""
    return asked.nodes * max(1, asked.gpus)


def job_script(order: Order, launch: Launch, *, directory: PurePosixPath, gpu_type: str) -> str:
    """Return the batch script.

    The training code is a background child, because bash puts a trap off while a foreground child runs. Of --export
    nothing is asked: the environment is the SSH session's, and NONE would make SLURM run a login shell for each job.
    """
    header = [f"#SBATCH --{name}={shlex.quote(value)}" for name, value in _options(order, directory, gpu_type)]
    # A lost node ends the attempt, so that people hear of it; they decide on the next.
    header.append("#SBATCH --no-requeue")
    fill = {
        "@DIRECTORY@": shlex.quote(str(directory)),
        "@KEY@": shlex.quote(order.key),
        "@MADE_FOR@": shlex.quote(order.made_for),
        "@TASK@": _PICK_TASK if order.tasks else "",
        "@LOG@": _LINK_LOG if order.tasks else "",
        "@RESUME@": _resume(order),
        "@RANKS@": _RANKS if task_count(order.resources) > 1 else "",
        "@CODE_OF_RANKS@": _CODE_OF_RANKS if task_count(order.resources) > 1 else "",
        "@SETUP@": "\n".join(f"    {line}" for line in _setup(launch)),
        "@COMMAND@": " ".join([*_srun(order.resources), *map(_word, launch.command)]),
    }
    body = re.sub("|".join(fill), lambda match: fill[match[0]], _BODY)
    return "\n".join(["#!/bin/bash", *header, re.sub(r"\n(?: *\n)+", "\n", body)])


def _options(order: Order, directory: PurePosixPath, gpu_type: str) -> list[tuple[str, str]]:
    asked = order.resources
    ranks_per_node = max(1, asked.gpus)
    run = str(directory / "runs" / order.key)
    log = run.replace("%", "%%") + ("/%a.log" if order.tasks else "/log.txt")
    options = [
        ("job-name", order.key),
        ("partition", asked.partition),
        ("nodes", str(asked.nodes)),
        ("ntasks-per-node", str(ranks_per_node)),
        ("cpus-per-task", str(max(1, asked.cpus // ranks_per_node))),
        ("mem", f"{asked.memory_gib}G"),
        ("time", str(asked.time_limit_min)),
        ("output", log),
        ("open-mode", "append"),
        ("chdir", run),  # the home of who submits, the default, need not be there on nodes, and would be complained of
    ]
    if order.tasks:
        at_once = f"%{order.at_once}" if order.at_once else ""
        options.append(("array", f"0-{len(order.tasks) - 1}{at_once}"))
    if asked.gpus:
        options.append(("gres", f"gpu:{asked.gpu_type or gpu_type}:{asked.gpus}"))
    options += [(name, value) for name, value in (("account", asked.account), ("qos", asked.qos)) if value]
    if asked.exclude:
        options.append(("exclude", ",".join(asked.exclude)))
    if asked.time_limit_min >= SHORTEST_WARNED_MIN:
        options.append(("signal", f"B:USR1@{WARN_S}"))
    return options


def _srun(asked: Resources) -> list[str]:
    if task_count(asked) == 1:
        return []
    ranks_per_node = max(1, asked.gpus)
    names = " ".join(f"{name}={value}" for name, value in {**_TORCHRUN, "LOCAL_WORLD_SIZE": ranks_per_node}.items())
    rank = f"export {names}\n{_RANK}"
    return [
        "srun",
        f"--ntasks={task_count(asked)}",
        f"--ntasks-per-node={ranks_per_node}",
        f"--cpus-per-task={max(1, asked.cpus // ranks_per_node)}",
        f"--wait={LAST_RANK_WAIT_S}",
        "--kill-on-bad-exit=1",
        f'bash -c {shlex.quote(rank)} rank "$run"/.ends',
    ]


def _word(text: str) -> str:
    """Return the word for the shell, with the path of the run's spec.json in the place of `{spec}`."""
    parts = [shlex.quote(part) if part else "" for part in text.split("{spec}")]
    return '"$run"/spec.json'.join(parts) or "''"


def _setup(launch: Launch) -> list[str]:
    return [*launch.setup, f"cd -- {shlex.quote(launch.folder)} || exit {NO_FOLDER_CODE}" if launch.folder else ""]


def _resume(order: Order) -> str:
    if order.resume_from is None:
        return ""
    return f"""\
  if [ -e checkpoint.pt ]; then echo "going on from the checkpoint of {order.resume_from}"
  else echo "{order.resume_from} left no checkpoint; starting from the beginning"; fi"""


_PICK_TASK = """\
  array=$key
  key=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" "$directory/runs/$array/tasks")"""
_LINK_LOG = """\
  ln -sfn "../$array/$SLURM_ARRAY_TASK_ID.log" log.txt"""
_RANKS = """\
  MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
  export MASTER_ADDR MASTER_PORT=$((20000 + SLURM_JOB_ID % 20000))
  rm -rf .ends && mkdir .ends || exit 1"""

_AWAIT = """\
code=0
wait "$child" || code=$?
while kill -s 0 "$child" 2>/dev/null; do # a trap has ended the wait, not the child
  code=0
  wait "$child" || code=$?
done
if [ "$code" -gt 128 ]; then # it may have ended just when a trap ended the wait: bash still knows how
  known=0
  wait "$child" 2>/dev/null || known=$?
  [ "$known" -eq 127 ] || code=$known
fi"""
"""Waits for a background child, whatever signals come meanwhile."""

_RANK = f"""\
ends=$1 child= told=
shift
sleep infinity >/dev/null 2>&1 &
probe=$! # SLURM signals each process of a rank, or its first alone: what ends this one has reached the code, too
disown "$probe"
tell() {{
  told=$1
  for _ in {{1..{PROBES}}}; do
    [ -n "$probe" ] || break
    kill -s 0 "$probe" 2>/dev/null || {{ probe=; break; }}
    sleep 0.02
  done
  [ -z "$child" ] || [ -z "$probe" ] || kill -s "$1" "$child" 2>/dev/null
}}
trap "tell USR1" USR1
trap "tell TERM" TERM
(trap - INT QUIT; exec "$@") &
child=$!
[ -z "$told" ] || kill -s "$told" "$child" # it came before there was anybody to hear it
{_AWAIT}
[ -z "$probe" ] || kill -s KILL "$probe" 2>/dev/null
[ "$code" -ne 0 ] || exit 0
if [ -n "$told" ] || [ "$code" -eq 85 ]; then
  echo "$code" >"$ends/told.$RANK" && exit 0 # others may still save
fi
echo "$code" >"$ends/bad.$RANK" && ln "$ends/bad.$RANK" "$ends/first" 2>/dev/null
exit "$code"
"""
"""One rank: with --kill-on-bad-exit a code other than 0 has SLURM end all ranks, first with SIGTERM. Thus one that has
saved, or ends after it was told to stop, leaves its code in a file.

Source:
    SignalChildrenProcesses in cgroup.conf(5), for which processes of a rank are signalled.
"""

_CODE_OF_RANKS = """\
  if grep -qsx 137 .ends/bad.*; then
    code=137 # whatever it took down with it may have ended sooner
  elif [ -s .ends/first ]; then
    code=$(cat .ends/first)
  elif [ "$code" -eq 0 ] || [ "$warned" = 1 ]; then
    worst=$(cat .ends/told.* 2>/dev/null | sort -n | tail -n 1)
    if grep -qsx 85 .ends/told.*; then code=85; else code=${worst:-$code}; fi
  fi"""
"""srun's own is the highest, so of a rank that was killed because another had failed."""

_TORCHRUN = {
    "RANK": "$SLURM_PROCID",
    "WORLD_SIZE": "$SLURM_NTASKS",
    "LOCAL_RANK": "$SLURM_LOCALID",
    "GROUP_RANK": "$SLURM_NODEID",
}
"""What code that is written for torchrun looks for. srun in its place passes signals on and exit codes back.

Source:
    https://docs.pytorch.org/docs/stable/elastic/run.html#environment-variables
"""

_BODY = f"""\
main() {{
  directory=@DIRECTORY@ key=@KEY@ array='' child='' warned=0
  pass() {{ [ -z "$child" ] || kill -s "$1" "$child" 2>/dev/null; }}
  trap 'warned=1; pass USR1' USR1
  trap 'pass TERM' TERM
  hint() {{ echo "$key" >>"$directory/ended.log"; }} # for whoever follows the file
  trap hint EXIT
@TASK@
  run=$directory/runs/$key
  cd -- "$run" || {{
    echo "the run's folder is not there on $(hostname); is the shared folder mounted?" >&2
    exit {NO_FOLDER_CODE}
  }}
  if [ "$(cat made_for 2>/dev/null)" != @MADE_FOR@ ]; then
    echo "this run's folder was made anew for another order; job $SLURM_JOB_ID leaves it alone, and ends" >&2
    exit {COPY_CODE}
  fi
@LOG@
  # Of the jobs that unanswered submissions may have left, the first that is named here is the run's.
  named=../${{array:-$key}}/job_id own=${{SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}}
  [ -s "$named" ] || {{
    echo "$own" >"$named.$SLURM_JOB_ID" && ln "$named.$SLURM_JOB_ID" "$named" 2>/dev/null
    rm -f "$named.$SLURM_JOB_ID"
  }}
  first=$(cat "$named" 2>/dev/null)
  if [ "${{first:-$own}}" != "$own" ]; then
    echo "this run is job $first; job $own is a copy of it, and ends"
    exit {COPY_CODE}
  fi
  rm -f exit_code
  : >begun
  trap 'echo "$? $SLURM_JOB_NODELIST" >exit_code.new && mv exit_code.new exit_code; hint' EXIT # should SLURM forget it
  if [ -e stop_asked ]; then
    echo "asked to stop before it began"
    exit {STOPPED_UNSAVED_CODE}
  fi
@RESUME@
  export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
@RANKS@
  (
@SETUP@
    exec @COMMAND@
  ) &
  child=$!
{textwrap.indent(_AWAIT, "  ")}
@CODE_OF_RANKS@
  if [ -e stop_asked ]; then
    case $code in
      85) code={STOPPED_CODE} ;;
      138 | 143) code={STOPPED_UNSAVED_CODE} ;;
    esac
  elif [ "$code$warned" = 1381 ]; then
    code={WARNED_CODE}
  fi
  exit "$code"
}}
main
"""
