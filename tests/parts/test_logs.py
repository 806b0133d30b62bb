"""The bot's logs, for machines and for eyes, as a process of its own writes them."""

import json
import subprocess
import sys

WRITES = r"""
import logging, sys, structlog
from bot import logs
logs.set_up(sys.argv[1])
structlog.get_logger("bot").info("run submitted", run=7, node="เครื่อง-1", odd=object())
logging.getLogger("discord.http").warning("a %s of\ntwo lines", "word", extra={"bucket": "b"})
logging.getLogger("apscheduler").info("noise")
def divide(token):
    return 1 / 0
try:
    divide("a secret")
except ZeroDivisionError:
    structlog.get_logger("bot").exception("it broke")
"""


def written(log_format: str) -> str:
    """Return what a process writes that logs in this form."""
    argv = [sys.executable, "-c", WRITES, log_format]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stderr


def test_each_line_is_one_object():
    """Ours and the libraries', with level, logger and time; what no one reads is left out, a traceback is a field."""
    ours, theirs, broken = map(json.loads, written("json").splitlines())

    assert ("run submitted", 7, "เครื่อง-1", "info", "bot") == tuple(
        ours[name] for name in ("event", "run", "node", "level", "logger")
    )
    assert ("a word of\ntwo lines", "b", "warning", "discord.http") == tuple(
        theirs[name] for name in ("event", "bucket", "level", "logger")
    )
    assert "ZeroDivisionError" in broken["exception"]
    assert all(line["timestamp"].endswith("Z") for line in (ours, theirs, broken))


def test_a_traceback_for_eyes_shows_no_values():
    """It names files and lines only: values may be tokens, and drawing them holds up the event loop."""
    said = written("text")

    assert "in divide" in said
    assert "ZeroDivisionError: division by zero" in said
    assert "a secret" not in said.replace('divide("a secret")', "")
