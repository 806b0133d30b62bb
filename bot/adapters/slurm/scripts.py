"""Commands for the login node, each safe to call again: shipping, submitting once, stopping, one round of asking."""

from bot.adapters.slurm.job import NO_FOLDER_CODE

BUSY_CODE = 73
LOOKUP_CODE = 74
CUT_CODE = 75
"""What was to come over stdin did not come whole."""
NO_COMMIT_CODE = 76
UNSETTLED_CODE = 77
"""An earlier attempt had no answer, and its job may still come."""
SETTLED_S = 360
"""So long after it was sent a controller still takes a request: the credential that munge signs it with lasts 300 s."""
UNHEARD = "timed out|Zero Bytes|Negative bytes|send failure|receive failure|shutdown failure|Unexpected message"
"""sbatch's words when the request may have reached the controller. Source: slurm_errno.c of 22.05 and 24.11."""
ITS_OWN_WORD_MIN = 1
"""How long a script's own word of its end waits for SLURM's, which knows more."""
GLANCE_S, GLANCE_BYTES = 4, 4096
"""Of the files that are looked at for all runs together: so long at most, and so much of the end of each."""
NO_ACCOUNTING = "accounting storage is disabled"
"""What sacct says of a cluster that keeps none."""

NOT_OURS_CODE = 78
"""A run's folder was made for another order: by an earlier database, or by another installation."""

IS_OURS = """\
is_ours() { # whether the folder says that it was made for this order
  local said=
  [ -f "$1/made_for" ] && [ ! -L "$1/made_for" ] && read -r said <"$1/made_for"
  [ -e "$1/made_for" ] && [ "$said" = "$2" ]
}"""

PREPARE = f"""\
{IS_OURS}
cd -- "$1" 2>/dev/null || exit {NO_FOLDER_CODE}
mkdir -p "payload" "runs/$2" || exit 1
run=runs/$2 mark=runs/$2/.made_for.$$
if [ ! -e "$run/made_for" ] && [ -z "$(ls -A -- "$run" | grep -v '^[.]made_for[.]')" ]; then
  # Whoever comes to an empty folder first says for which order it is.
  printf '%s\n' "$5" >"$mark" || exit 1
  ln -- "$mark" "$run/made_for" 2>"$mark.err" || [ -e "$run/made_for" ] || {{ cat "$mark.err" >&2; exit 1; }}
  rm -f -- "$mark" "$mark.err"
fi
is_ours "$run" "$5" || exit {NOT_OURS_CODE}
if [ -z "$3" ] || [ -d "payload/$3" ]; then echo shipped; else mkdir -p "payload/$4" && echo absent; fi
"""
"""Arguments: directory, key, payload's name or nothing, its name while it is shipped, what the folder is made for."""

PLACE = """\
cd -- "$1/payload" || exit 1
[ -d "$2" ] || mv -T -- "$3" "$2" || [ -d "$2" ] || exit 1
rm -rf -- "$3"
"""
"""Arguments: directory, payload's name, its name while it is shipped. Who comes second finds the first one's copy."""

IS_KEPT = """\
[ ! -f "$1/payload/$2/$3.py" ] || echo kept
"""
"""Arguments: directory, payload's name, recipe."""

PROBE = """\
file=$1/.probe.$$
head -c 65536 /dev/zero >"$file"
code=$?
rm -f -- "$file"
exit "$code"
"""
"""Argument: a folder. Says on stderr why it cannot be written, which SFTP does not."""

SPLIT = f"""\
{IS_OURS}
shopt -s nullglob dotglob
cd -- "$1/runs" || exit {NO_FOLDER_CODE}
exec 9>"$2/submit.lock"
flock -w 20 9 || exit {BUSY_CODE}
[ ! -e "$2/split" ] || exit 0
cut -f 1 "$2/specs" >"$2/tasks.new" || exit 1
while read -r key; do # a thousand of them, so without a process for each
  there=("$key"/*)
  [ -s "$key/made_for" ] || [ "${{there[*]}}" = "$key/made_for" ] || [ "${{#there[@]}}" = 0 ] ||
    {{ echo "$key"; exit {NOT_OURS_CODE}; }}
  [ ! -s "$key/made_for" ] || is_ours "$key" "$3" || {{ echo "$key"; exit {NOT_OURS_CODE}; }}
done <"$2/tasks.new"
xargs mkdir -p -- <"$2/tasks.new" || exit 1
while IFS=$'\\t' read -r key spec; do
  printf '%s\\n' "$3" >"$key/made_for" && printf '%s\\n' "$spec" >"$key/spec.json" || exit 1
done <"$2/specs"
mv "$2/tasks.new" "$2/tasks" && : >"$2/split"
"""
"""Arguments: directory, key, what the folders are made for. Makes those of an array's tasks from its one file of keys
and specs, unless one of them is another order's: then it is named and none is made."""

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

