"""The text of what runs on the cluster: the job's script, submitting once, and one round of asking."""

import shlex
from pathlib import PurePosixPath

from bot.ports import Order

WARN_S = 90
"""How long before the time limit the run is told; SLURM may be up to a minute early."""
SHORTEST_WARNED_MIN = 10
"""Below this the warning would come right at the start; the run then gets SIGTERM and KillWait at its limit."""

NO_FOLDER_CODE = 72
"""Exit code of a job, or of a preparation, whose folder is not there."""
BUSY_CODE = 73
LOOKUP_CODE = 74


def job_script(order: Order, *, run: PurePosixPath, payload: PurePosixPath, python: str, gpu_type: str) -> str:
    """Return the batch script of a run.

    The recipe is a background child, because bash puts a trap off while a foreground child runs. Of --export nothing is
    asked: the environment is the SSH session's, and NONE would make SLURM run a login shell for each job.
    """
    asked = order.resources
    options = [
        ("job-name", order.key),
        ("partition", asked.partition),
        ("nodes", str(asked.nodes)),
        ("ntasks-per-node", "1"),
        ("cpus-per-task", str(asked.cpus)),
        ("mem", f"{asked.memory_gib}G"),
        ("time", str(asked.time_limit_min)),
        ("output", str(run / "log.txt").replace("%", "%%")),
        ("open-mode", "append"),
    ]
    if asked.gpus:
        options.append(("gres", f"gpu:{gpu_type}:{asked.gpus}"))
    if asked.time_limit_min >= SHORTEST_WARNED_MIN:
        options.append(("signal", f"B:USR1@{WARN_S}"))
    header = [f"#SBATCH --{name}={shlex.quote(value)}" for name, value in options]
    # A lost node ends the attempt, so that people hear of it; they decide on the next.
    header.append("#SBATCH --no-requeue")
    command = shlex.join([python, str(payload / f"{order.recipe}.py"), str(run / "spec.json")])
    body = _JOB_BODY.replace("@RUN@", shlex.quote(str(run))).replace("@COMMAND@", command)
    return "\n".join(["#!/bin/bash", *header, body])


_JOB_BODY = f"""\
main() {{
  cd -- @RUN@ || {{
    echo "the run's folder is not there on $(hostname); is the shared folder mounted?" >&2
    exit {NO_FOLDER_CODE}
  }}
  export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
  @COMMAND@ &
  child=$!
  trap 'kill -s USR1 "$child" 2>/dev/null' USR1
  trap 'kill -s TERM "$child" 2>/dev/null' TERM
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
  fi
  exit "$code"
}}
main
"""

PREPARE = f"""\
cd -- "$1" 2>/dev/null || exit {NO_FOLDER_CODE}
mkdir -p "payload" "runs/$2" || exit 1
if [ -d "payload/$3" ]; then echo shipped; else mkdir -p "payload/$4" && echo absent; fi
"""
"""Arguments: directory, key, payload's name, its name while it is shipped."""

PLACE = """\
cd -- "$1/payload" || exit 1
[ -d "$2" ] || mv -T -- "$3" "$2" || [ -d "$2" ] || exit 1
rm -rf -- "$3"
"""
"""Arguments: directory, payload's name, its name while it is shipped. Who comes second finds the first one's copy."""

PROBE = """\
file=$1/.probe.$$
head -c 65536 /dev/zero >"$file"
code=$?
rm -f -- "$file"
exit "$code"
"""
"""Argument: a folder. Says on stderr why it cannot be written, which SFTP does not."""

SUBMIT_ONCE = f"""\
key=$1
cd -- "$2/runs/$key" || exit {NO_FOLDER_CODE}
exec 9>submit.lock
flock -w 20 9 || exit {BUSY_CODE}
if [ -s job_id ]; then cat job_id; exit 0; fi
remember() {{ echo "$1" >job_id.new && mv job_id.new job_id && cat job_id; }}
if [ -e submitting ]; then
  # An earlier attempt may have reached SLURM and died before it could write. A refused one leaves a record, not a job.
  rows=$(squeue -h -t all --me --name="$key" -o '%A %T %r') || exit {LOOKUP_CODE}
  old=$(awk '!($2 == "FAILED" && $3 == "BadConstraints") {{ print $1 }}' <<<"$rows" | sort -n | head -n 1)
  if [ -z "$old" ]; then
    if rows=$(sacct -X -n -P --name="$key" -S now-30days -o JobIDRaw,State,NodeList 2>submit.err); then
      old=$(awk -F'|' '!($2 == "FAILED" && $3 == "None assigned") {{ print $1 }}' <<<"$rows" | sort -n | head -n 1)
    elif ! grep -qi 'accounting storage is disabled' submit.err; then
      cat submit.err >&2
      exit {LOOKUP_CODE}
    fi
  fi
  if [ -n "$old" ]; then remember "$old"; exit; fi
fi
: >submitting || exit 1
said=$(sbatch --parsable job.sh) || exit 1
id=$(tail -n 1 <<<"$said")
id=${{id%%;*}}
[[ $id =~ ^[0-9]+$ ]] || {{ echo "sbatch answered: $said" >&2; exit {LOOKUP_CODE}; }}
remember "$id"
"""
"""Arguments: key, directory. Prints the job id. Any number of calls, cut anywhere, make one job."""

OBSERVE = r"""
directory=$1
shift
rows=$(squeue -h -t all --me -o $'%i\x1f%j\x1f%T\x1f%r\x1f%N') || exit 1
printf '@squeue\n%s\n' "$rows"
declare -A states
while IFS=$'\x1f' read -r id name state rest; do
  [ -z "$id" ] || states[$id]="$name $state"
done <<<"$rows"
logs=() ended=() gone=()
while [ $# -gt 1 ]; do
  id=$1 key=$2
  shift 2
  case ${states[$id]-} in
    "$key RUNNING") logs+=("$directory/runs/$key/progress.jsonl") ;;
    "$key CANCELLED") ended+=("$id") gone+=("$id") ;; # only accounting knows by whom
    "$key PENDING" | "$key CONFIGURING" | "$key COMPLETING") ;;
    "$key "*) ended+=("$id") ;;
    *) gone+=("$id") ;;
  esac
done
echo @scontrol
for id in "${ended[@]}"; do scontrol -d -o show job "$id" 2>/dev/null; done
echo @sacct
if [ ${#gone[@]} -gt 0 ]; then
  list=$(IFS=,; echo "${gone[*]}")
  sacct -X -n -P --delimiter=$'\x1f' -j "$list" -o JobIDRaw,JobName,State,ExitCode,DerivedExitCode,End,NodeList ||
    echo '@sacct failed'
fi
echo @progress
[ ${#logs[@]} -eq 0 ] || tail -v -n 2 -- "${logs[@]}" 2>/dev/null
exit 0
"""
"""Arguments: directory, then id and key of each job. Prints four parts, each after a line with its name."""
