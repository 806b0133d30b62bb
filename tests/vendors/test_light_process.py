"""The bot's own process stays light: what is heavy lives in worker processes."""

import subprocess
import sys

HEAVY = ("torch", "evidently", "mlflow", "azure.ai", "azure.core", "matplotlib", "pandas", "scipy", "sklearn")
WORKERS = r"adapters\.\w+\.worker$|matplotlib\.paper$|evidently\.measures$|\.migrations"
IMPORT_ALL = f"""
import pkgutil, re, sys
from importlib import import_module
import bot, cogs, jobs
for package in (bot, cogs, jobs):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not re.search({WORKERS!r}, module.name) and not module.name.startswith("bot.payload"):
            import_module(module.name)
assert "bot.wiring" in sys.modules and "jobs.follow_runs" in sys.modules and "cogs.train" in sys.modules
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def test_no_module_of_the_bots_process_imports_a_heavy_library():
    """Importing every module that the event loop's process may use brings none of them in."""
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