ASK_TO_STOP = """\
ask_to_stop() { # a run, or each task of an array: its script then ends before it begins
  if [ -e "$1/tasks" ]; then sed 's|$|/stop_asked|' "$1/tasks" | xargs touch --
  elif [ -d "$1" ]; then touch -- "$1/stop_asked"; fi
}"""

SUBMIT_ONCE = f"""\
key=$1 from=$2/runs/$3/checkpoint.pt
export here=$2/runs/$key # a job of that name that works elsewhere is another installation's
cd -- "$2/runs/$key" || exit {NO_FOLDER_CODE}
exec 9>submit.lock
flock -w 20 9 || exit {BUSY_CODE}
if [ -s job_id ]; then cat job_id; exit 0; fi
# Whichever job is named first is the run's: by us, or by its own script, which may start before we hear of it.
remember() {{ echo "$1" >job_id.new && {{ ln job_id.new job_id 2>/dev/null; rm -f job_id.new; cat job_id; }}; }}
if [ -e submitting ]; then
  # An earlier attempt may have reached SLURM and died before it could write. A refused one leaves a record, not a job.
  rows=$(squeue -h -t all --me --name="$key" -o $'%F\\x1f%T\\x1f%r\\x1f%Z') || exit {LOOKUP_CODE}
  ids=$(awk -F $'\\x1f' '$4 == ENVIRON["here"] && $2 $3 != "FAILEDBadConstraints" {{ print $1 }}' <<<"$rows")
  ids=$(sort -nu <<<"$ids")
  if [ -z "$ids" ]; then
    fields=JobID,State,NodeList,WorkDir
    if rows=$(sacct -X -n -P --delimiter=$'\\x1f' --name="$key" -S now-30days -o "$fields" 2>submit.err); then
      ids=$(awk -F $'\\x1f' '$4 == ENVIRON["here"] && $2 $3 != "FAILEDNone assigned" {{ print $1 }}' <<<"$rows")
      ids=$(cut -d _ -f 1 <<<"$ids" | sort -nu) # of an array's task, the array
    elif ! grep -qi '{NO_ACCOUNTING}' submit.err; then
      cat submit.err >&2
      exit {LOOKUP_CODE}
    fi
  fi
  if [ -n "$ids" ]; then
    kept=$(remember "$(head -n 1 <<<"$ids")") || exit 1
    copies=$(grep -vxF -- "$kept" <<<"$ids") && scancel --name="$key" $copies
    echo "$kept"
    exit 0
  fi
  touch looked # by the file server's clock, as the other was
  age_s=$(($(stat -c %Y looked) - $(stat -c %Y submitting))) || exit 1
  if [ "$age_s" -lt {SETTLED_S} ]; then
    echo "an attempt of $age_s s ago had no answer; it counts for {SETTLED_S} s" >&2
    exit {UNSETTLED_CODE}
  fi
fi
if [ -n "$3" ] && [ -e "$from" ] && ! [ checkpoint.pt -nt "$from" ]; then
  for one in "${{from%.pt}}.old.pt" "$from"; do # the older one counts should the newer be damaged
    [ -e "$one" ] || continue
    rm -rf .checkpoint.new && cp -a --reflink=auto -- "$one" .checkpoint.new &&
      mv -T .checkpoint.new "${{one##*/}}" || exit 1
  done
fi
touch submitting || exit 1
said=$(sbatch --parsable job.sh 2>submit.err)
code=$?
cat submit.err >&2
if [ "$code" -ne 0 ]; then
  # Its refusal is an answer, and then there is no job; its own end, or that it heard nothing, is none.
  [ "$code" -gt 128 ] || grep -Eq '{UNHEARD}' submit.err || rm -f submitting
  exit 1
fi
id=$(tail -n 1 <<<"$said")
id=${{id%%;*}}
[[ $id =~ ^[0-9]+$ ]] || {{ echo "sbatch answered: $said" >&2; exit {LOOKUP_CODE}; }}
remember "$id"
"""
"""Arguments: key, directory, key of the attempt to go on from or nothing. Prints the job id. Any number of calls, cut
anywhere, make one job: what the controller takes late is found by name, and a copy of it is cancelled."""

