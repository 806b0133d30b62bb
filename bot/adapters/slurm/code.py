"""A team's own training code: where it lies on the cluster, and the lines of shell that prepare for it."""

import hashlib
import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath

from bot.adapters.slurm.job import Launch
from bot.things.recipe.recipe import Code, Environment

NAME_LENGTH = 16
SETUP_CODE = 126
"""As the shell says of a command that cannot be executed."""
MOST_FILES, MOST_MIB, MOST_S = 10_000, 256, 60
"""Of a folder with code beyond which it is not hashed: then it holds more than code, and the run is to begin."""


def code_name(code: Code) -> str:
    """Return the name of the folder, below `code`, that a commit is checked out to."""
    return hashlib.sha256(f"{code.repository}\0{code.commit}".encode()).hexdigest()[:NAME_LENGTH]


def launch_of(code: Code, directory: PurePosixPath) -> Launch:
    """Return how the code is started. Environments are activated in place: `conda run` passes no signals on."""
    folder = str(directory / "code" / code_name(code)) if code.repository else code.folder
    command: Sequence[str] = code.command
    if code.environment.image:
        binds = [f"--bind={path}" for path in dict.fromkeys((str(directory), folder)) if path]
        command = ("apptainer", "exec", *binds, code.environment.image, *command)
    setup = setup_lines(code.environment)
    return Launch(command, folder, (*setup, *_hash_lines(folder)) if code.folder else setup)


def setup_lines(environment: Environment) -> list[str]:
    """Return the shell's lines for modules, venv or conda; each ends the run with a sentence when it fails."""
    lines: list[str] = []
    if environment.modules:
        lines.append(_FIND_MODULE)
    lines += [_or_say(f"module load {module}", f"the module {module}") for module in environment.modules]
    if environment.venv:
        lines.append(_or_say(f". {shlex.quote(f'{environment.venv}/bin/activate')}", "the venv"))
    if environment.conda:
        lines.append(_or_say('eval "$(conda shell.bash hook)"', "conda"))
        lines.append(_or_say(f"conda activate {shlex.quote(environment.conda)}", "the conda environment"))
    if environment.image:
        lines += [f"[ ! -e {device} ] || export {variable}=1" for device, variable in _GPU_DRIVERS.items()]
    return lines


def _hash_lines(folder: str) -> list[str]:
    """Return the shell's lines that leave the folder's hash, or why there is none, in the run's file `code`."""
    return _HASH.replace("@FOLDER@", shlex.quote(folder)).splitlines()


_GPU_DRIVERS = {"/dev/kfd": "APPTAINER_ROCM", "/dev/nvidiactl": "APPTAINER_NV"}
"""What a node has with AMD's driver, or NVIDIA's, and the variable by which Apptainer takes its libraries along.

Source: `EnvKeys` of the flags --rocm and --nv in cmd/internal/cli/action_flags.go of Apptainer.
"""


def _or_say(command: str, what: str) -> str:
    return f'{command} || {{ echo "{what} cannot be had on $(hostname)" >&2; exit {SETUP_CODE}; }}'


_FIND_MODULE = (
    "command -v module >/dev/null || for found in /etc/profile.d/{modules,lmod,z00_lmod}.sh; do "
    '[ ! -r "$found" ] || . "$found"; done'
)
"""A batch script's shell reads no profile, where the command is usually defined."""

_HASH = f"""\
code_hash() (
  export LC_ALL=C
  set -o pipefail
  names=$PWD/code.names
  cd -- "$1" 2>/dev/null || exit
  if [ -e .git ]; then # what git is told to ignore is no code
    listed() {{ git -c 'safe.directory=*' ls-files -z "$@"; }}
    listed --cached --recurse-submodules && listed --others --exclude-standard
  else
    find . -mindepth 1 \\( -name '.*' -o -name __pycache__ \\) -prune -o ! -type d -printf '%P\\0'
  fi | sort -zu >"$names" || {{ echo "its files cannot be listed"; exit; }}
  files=() links=()
  while IFS= read -r -d '' name; do
    if [ -f "$name" ]; then files+=("$name"); elif [ -L "$name" ]; then links+=("$name"); fi
  done <"$names"
  rm -f "$names"
  if [ "${{#files[@]}}" = 0 ]; then echo "it has no files"; exit; fi
  if [ "${{#files[@]}}" -gt {MOST_FILES} ]; then echo "it has more than {MOST_FILES} files"; exit; fi
  sizes=$(printf '%s\\0' "${{files[@]}}" | xargs -0 stat -L -c %s --)
  bytes=$(awk '{{ sum += $1 }} END {{ printf "%.0f", sum }}' <<<"$sizes")
  if [ "$bytes" -gt {MOST_MIB * 2**20} ]; then echo "it has more than {MOST_MIB} MiB"; exit; fi
  hash=$({{
    printf '%s\\0' "${{files[@]}}" | xargs -0 sha256sum -- || exit
    for name in "${{links[@]}}"; do printf '%s -> %s\\n' "$name" "$(readlink -- "$name")"; done
  }} | sha256sum | cut -c -64) || hash="not all of it can be read"
  echo "$hash"
)
export -f code_hash
timeout {MOST_S} bash -c 'code_hash "$1"' code @FOLDER@ >code.new || echo "it takes longer than {MOST_S} s" >code.new
unset -f code_hash
mv code.new code"""
"""Of the files' content and names, whatever their times and owners. A link counts as the file that it leads to; one
that leads to a folder, or nowhere, as the path that it names."""
