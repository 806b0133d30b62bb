"""What a team's own training code may say of itself, so that nothing in it can be read as something else."""

import re
from pathlib import PurePosixPath

from bot.core.text import typed
from bot.errors import Refused
from bot.things.recipe import words
from bot.things.recipe.recipe import Code, Environment

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REPOSITORY = re.compile(
    r"(?:https|ssh|file)://[^\s\x00-\x1f]+|[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:[^\s\x00-\x1f]+|/[^\x00-\x1f]+"
)
_WITH_SECRET = re.compile(r"(?:(?:https|file)://[^\s/]*|ssh://[^\s/@]*:[^\s/]*)@([^\s/]*)")
_MODULE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+/-]{0,127}")
_PATH = re.compile(r"/[^\x00-\x1f:,]*")
QUOTED_LIMIT = 80


def check_code(code: Code) -> None:
    """Refuse code that cannot be found, or whose names could be read as something else, and say which."""
    if not code.command or not code.command[0] or any("\x00" in word or "\n" in word for word in code.command):
        raise Refused(words.NO_COMMAND())
    _check_source(code)
    _check_environment(code.environment)
    where = code.environment
    for what, path in (("folder", code.folder), ("venv", where.venv), ("image", where.image)):
        if path and (not _PATH.fullmatch(path) or ".." in PurePosixPath(path).parts):
            raise Refused(words.NOT_ABSOLUTE[what](path=typed(path, limit=QUOTED_LIMIT)))


def _check_source(code: Code) -> None:
    if bool(code.repository) != bool(code.commit):
        raise Refused(words.NO_COMMIT())
    if code.repository and code.folder:
        raise Refused(words.TWO_SOURCES())
    if secret := _WITH_SECRET.match(code.repository):
        raise Refused(words.SECRET(host=typed(secret[1], limit=QUOTED_LIMIT)))
    if code.repository and not _REPOSITORY.fullmatch(code.repository):
        raise Refused(words.NO_REPOSITORY(address=typed(code.repository, limit=QUOTED_LIMIT)))
    if code.commit and not _COMMIT.fullmatch(code.commit):
        raise Refused(words.NO_HASH(commit=typed(code.commit, limit=QUOTED_LIMIT)))


def _check_environment(where: Environment) -> None:
    for module in where.modules:
        if not _MODULE.fullmatch(module):
            raise Refused(words.NO_MODULE(module=typed(module, limit=QUOTED_LIMIT)))
    if where.conda and not (_NAME.fullmatch(where.conda) or _PATH.fullmatch(where.conda)):
        raise Refused(words.NO_CONDA(conda=typed(where.conda, limit=QUOTED_LIMIT)))
    if where.conda and where.venv:
        raise Refused(words.TWO_ENVIRONMENTS())
