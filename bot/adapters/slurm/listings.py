"""What the cluster has and who uses it: nodes, queue, the shared folder, and what ended jobs took."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.adapters.slurm.connection import Completed, upstream
from bot.adapters.slurm.scripts import PROBE
from bot.adapters.slurm.site import Site
from bot.errors import Upstream
from bot.ports import Node, Offers, Queued, Share, Use

SEPARATOR = "\x1f"
OURS = "slipway-"
"""How the keys of our jobs begin."""
MIB_PER_GIB = 1024.0
BYTES_PER_GIB = 2.0**30
_GPUS = re.compile(r"gpu(?::[^:,(=]+)?[:=](\d+)")
_GPU_TYPES = re.compile(r"gpu:([A-Za-z][\w.-]*)[:(]")
_UNITS: Mapping[str, float] = {"": 1.0, "K": 2.0**10, "M": 2.0**20, "G": 2.0**30, "T": 2.0**40, "P": 2.0**50}

NODE_FIELDS = (
    "NodeList",
    "Partition",
    "StateLong",
    "Gres",
    "GresUsed",
    "CPUsState",
    "Memory",
    "AllocMem",
    "Time",
    "Reason",
)
QUEUE_FIELDS = (
    *("JobArrayID", "Name", "UserName", "State", "Reason"),
    *("tres-alloc", "tres-per-node", "NumNodes", "StartTime"),
)
USE_FIELDS = (
    *("JobID", "JobName", "User", "ElapsedRaw", "AllocTRES", "TotalCPU"),
    *("CPUTimeRAW", "ReqMem", "MaxRSS", "AveRSS", "NTasks", "End"),
)
OFFERS = """\
sinfo -h -o '%R|%G' || exit 1
echo
sacctmgr -n -P show assoc where user="$(id -un)" format=Account,QOS 2>/dev/null
exit 0
"""
"""Partitions with their GPUs, an empty line, then accounts with their QOS where there is accounting."""
_EPOCH = "export SLURM_TIME_FORMAT=%s TZ=UTC0; "
QUEUE = _EPOCH + 'squeue -h -a -O "$1"'
USES = _EPOCH + 'sacct -n -P --delimiter=$\'\\x1f\' -S "$1" -E now+1days -o "$2"'
SHARE = f"""\
df -B1 --output=size,used -- "$1" 2>/dev/null | tail -n 1
df --output=itotal,iused -- "$1" 2>/dev/null | tail -n 1
echo
said=$( ({PROBE}) 2>&1 ) || printf '%s\\n' "${{said:-nothing can be written}}"
exit 0
"""
"""Size and inodes, where the folder is there; an empty line; why nothing can be written, where that is so."""


def _asked(fields: Sequence[str]) -> str:
    return ",".join(f"{name}:{SEPARATOR}" for name in fields)


def _rows(done: Completed, fields: Sequence[str]) -> list[dict[str, str]]:
    """Return the lines of a listing that have all its fields; a name with a line break spoils its own line only."""
    lines = (line.split(SEPARATOR) for line in done.text.split("\n"))
    return [
        dict(zip(fields, values, strict=False)) for values in lines if len(values) in (len(fields), len(fields) + 1)
    ]


async def offers(site: Site) -> Offers:
    """Return what may be asked for by name."""
    done = await site.script(OFFERS)
    if done.code:
        raise upstream(f"sinfo: {done.complaint}", retryable=True)
    return read_offers(done.text)


def read_offers(text: str) -> Offers:
    """Return what the lines of OFFERS say."""
    of_cluster, _, of_accounting = text.partition("\n\n")
    have = [line.split("|") for line in of_cluster.splitlines() if line.count("|") == 1]
    qos_of: dict[str, set[str]] = {}
    for account, _, names in (line.partition("|") for line in of_accounting.splitlines() if line.count("|") == 1):
        qos_of.setdefault(account, set()).update(
            filter(None, names.split(","))
        )  # a line for each partition it may have
    return Offers(
        partitions=tuple(sorted({partition for partition, _ in have})),
        gpu_types=tuple(sorted({kind for _, gres in have for kind in _GPU_TYPES.findall(gres)})),
        accounts=tuple(sorted(qos_of)),
        qos=tuple(sorted(set().union(*qos_of.values()))),
        qos_of={account: tuple(sorted(names)) for account, names in qos_of.items()},
    )


def gpu_accounting(config: str) -> str:
    """Return in words that SLURM's config has accounting count no GPUs, as by default; empty when it counts them."""
    found = re.search(r"^AccountingStorageTRES *= *(.*)$", config, re.MULTILINE)
    if found is None or found[1] == "(null)" or re.search(r"gres/gpu\b", found[1]):
        return ""
    return "; its AccountingStorageTRES lacks gres/gpu, so GPU hours are reckoned from what runs asked for"