WITHDRAW = f"""\
{ASK_TO_STOP}
{IS_OURS}
export here=$1/runs/$2
if cd -- "$1/runs" 2>/dev/null && [ -d "$2" ]; then
  is_ours "$2" "$3" || exit 0
  ask_to_stop "$2" || exit 1
  exec 9>"$2/submit.lock"
  flock -w 20 9 || exit {BUSY_CODE}
fi
jobs=$(squeue -h -t all --me --name="$2" -o $'%F\\x1f%Z') || exit
jobs=$(awk -F $'\\x1f' '$2 == ENVIRON["here"] {{ print $1 }}' <<<"$jobs" | sort -nu)
[ -z "$jobs" ] || exec scancel --user="$(id -un)" --name="$2" $jobs
"""
"""Arguments: directory, key, what its folder is made for. Ends whatever was submitted of the order; what SLURM takes
later ends as it begins."""

STOP = f"""\
how=$5
{ASK_TO_STOP}
if cd -- "$1/runs" 2>/dev/null; then ask_to_stop "$2" || exit; fi
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
is_file() {{ [ -f "$1" ] && [ ! -L "$1" ]; }}
ids=() curves=() stopped=() begun=() codes=()
for line in "${{lines[@]}}"; do # a thousand of them, once a poll, so without a process for each
  key=${{line#? }}
  case $line in
    A*) ids+=("$key") ;;
    P*) [ ! -d "$key" ] || [ -L "$key" ] || ! is_file "$key/progress.jsonl" || curves+=("$key/progress.jsonl") ;;
    T*) [ ! -e "$key/stop_asked" ] || stopped+=("$key/stop_asked") ;;
    B*) [ ! -e "$key/begun" ] || begun+=("$key/begun") ;;
    E*) ! is_file "$key/exit_code" || codes+=("$key/exit_code") ;;
  esac
done
some() {{ [ "$#" = 0 ] || printf '%s\n' "$@"; }}
echo @sacct
fields=JobID,JobName,State,ExitCode,DerivedExitCode,End,NodeList
for ((at = 0; at < ${{#ids[@]}}; at += 5000)); do
  list=$(IFS=,; echo "${{ids[*]:at:5000}}")
  {{ said=$(timeout 15 sacct -X -n -P --delimiter=$'\x1f' -j "$list" -o "$fields" 2>&1 >&3); }} 3>&1 ||
    echo "@sacct failed: ${{said//$'\n'/ }}"
done
echo @progress
[ "${{#curves[@]}}" = 0 ] || some "${{curves[@]}}" |
  xargs -r timeout {GLANCE_S} tail -v -c {GLANCE_BYTES} -- 2>/dev/null | LC_ALL=C awk '
    function told() {{ if (before != "") print before; if (last != "") print last; before = last = "" }}
    /^==> [^ ]*\/progress[.]jsonl <==$/ {{ told(); print; next }}
    NF {{ before = last; last = $0 }}
    END {{ told() }}'
echo @stopped
some "${{stopped[@]}}"
echo @begun
some "${{begun[@]}}"
echo @codes
[ "${{#codes[@]}}" = 0 ] || some "${{codes[@]}}" |
  xargs -r bash -c 'find "$@" -maxdepth 0 -type f -size -2 -mmin +{ITS_OWN_WORD_MIN} \
    -exec timeout {GLANCE_S} grep -a -m 1 -H . {{}} +' find 2>/dev/null
exit 0
"""
"""Argument: directory. On stdin `A id` for accounting, `P key` for progress, `T key` for whether it was asked to stop,
`B key` for whether its script began, `E key` for the exit code that it wrote a while ago; a dot as the last line."""

TEST_ONLY = rf"""
script=$(cat)
[[ $script == *$'\n# end' ]] || exit {CUT_CODE}
SLURM_TIME_FORMAT=%s TZ=UTC0 sbatch --test-only <<<"$script"
"""
"""On stdin a script with `# end` as its last line. Says on stderr when it would start."""
