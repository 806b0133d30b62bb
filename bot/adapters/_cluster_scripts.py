"""Commands for the login node, each safe to call again: shipping, submitting once, stopping, one round of asking."""

from bot.adapters._cluster_job import NO_FOLDER_CODE

BUSY_CODE = 73
LOOKUP_CODE = 74
CUT_CODE = 75
"""What was to come over stdin did not come whole."""
NO_COMMIT_CODE = 76

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

SPLIT = f"""\
cd -- "$1/runs" || exit {NO_FOLDER_CODE}
exec 9>"$2/submit.lock"
flock -w 20 9 || exit {BUSY_CODE}
[ ! -e "$2/split" ] || exit 0
cut -f 1 "$2/specs" >"$2/tasks.new" && xargs mkdir -p -- <"$2/tasks.new" || exit 1
while IFS=$'\\t' read -r key spec; do
  printf '%s\\n' "$spec" >"$key/spec.json" || exit 1
done <"$2/specs"
mv "$2/tasks.new" "$2/tasks" && : >"$2/split"
"""
"""Arguments: directory, key. Makes the folders of an array's tasks from its one file of keys and specs."""

CHECKOUT = f"""\
repository=$2 commit=$3 name=$4
cd -- "$1" 2>/dev/null || exit {NO_FOLDER_CODE}
mkdir -p code && cd code || exit 1
exec 9>"$name.lock"
flock -w 500 9 || exit {BUSY_CODE}
[ ! -d "$name" ] || exit 0
export GIT_TERMINAL_PROMPT=0 GIT_SSH_COMMAND='ssh -o BatchMode=yes'
rm -rf -- "$name.new"
git init -q -- "$name.new" && cd -- "$name.new" || exit 1
# Not every server gives out a commit that is no branch's newest: then all branches and tags are fetched.
git fetch -q --depth 1 "$repository" "$commit" 2>/dev/null ||
  git fetch -q "$repository" '+refs/heads/*:refs/remotes/origin/*' '+refs/tags/*:refs/tags/*' || exit 1
git cat-file -e "$commit^{{commit}}" 2>/dev/null || exit {NO_COMMIT_CODE}
git -c advice.detachedHead=false checkout -q --detach "$commit" &&
  git submodule update -q --init --recursive &&
  cd .. && mv -T -- "$name.new" "$name"
"""
"""Arguments: directory, repository, commit, the folder's name. Whoever comes second finds the first one's copy."""

SUBMIT_ONCE = f"""\
key=$1 from=$2/runs/$3/checkpoint.pt
cd -- "$2/runs/$key" || exit {NO_FOLDER_CODE}
exec 9>submit.lock
flock -w 20 9 || exit {BUSY_CODE}
if [ -s job_id ]; then cat job_id; exit 0; fi
remember() {{ echo "$1" >job_id.new && mv job_id.new job_id && cat job_id; }}
if [ -e submitting ]; then
  # An earlier attempt may have reached SLURM and died before it could write. A refused one leaves a record, not a job.
  rows=$(squeue -h -t all --me --name="$key" -o '%F %T %r') || exit {LOOKUP_CODE}
  old=$(awk '!($2 == "FAILED" && $3 == "BadConstraints") {{ print $1 }}' <<<"$rows" | sort -n | head -n 1)
  if [ -z "$old" ]; then
    if rows=$(sacct -X -n -P --name="$key" -S now-30days -o JobID,State,NodeList 2>submit.err); then
      old=$(awk -F'|' '!($2 == "FAILED" && $3 == "None assigned") {{ print $1 }}' <<<"$rows" | sort -n | head -n 1)
      old=${{old%%_*}} # of an array's task, the array
    elif ! grep -qi 'accounting storage is disabled' submit.err; then
      cat submit.err >&2
      exit {LOOKUP_CODE}
    fi
  fi
  if [ -n "$old" ]; then remember "$old"; exit; fi
fi
if [ -n "$3" ] && [ -e "$from" ] && ! [ checkpoint.pt -nt "$from" ]; then
  rm -rf .checkpoint.new && cp -a --reflink=auto -- "$from" .checkpoint.new &&
    mv -T .checkpoint.new checkpoint.pt || exit 1
fi
: >submitting || exit 1
said=$(sbatch --parsable job.sh) || exit 1
id=$(tail -n 1 <<<"$said")
id=${{id%%;*}}
[[ $id =~ ^[0-9]+$ ]] || {{ echo "sbatch answered: $said" >&2; exit {LOOKUP_CODE}; }}
remember "$id"
"""
"""Arguments: key, directory, key of the attempt to go on from or nothing. Prints the job id. Any number of calls, cut
anywhere, make one job."""

STOP = """\
how=$5
if cd -- "$1/runs" 2>/dev/null; then
  if [ -e "$2/tasks" ]; then sed 's|$|/stop_asked|' "$2/tasks" | xargs touch --; elif [ -d "$2" ]; then
    touch -- "$2/stop_asked"; fi || exit
fi
# The name beside the id: an id that SLURM has given anew belongs to somebody else.
case $4 in
  *_*) # Of a task that waits, scancel with any filter cancels all of its array that wait, so the filter is here.
    state=$(squeue -h -r -t all -j "$4" -o '%j %T') || exit
    case $how,$state in
      "keep,$3 RUNNING") scancel --signal=USR1 --batch "$4" ;;
      *,"$3 "*) scancel "$4" ;;
    esac
    ;;
  *)
    [ "$how" = keep ] || exec scancel --name="$3" "$4"
    scancel --state=PENDING --name="$3" "$4" # it has nothing to save
    scancel --state=RUNNING --name="$3" --signal=USR1 --batch "$4"
    ;;
esac
"""
"""Arguments: directory, key, SLURM's name, id, `keep` or `cancel`."""

QUEUE_FIELDS = (*("JobArrayID", "Name", "State", "Reason", "NodeList", "RestartCnt", "exit_code", "DerivedEC"),)
LIST = ("squeue", "-h", "-r", "-t", "all", "--me", "-O", ",".join(f"{name}:\x1f" for name in QUEUE_FIELDS))
"""All jobs of ours, each task of an array on a line of its own. Source of the suffix that ends a field: squeue(1)."""

DETAILS = rf"""
cd -- "$1/runs" 2>/dev/null
mapfile -t lines
[ "${{lines[-1]-}}" = . ] || exit {CUT_CODE}
only() {{ printf '%s\n' "${{lines[@]}}" | sed -n "s|^$1 \(.*\)|\1$2|p"; }}
echo @sacct
only A | xargs -r -n 5000 | tr ' ' , | while read -r list; do
  timeout 15 sacct -X -n -P --delimiter=$'\x1f' -j "$list" \
    -o JobID,JobName,State,ExitCode,DerivedExitCode,End,NodeList ||
    echo '@sacct failed'
done
echo @progress
only P /progress.jsonl | xargs -r tail -v -n 2 -- 2>/dev/null
echo @stopped
only T /stop_asked | xargs -r ls -d -- 2>/dev/null
exit 0
"""
"""Argument: directory. On stdin `A id` for accounting, `P key` for progress, `T key` for whether it was asked to stop;
a dot as the last line."""

TEST_ONLY = rf"""
script=$(cat)
[[ $script == *$'\n# end' ]] || exit {CUT_CODE}
SLURM_TIME_FORMAT=%s TZ=UTC0 sbatch --test-only <<<"$script"
"""
"""On stdin a script with `# end` as its last line. Says on stderr when it would start."""
