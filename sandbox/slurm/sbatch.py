"""Reads what sbatch is asked for: options on the command line and in `#SBATCH` lines of the script."""

import argparse
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from sandbox.slurm.model import Partition, Request

LARGEST_INDEX = 1000
"""One less than MaxArraySize is when nobody sets it."""
UNITS_MIB = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024 * 1024}


class BadCommandError(Exception):
    """What a command says on stderr before it ends with 1."""


class Parser(argparse.ArgumentParser):
    """A parser that refuses what it does not know with an exception instead of ending the process."""

    def __init__(self, name: str) -> None:
        super().__init__(prog=name, add_help=False, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise BadCommandError(f'{self.prog}: {message}\nTry "{self.prog} --help" for more information')


def _options() -> Parser:
    parser = Parser("sbatch")
    for short, name in (("-J", "job-name"), ("-p", "partition"), ("-N", "nodes"), ("-c", "cpus-per-task")):
        parser.add_argument(short, f"--{name}")
    for short, name in (("-t", "time"), ("-o", "output"), ("-D", "chdir"), ("-n", "ntasks")):
        parser.add_argument(short, f"--{name}")
    for short, name in (("-a", "array"), ("-A", "account"), ("-q", "qos"), ("-x", "exclude")):
        parser.add_argument(short, f"--{name}")
    parser.add_argument("--test-only", action="store_true")
    for name in ("mem", "gres", "ntasks-per-node", "signal", "open-mode", "comment", "wrap", "export"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--no-requeue", dest="requeue", action="store_false", default=None)
    parser.add_argument("--requeue", dest="requeue", action="store_true", default=None)
    parser.add_argument("--parsable", action="store_true")
    parser.add_argument("script", nargs=argparse.REMAINDER)
    return parser


def read_request(
    argv: Sequence[str],
    *,
    directory: str,
    environment: Mapping[str, str],
    stdin: str,
    partitions: Mapping[str, Partition],
) -> tuple[Request, argparse.Namespace]:
    """Return the request and the options as given.

    Raises:
        BadCommandError: the command cannot be understood, or its script cannot be read.
    """
    given = _options().parse_args(argv)
    script, arguments = _script(given, directory, stdin)
    merged = _options().parse_args([*_script_options(script), *argv])
    name = merged.job_name or (Path(given.script[0]).name if given.script else "wrap" if given.wrap else "sbatch")
    partition = merged.partition or next(name for name, one in partitions.items() if one.is_default)
    if partition not in partitions:
        raise BadCommandError(
            f"sbatch: error: invalid partition specified: {partition}\n"
            "sbatch: error: Batch job submission failed: Invalid partition name specified"
        )
    folder = str(Path(directory) / merged.chdir) if merged.chdir else directory
    warn_signal, warn_s = _signal(merged.signal or "")
    ranks_per_node = int(merged.ntasks_per_node or 1)
    tasks, at_once = array(merged.array or "")
    request = Request(
        name=name,
        partition=partition,
        nodes=int((merged.nodes or "1").split("-")[0]),
        cpus=int(merged.cpus_per_task or 1) * ranks_per_node,
        memory_mib=memory_mib(merged.mem or "100M"),
        gpus=_gpus(merged.gres or ""),
        limit_min=minutes(merged.time) if merged.time else partitions[partition].limit_min,
        output=merged.output or "slurm-%j.out",
        is_appended=merged.open_mode == "append",
        can_requeue=merged.requeue is not False,
        warn_signal=warn_signal,
        warn_s=warn_s,
        directory=folder,
        script=script,
        arguments=arguments,
        environment=dict(environment),
        comment=merged.comment or "",
        ranks_per_node=ranks_per_node,
        tasks=tasks,
        at_once=at_once,
        excluded=tuple(name for name in (merged.exclude or "").split(",") if name),
        account=merged.account or "",
        qos=merged.qos or "",
    )
    return request, merged


def _script(given: argparse.Namespace, directory: str, stdin: str) -> tuple[str, tuple[str, ...]]:
    if given.wrap is not None:
        return f"#!/bin/sh\n# This script was created by sbatch --wrap.\n\n{given.wrap}\n", ()
    if not given.script:
        text, arguments = stdin, ()
    else:
        path, *rest = given.script
        arguments = tuple(rest)
        try:
            text = (Path(directory) / path).read_text(encoding="utf-8")
        except OSError as error:
            raise BadCommandError(f"sbatch: error: Unable to open file {path}") from error
    if not text.startswith("#!"):
        raise BadCommandError(
            "sbatch: error: This does not look like a batch script.  The first\n"
            "sbatch: error: line must start with #! followed by the path to an interpreter.\n"
            "sbatch: error: For instance: #!/bin/sh"
        )
    return text, arguments


def _script_options(script: str) -> list[str]:
    words: list[str] = []
    for line in script.splitlines():
        if line.startswith("#SBATCH"):
            words += shlex.split(line.removeprefix("#SBATCH"), comments=True)
        elif line.strip() and not line.startswith("#"):
            break  # SLURM reads no option after the first command
    return words


def array(text: str) -> tuple[tuple[int, ...], int]:
    """Return the indices, and how many may run at once, for an array as in `0-9%2` or `1,3,5-7`."""
    ranges, _, at_once = text.partition("%")
    tasks: list[int] = []
    for part in filter(None, ranges.split(",")):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        if match is None or int(match[2] or match[1]) > LARGEST_INDEX or not (at_once or "0").isdecimal():
            raise BadCommandError("sbatch: error: Batch job submission failed: Invalid job array specification")
        tasks += range(int(match[1]), int(match[2] or match[1]) + 1)
    return tuple(tasks), int(at_once or 0)


def memory_mib(text: str) -> int:
    """Return mebibytes for a size as in `512M` or `4G`."""
    match = re.fullmatch(r"(\d+)([KMGT]?)B?", text.upper())
    if match is None:
        raise BadCommandError(f"sbatch: error: Invalid --mem specification: {text}")
    return int(int(match[1]) * UNITS_MIB[match[2] or "M"])


def _gpus(text: str) -> int:
    if not text:
        return 0
    match = re.fullmatch(r"gpu(?::mi100)?(?::(\d+))?", text)
    if match is None:
        raise BadCommandError(
            "sbatch: error: Batch job submission failed: Requested node configuration is not available"
        )
    return int(match[1] or 1)


def minutes(text: str) -> int:
    """Return minutes for a time limit, as in `90`, `1:30:00` or `7-0`."""
    days, dash, clock = text.rpartition("-")
    try:
        parts = [int(part) for part in clock.split(":")]
        if dash:
            hours, mins, secs = [*parts, 0, 0][:3]
            total_s = int(days) * 86400 + hours * 3600 + mins * 60 + secs
        elif len(parts) == 1:
            total_s = parts[0] * 60
        elif len(parts) == 2:
            total_s = parts[0] * 60 + parts[1]
        else:
            total_s = parts[0] * 3600 + parts[1] * 60 + parts[2]
    except ValueError:
        raise BadCommandError(f"sbatch: error: Invalid --time specification: {text}") from None
    return -(-total_s // 60)  # SLURM rounds up to whole minutes


def _signal(text: str) -> tuple[str, int]:
    if not text:
        return "", 0
    match = re.fullmatch(r"B:(?:SIG)?([A-Z0-9]+)(?:@(\d+))?", text)
    if match is None:
        raise BadCommandError(
            f"sbatch: error: Invalid --signal specification here: {text}; only B:NAME@SECONDS is known"
        )
    return match[1], int(match[2] or 60)
