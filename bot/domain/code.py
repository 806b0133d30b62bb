"""What a team's own training code may say of itself, so that nothing in it can be read as something else."""

import re
from pathlib import PurePosixPath

from bot.domain.recipes import Code, Environment
from bot.domain.text import quoted
from bot.errors import Refused

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REPOSITORY = re.compile(
    r"(?:https|ssh|file)://[^\s\x00-\x1f]+|[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:[^\s\x00-\x1f]+|/[^\x00-\x1f]+"
)
_WITH_SECRET = re.compile(r"(?:(?:https|file)://[^\s/]*|ssh://[^\s/@]*:[^\s/]*)@([^\s/]*)")
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
            raise Refused(f"The recipe's {what} {quoted(path, limit=80)} is not an absolute path on the cluster.")


def _check_source(code: Code) -> None:
    if bool(code.repository) != bool(code.commit):
        raise Refused("The recipe names a repository without a commit, or a commit without one; name both.")
    if code.repository and code.folder:
        raise Refused("The recipe names a folder and a repository; name the one that its command runs in.")
    if secret := _WITH_SECRET.match(code.repository):
        raise Refused(
            f"The recipe's repository has a user name or password before {quoted(secret[1], limit=80)}, and everybody "
            "may read a recipe. Leave it out; give git on the login node a deploy key or a credential helper instead."
        )
    if code.repository and not _REPOSITORY.fullmatch(code.repository):
        raise Refused(
            f"{quoted(code.repository, limit=80)} is no git repository's address; begin it with https:// or ssh://."
        )
    if code.commit and not _COMMIT.fullmatch(code.commit):
        raise Refused(f"{quoted(code.commit, limit=80)} is no full commit hash; `git rev-parse HEAD` prints it.")


def _check_environment(where: Environment) -> None:
    for module in where.modules:
        if not _MODULE.fullmatch(module):
            raise Refused(f"{quoted(module, limit=80)} is no name of an environment module.")
    if where.conda and not (_NAME.fullmatch(where.conda) or _PATH.fullmatch(where.conda)):
        raise Refused(f"{quoted(where.conda, limit=80)} is no name or absolute folder of a conda environment.")
    if where.conda and where.venv:
        raise Refused("The recipe names a venv and a conda environment; name one.")