async def nodes(site: Site) -> Sequence[Node]:
    """Return every node once for each partition it is in."""
    done = await site.connection.run("sinfo", "-h", "-N", "-O", _asked(NODE_FIELDS))
    if done.code:
        raise upstream(f"sinfo: {done.complaint}", retryable=True)
    return [_node(row) for row in _rows(done, NODE_FIELDS)]


def _node(row: Mapping[str, str]) -> Node:
    used, _, _, total = (_count(part) for part in (row["CPUsState"].split("/") + ["0"] * 4)[:4])
    return Node(
        name=row["NodeList"],
        state=row["StateLong"],
        partition=row["Partition"].rstrip("*"),
        gpus=gpu_count(row["Gres"]),
        gpus_used=gpu_count(row["GresUsed"]),
        cpus=total,
        cpus_used=used,
        memory_gib=_count(row["Memory"]) / MIB_PER_GIB,
        memory_used_gib=_count(row["AllocMem"]) / MIB_PER_GIB,
        reason="" if row["Reason"] == "none" else row["Reason"],
        time_limit_min=int(_span_s(row["Time"]) // 60) or None,
    )


async def queue(site: Site) -> Sequence[Queued]:
    """Return all jobs that wait or run, of everybody."""
    done = await site.script(QUEUE, _asked(QUEUE_FIELDS))
    if done.code:
        raise upstream(f"squeue: {done.complaint}", retryable=True)
    return [
        Queued(
            job_id=row["JobArrayID"],
            name=row["Name"],
            user=row["UserName"],
            state=row["State"],
            reason="" if row["Reason"] in ("None", "(null)") else row["Reason"],
            gpus=gpu_count(row["tres-alloc"]) or gpu_count(row["tres-per-node"]) * max(1, _count(row["NumNodes"])),
            starts_at=_at(row["StartTime"]),
        )
        for row in _rows(done, QUEUE_FIELDS)
    ]


async def share(site: Site) -> Share:
    """Return the shared folder's space and why it cannot be written, if so."""
    done = await site.script(SHARE, str(site.directory))
    if done.code:
        raise upstream(f"the folder {site.directory} cannot be looked at: {done.complaint}", retryable=True)
    return read_share(done.text)


def read_share(text: str) -> Share:
    """Return what the lines of SHARE say; a folder that is not there has no size."""
    numbers, _, complaint = f"\n{text}".partition("\n\n")
    said = " ".join(complaint.split())
    match [line.split() for line in numbers.split("\n") if line.strip()]:
        case [[size, used], [inodes, inodes_used]]:
            return Share(
                size_gib=_count(size) / BYTES_PER_GIB,
                used_gib=_count(used) / BYTES_PER_GIB,
                inodes=_count(inodes),  # a dash on file systems without a fixed number
                inodes_used=_count(inodes_used),
                complaint=said,
            )
        case _:
            return Share(0, 0, 0, 0, complaint=said or "its size is not known")


@dataclass
class _Taken:
    """A job's rows in accounting: itself, and its steps."""

    own: dict[str, str] = field(default_factory=dict)
    memory_bytes: float = 0.0


async def uses(site: Site, *, since: datetime) -> Sequence[Use]:
    """Return the jobs of ours that ended since then; empty without accounting."""
    started = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    done = await site.script(USES, started, ",".join(USE_FIELDS))
    if done.code and "accounting storage is disabled" in done.errors:
        return ()
    if done.code:  # the login node has answered, so it is not the cluster that does not
        raise Upstream("accounting", f"sacct: {done.complaint}", retryable=True)
    return read_uses(_rows(done, USE_FIELDS), since=since)


def read_uses(rows: Sequence[Mapping[str, str]], *, since: datetime) -> list[Use]:
    """Return one use for each ended job of ours among the rows of jobs and their steps."""
    taken: dict[str, _Taken] = {}
    for row in rows:
        job_id, _, step = row["JobID"].partition(".")
        one = taken.setdefault(job_id, _Taken())
        of_all_tasks = _bytes(row["AveRSS"]) * _count(row["NTasks"])  # MaxRSS is that of the largest task alone
        one.memory_bytes = max(one.memory_bytes, _bytes(row["MaxRSS"]), of_all_tasks)
        if not step:
            one.own = dict(row)
    return [_use(one) for one in taken.values() if _is_ours(one.own, since)]


def _is_ours(row: Mapping[str, str], since: datetime) -> bool:
    at = _at(row.get("End", ""))
    return row.get("JobName", "").startswith(OURS) and at is not None and at >= since


def _use(taken: _Taken) -> Use:
    row = taken.own
    elapsed_s, cpu_s = float(_count(row["ElapsedRaw"])), float(_count(row["CPUTimeRAW"]))
    had, gpus = _tres(row["AllocTRES"]), _all_gpus(row["AllocTRES"])
    had_bytes = _bytes(had.get("mem", ""))
    asked_bytes = had_bytes or _bytes(row["ReqMem"].rstrip("nc"))
    return Use(
        key=row["JobName"],
        job_id=row["JobID"],
        user=row["User"],
        gpu_h=gpus * elapsed_s / 3600,
        elapsed_s=elapsed_s,
        cpu_share=min(1.0, _span_s(row["TotalCPU"]) / cpu_s) if cpu_s else None,
        memory_share=taken.memory_bytes / asked_bytes if asked_bytes and taken.memory_bytes else None,
        gpus=gpus,
        cpus=_count(had.get("cpu", "")),
        memory_gib=round(had_bytes / BYTES_PER_GIB, 1),
    )


def gpu_count(text: str) -> int:
    """Return the GPUs in a GRES or TRES text such as `gpu:mi100:4(S:0-1)` or `cpu=2,gres/gpu=1,gres/gpu:mi100=1`."""
    return _all_gpus(text) if "=" in text else sum(int(count) for count in _GPUS.findall(text))


def _all_gpus(tres: str) -> int:
    """Return the GPUs of a TRES text, which counts each once under its type and once under all."""
    counts = _tres(tres)
    typed = sum(_count(value) for name, value in counts.items() if name.startswith("gres/gpu:"))
    return max(_count(counts.get("gres/gpu", "")), typed)


def _tres(text: str) -> dict[str, str]:
    """Return the amounts in a TRES text, by name: `mem` is of all nodes together."""
    return {name: value for name, _, value in (part.partition("=") for part in text.split(","))}


def _count(text: str) -> int:
    return int(text) if text.strip().isdecimal() else 0


def _at(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text.isdecimal() and int(text) else None


def _bytes(text: str) -> float:
    """Return bytes for a size as in `123456K` or `1.5G`; a bare number is bytes."""
    found = re.fullmatch(r"([\d.]+)([KMGTP]?)", text)
    return float(found[1]) * _UNITS[found[2]] if found else 0.0


def _span_s(text: str) -> float:
    """Return seconds for a duration as in `1-02:03:04` or `03:04.005`; 0 for `infinite`."""
    days, _, clock = text.rpartition("-")
    try:
        seconds = 0.0
        for part in clock.split(":"):
            seconds = seconds * 60 + float(part)
        return (int(days) if days else 0) * 86400 + seconds
    except ValueError:
        return 0.0
