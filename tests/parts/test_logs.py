"""The bot's logs in the form for machines, as a process of its own writes them."""

import json
import subprocess
import sys

WRITES = r"""
import logging, structlog
from bot import logs
logs.set_up("json")
structlog.get_logger("bot").info("run submitted", run=7, node="เครื่อง-1", odd=object())
logging.getLogger("discord.http").warning("a %s of\ntwo lines", "word", extra={"bucket": "b"})
logging.getLogger("apscheduler").info("noise")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("bot").exception("it broke")
"""


def test_each_line_is_one_object():
    """Ours and the libraries', with level, logger and time; what no one reads is left out, a traceback is a field."""
    done = subprocess.run([sys.executable, "-c", WRITES], capture_output=True, text=True, check=True)
    ours, theirs, broken = map(json.loads, done.stderr.splitlines())

    assert ("run submitted", 7, "เครื่อง-1", "info", "bot") == tuple(
        ours[name] for name in ("event", "run", "node", "level", "logger")
    )
    assert ("a word of\ntwo lines", "b", "warning", "discord.http") == tuple(
        theirs[name] for name in ("event", "bucket", "level", "logger")
    )
    assert "ZeroDivisionError" in broken["exception"]
    assert all(line["timestamp"].endswith("Z") for line in (ours, theirs, broken))
