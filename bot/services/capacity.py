"""What the cluster has, what is wrong with its shared folder, and what ended jobs took of what they had asked for."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.record import Record
from bot.core.said import Phrase, Said
from bot.core.values import SYSTEM, Json, Ref
from bot.core.words import QUOTED
from bot.ports import Node, Reader, Share, Store, Use
from bot.services import cluster_words, unaccounted
from bot.things.incident import words
from bot.things.run.events import RunEvent
from bot.things.run.model import Run
from bot.things.run.readings import PROGRESS, Progress, use_of

DOWN_WORDS = ("down", "drain", "fail", "error", "unknown", "no_respond", "not_responding")
WASTE_SHARE = 0.25
"""Below this share of what was asked for, a finished run is told that it asked for far too much."""
OTHERS = "others"
"""Whose jobs are none of ours, as a group."""
FULL_SHARE = 0.9
"""Above this the shared folder is called nearly full."""
KEY = re.compile(r"slipway-(run|sweep)-(\d+)(?:-\d+)?")
"""The names of our jobs."""


def is_down(node: Node) -> bool:
    """Tell whether SLURM's word says that the node takes no work."""
    return node.state.endswith("*") or any(word in node.state.lower() for word in DOWN_WORDS)


@dataclass(frozen=True, slots=True)
class ShareTrouble:
    """What Ops are told of the shared folder."""

    title: Said
    cause: Said
    next_step: Said


SHARE_TROUBLES = (
    (("no space left", "quota exceeded"), words.SHARE_IS_FULL, words.FREE_OR_RAISE),
    (("read-only",), words.SHARE_IS_READ_ONLY, words.REMOUNT),
    (("no such file", "not a directory", "stale", "not connected", "not known"), words.SHARE_IS_AWAY, words.MOUNT),
    (("permission denied", "not permitted"), words.SHARE_IS_FORBIDDEN, words.GIVE_RIGHT),
)
"""Words of a complaint, what they mean, and what to do. Words the system says are those of strerror(3)."""


def share_trouble(share: Share) -> ShareTrouble | None:
    """Return what is wrong with the shared folder, or None."""
    if share.complaint:
        complaint, told = share.complaint.lower(), QUOTED(text=share.complaint)
        for parts, title, next_step in SHARE_TROUBLES:
            if any(part in complaint for part in parts):
                return ShareTrouble(title(), told, next_step())
        return ShareTrouble(words.SHARE_IS_UNWRITABLE(), told, words.LOOK_AT_SHARE())
    for used, size, are_used in (
        (share.used_gib, share.size_gib, words.GIB_USED),
        (share.inodes_used, share.inodes, words.INODES_USED),
    ):
        if size and used / size > FULL_SHARE:
            return ShareTrouble(words.SHARE_NEEDS_ROOM(), are_used(used=used, size=size), words.ADD_SPACE())
    return None


async def account(record: Record, uses: Sequence[Use]) -> int:
    """Add what finished attempts took to their runs, once each, and return how many were new."""
    if not uses:
        return 0
    async with record.store.reading() as tx:
        new = [use for use in uses if await _is_new(tx, use)]
    count = 0
    for use in new:
        async with record.decide(SYSTEM) as decision:
            run = await _run_of(decision.tx, use)
            if run is None or not await _is_new(decision.tx, use):
                continue
            about, took_gpu_h = Ref(Run.kind, run.number), gpu_h_of(run, use)
            added_up = use_of(use.key, use.job_id)
            await decision.tx.put_reading(about, added_up, use, at=decision.at)
            await unaccounted.accounted(decision.tx, run, added_up, at=decision.at)
            details: dict[str, Json] = {"job": use.job_id, "gpu_h": took_gpu_h}
            await decision.move(Run, run.number, RunEvent.ACCOUNTED, details=details, gpu_h=run.gpu_h + took_gpu_h)
            count += 1
    return count


def gpu_h_of(run: Run, use: Use) -> float:
    """Return an attempt's GPU hours: by what the run asked for where accounting does not count GPUs, as by default."""
    return use.gpu_h or run.resources.nodes * run.resources.gpus * use.elapsed_s / 3600


async def _is_new(tx: Reader, use: Use) -> bool:
    run = await _run_of(tx, use)
    return run is not None and await tx.reading(Ref(Run.kind, run.number), use_of(use.key, use.job_id)) is None


async def _run_of(tx: Reader, use: Use) -> Run | None:
    """Return the run that a job was an attempt of, or None for a job that is not ours. A task has its array's name."""
    match = KEY.fullmatch(use.key)
    if match is None:
        return None
    number = int(match.group(2))
    if match.group(1) == "run":
        return await tx.find(Run, number)
    task = use.job_id.partition("_")[2]  # the run may be on its next attempt by now, which is another job
    return next(iter(await tx.select(Run, sweep=number, task=int(task), limit=1)), None) if task.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Used:
    """How much was used of one of the things that a run asked for."""

    what: Phrase
    """Tells the amount."""
    amount: float
    share: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Efficiency:
    """How much of what it had asked for a finished attempt used."""

    run: int
    shares: tuple[Used, ...]

    @property
    def waste(self) -> tuple[Used, ...]:
        """What it asked for and hardly used; of one there is no less to ask for."""
        return tuple(one for one in self.shares if one.share < WASTE_SHARE and one.amount != 1)


async def usage(store: Store, uses: Sequence[Use]) -> tuple[dict[str, dict[str, float]], list[Efficiency]]:
    """Return GPU hours by requirement and person, and what was used of what was asked for."""
    groups: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    ended: list[tuple[Run, Use]] = []
    async with store.reading() as tx:
        for use in uses:
            run = await _run_of(tx, use)
            if run is None:
                groups[OTHERS][use.user] += use.gpu_h
                continue
            groups[f"REQ-{run.requirement}"][f"<@{run.ordered_by}>"] += gpu_h_of(run, use)
            ended.append((run, use))
        progress = await tx.readings(Run.kind, {run.number for run, _ in ended}, PROGRESS)
    efficiency = [efficiency_of(run, use, progress.get(run.number)) for run, use in ended]
    return {name: dict(people) for name, people in groups.items()}, efficiency


def efficiency_of(run: Run, use: Use, progress: Progress | None) -> Efficiency:
    """Return what accounting and the run's last words of itself tell; the GPU's share only the run can know."""
    is_newest = use.key == run.key or use.job_id == run.job_id
    gpu_share = progress.gpu_share if is_newest and progress else None
    asked = run.resources
    told = (
        (cluster_words.GPUS, use.gpus or asked.nodes * asked.gpus, gpu_share),
        (cluster_words.CPUS, use.cpus or asked.nodes * asked.cpus, use.cpu_share),
        (cluster_words.MEMORY, use.memory_gib or asked.nodes * asked.memory_gib, use.memory_share),
    )
    return Efficiency(run.number, tuple(Used(what, amount, share) for what, amount, share in told if share is not None))
