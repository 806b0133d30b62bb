"""Reading a run's files on the login node: regular ones, no links, and no more than a bound that is known beforehand.

Whatever else a run's code has put in their place is that run's failure: it must not keep the others waiting.
"""

from bot.adapters.slurm.connection import Completed
from bot.adapters.slurm.job import NO_FOLDER_CODE
from bot.adapters.slurm.site import Site
from bot.errors import BadResult, NoResult

NO_FILE_CODE = 78
NOT_PLAIN_CODE = 79
TOO_LARGE_CODE = 80
LOOK_S = 10
"""How long a search or a listing may take: less than a command, whose limit has the cluster taken for silent."""

_OWN_FILE = f"""\
own_file() {{ # goes to the folder of a run, and has the name of a file of it in $name
  name=$2
  [ ! -L "$1" ] || {{ echo "its folder is a link" >&2; exit {NOT_PLAIN_CODE}; }}
  cd -- "$1" 2>/dev/null || exit {NO_FOLDER_CODE}
  ls -U -- "$(dirname -- "$name")" 2>/dev/null | head -n 1 >/dev/null # has NFS look anew: a file may seem missing
  if [ "$name" = log.txt ] && [ -L log.txt ]; then # the one link that is ours: a task's log is in its array's folder
    name=$(readlink log.txt)
    [[ $name =~ ^[.][.]/[A-Za-z0-9][A-Za-z0-9._-]*/[0-9]+[.]log$ ]] || name=log.txt
  fi
  [ -L "$name" ] || [ -e "$name" ] || exit {NO_FILE_CODE}
  [ ! -L "$name" ] && [ ! -L "${{name%%/*}}" ] || {{ echo "it is a link" >&2; exit {NOT_PLAIN_CODE}; }}
  [ -f "$name" ] || {{ echo "it is no regular file" >&2; exit {NOT_PLAIN_CODE}; }}
}}"""

READ = f"""\
{_OWN_FILE}
own_file "$1" "$2"
size=$(stat -c %s -- "$name") || exit 1
skip=$((size > $3 ? size - $3 : 0))
if [ "$4" = whole ] && [ "$skip" -gt 0 ]; then
  echo "$size bytes" >&2
  exit {TOO_LARGE_CODE}
fi
# Should it have been changed for another since: no link is followed, and no pipe waited for.
exec dd if="$name" iflag=nofollow,nonblock,skip_bytes,count_bytes skip="$skip" count="$3" bs=65536 status=none
"""
"""Arguments: the run's folder, the file's name, bytes, `whole` or `end`."""

SEARCH = f"""\
{_OWN_FILE}
own_file "$1" log.txt
timeout {LOOK_S} grep -a -n -F -- "$2" "$name" | tail -n "$3" | tail -c "$4"
[ "${{PIPESTATUS[0]}}" -ne 124 ] || {{ echo "it takes more than {LOOK_S} s to search it" >&2; exit {TOO_LARGE_CODE}; }}
"""
"""Arguments: the run's folder, text, lines, bytes."""

MOST_FILES, MOST_DEPTH, MOST_LISTED_BYTES = 10_000, 16, 4 * 2**20
MOST_MODEL_BYTES = 32 * 2**30

LIST_MODEL = f"""\
[ ! -L "$1" ] || {{ echo "it is a link" >&2; exit {NOT_PLAIN_CODE}; }}
cd -- "$1" 2>/dev/null || exit {NO_FOLDER_CODE}
timeout {LOOK_S} find . -mindepth 1 -maxdepth {MOST_DEPTH + 1} -printf '%y %s %d %P\\0' |
  head -z -n {MOST_FILES + 1} | head -c {MOST_LISTED_BYTES}
[ "${{PIPESTATUS[0]}}" -ne 124 ] || {{ echo "it takes more than {LOOK_S} s to list it" >&2; exit {TOO_LARGE_CODE}; }}
"""
"""Argument: the model's folder. Says of each thing in it what it is, its bytes, how deep it lies, and its name."""

_KINDS = {"l": "a link", "p": "a pipe", "s": "a socket", "b": "a device", "c": "a device"}


async def read_whole(site: Site, key: str, name: str, *, limit_bytes: int) -> bytes:
    """Return a run's file.

    Raises:
        NoResult: it is not there.
        BadResult: it is not a regular file, too large, or may not be read.
    """
    run = site.run(key)
    done = await site.script(READ, str(run), name, str(limit_bytes), "whole")
    if done.code == NO_FOLDER_CODE:
        raise NoResult(f"the run's folder {run} is not there; is the shared folder mounted?")
    if done.code == NO_FILE_CODE:
        raise NoResult(f"the run left no {name} in {run}")
    if done.code == TOO_LARGE_CODE:
        raise BadResult(f"{name} has {done.complaint}; at most {limit_bytes} are read")
    return _read(done, f"{name} in {run}")


async def read_end(site: Site, key: str, name: str, *, limit_bytes: int) -> bytes:
    """Return the end of a run's file; nothing when it is not there.

    Raises:
        BadResult: it is not a regular file, or may not be read.
    """
    run = site.run(key)
    done = await site.script(READ, str(run), name, str(max(0, limit_bytes)), "end")
    return b"" if done.code in (NO_FOLDER_CODE, NO_FILE_CODE) else _read(done, str(run / name))


async def search(site: Site, key: str, text: str, *, lines: int, limit_bytes: int) -> bytes:
    """Return the last lines of the log that contain the text, each with its number. Raises BadResult as `read_end`."""
    run = site.run(key)
    done = await site.script(SEARCH, str(run), text, str(lines), str(limit_bytes))
    return b"" if done.code in (NO_FOLDER_CODE, NO_FILE_CODE) else _read(done, str(run / "log.txt"))


async def check_model(site: Site, key: str) -> None:
    """Look at the run's model before any of it is copied.

    Raises:
        BadResult: there is none, something in it is neither a file nor a folder, or it is too large, deep or many.
    """
    folder = site.run(key) / "model"
    done = await site.script(LIST_MODEL, str(folder))
    if done.code == NO_FOLDER_CODE:
        raise BadResult(f"the run left no model in {folder}")
    listed = _read(done, str(folder)).decode("utf-8", "replace").split("\0")[:-1]
    rows = [row.split(" ", 3) for row in listed]
    for kind, _, _, name in rows:
        if kind not in "fd":
            raise BadResult(f"the model in {folder} has {_KINDS.get(kind, 'no file')}, {name}; put plain files in it")
    size_bytes = sum(int(size) for kind, size, _, _ in rows if kind == "f")
    if len(rows) > MOST_FILES or len(done.output) >= MOST_LISTED_BYTES:
        raise BadResult(f"the model in {folder} has more than {MOST_FILES} files; pack them into fewer")
    if any(int(depth) > MOST_DEPTH for _, _, depth, _ in rows):
        raise BadResult(f"the model in {folder} has folders more than {MOST_DEPTH} deep")
    if size_bytes > MOST_MODEL_BYTES:
        raise BadResult(f"the model in {folder} has {size_bytes / 2**30:.1f} GiB; {MOST_MODEL_BYTES >> 30} are taken")


def _read(done: Completed, what: str) -> bytes:
    if done.code:
        raise BadResult(f"{what} cannot be read: {done.complaint}")
    return done.output
