"""A team's own training code: checked, where it lies on the cluster, and the lines of shell that prepare for it."""

import hashlib
import re
import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath

from bot.adapters._cluster_job import NAME, Launch
from bot.domain.recipes import Code, Environment
from bot.errors import Refused

NAME_LENGTH = 16
SETUP_CODE = 126
"""As the shell says of a command that cannot be executed."""
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REPOSITORY = re.compile(
    r"(?:https|ssh|file)://[^\s\x00-\x1f]+|[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:[^\s\x00-\x1f]+|/[^\x00-\x1f]+"
)
_MODULE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+/-]{0,127}")
_PATH = re.compile(r"/[^\x00-\x1f:,]*")


def check_code(code: Code) -> None:
    """Refuse code that cannot be found, or whose names could be read as something else, and say which."""
    if not code.command or not code.command[0] or any("\x00" in word or "\n" in word for word in code.command):
        raise Refused("The recipe's command is empty or has a line break; write it as a list of words.")
    _check_source(code)
    _check_environment(code.environment)
    where = code.environment
    for what, path in (("folder", code.folder), ("venv", where.venv), ("image", where.image)):
        if path and (not _PATH.fullmatch(path) or ".." in PurePosixPath(path).parts):
            raise Refused(f"The recipe's {what} `{path[:80]}` is not an absolute path on the cluster.")


def _check_source(code: Code) -> None:
    if bool(code.repository) != bool(code.commit):
        raise Refused("The recipe names a repository without a commit, or a commit without one; name both.")
    if code.repository and code.folder:
        raise Refused("The recipe names a folder and a repository; name the one that its command runs in.")
    if code.repository and not _REPOSITORY.fullmatch(code.repository):
        raise Refused(f"`{code.repository[:80]}` is no git repository's address; begin it with https:// or ssh://.")
    if code.commit and not _COMMIT.fullmatch(code.commit):
        raise Refused(f"`{code.commit[:80]}` is no full commit hash; `git rev-parse HEAD` prints it.")


def _check_environment(where: Environment) -> None:
    for module in where.modules:
        if not _MODULE.fullmatch(module):
            raise Refused(f"`{module[:80]}` is no name of an environment module.")
    if where.conda and not (NAME.fullmatch(where.conda) or _PATH.fullmatch(where.conda)):
        raise Refused(f"`{where.conda[:80]}` is no name or absolute folder of a conda environment.")
    if where.conda and where.venv:
        raise Refused("The recipe names a venv and a conda environment; name one.")


def code_name(code: Code) -> str:
    """Return the name of the folder, below `code`, that a commit is checked out to."""
    return hashlib.sha256(f"{code.repository}\0{code.commit}".encode()).hexdigest()[:NAME_LENGTH]


def launch_of(code: Code, directory: PurePosixPath) -> Launch:
    """Return how the code is started. Environments are activated in place: `conda run` passes no signals on."""
    folder = str(directory / "code" / code_name(code)) if code.repository else code.folder
    command: Sequence[str] = code.command
    if code.environment.image:
        binds = [f"--bind={path}" for path in dict.fromkeys((str(directory), folder)) if path]
        command = ("apptainer", "exec", "--rocm", *binds, code.environment.image, *command)
    return Launch(command, folder, tuple(setup_lines(code.environment)))


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
    return lines


def _or_say(command: str, what: str) -> str:
    return f'{command} || {{ echo "{what} cannot be had on $(hostname)" >&2; exit {SETUP_CODE}; }}'


_FIND_MODULE = (
    "command -v module >/dev/null || for found in /etc/profile.d/{modules,lmod,z00_lmod}.sh; do "
    '[ ! -r "$found" ] || . "$found"; done'
)
"""A batch script's shell reads no profile, where the command is usually defined."""
