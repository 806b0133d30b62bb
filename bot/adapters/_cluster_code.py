"""A team's own training code: where it lies on the cluster, and the lines of shell that prepare for it."""

import hashlib
import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath

from bot.adapters._cluster_job import Launch
from bot.domain.recipes import Code, Environment

NAME_LENGTH = 16
SETUP_CODE = 126
"""As the shell says of a command that cannot be executed."""


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
