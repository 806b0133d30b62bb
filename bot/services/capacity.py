"""The cluster at a glance, as cards: nodes, queue, use by requirement and person, and what was asked for in vain."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.cards import Card, Tone
from bot.core.record import Record
from bot.core.said import ENGLISH, Said
from bot.core.text import bar, clip, plain
from bot.core.values import SYSTEM, Json, Kind, Ref
from bot.core.view import SHOWN_LINES, first_of, with_room
from bot.core.words import QUOTED
from bot.ports import Node, Queued, Reader, Share, Store, Use
from bot.services import unaccounted
from bot.things.incident import words
from bot.things.run.events import RunEvent
from bot.things.run.model import Run
from bot.things.run.readings import PROGRESS, Progress, use_of

DOWN_WORDS = ("down", "drain", "fail", "error", "unknown", "no_respond", "not_responding")
WASTE_SHARE = 0.25
"""Below this share of what was asked for, a finished run is told that it asked for far too much."""
SHOWN_RUNS = 10
"""Of finished ones, those who asked for far too much first; nobody reads more of the same."""
SHOWN_PEOPLE = 5
"""Of those who used a requirement's GPU hours."""
FULL_SHARE = 0.9
"""Above this the shared folder is called nearly full."""
NO_GPU = "The cluster shows no GPU."
_KINDS = {"run": Kind.RUN, "sweep": Kind.SWEEP}
_KEY = re.compile(r"slipway-(run|sweep)-(\d+)(?:-\d+)?")


def is_down(node: Node) -> bool:
    """Tell whether SLURM's word says that the node takes no work."""
    return node.state.endswith("*") or any(word in node.state.lower() for word in DOWN_WORDS)


def status_card(nodes: Sequence[Node], queue: Sequence[Queued], share: Share) -> Card:
    """Return GPUs free, used and down, the queue's length, and the shared folder's space."""
    single = {node.name: node for node in nodes}.values()
    gpus = sum(node.gpus for node in single)
    lost = sum(node.gpus for node in single if is_down(node))
    used = sum(node.gpus_used for node in single if not is_down(node))
    running = sum(job.state == "RUNNING" for job in queue)
    space = share.used_gib / share.size_gib if share.size_gib else 0.0
    inodes = share.inodes_used / share.inodes if share.inodes else 0.0
    told = f"`{bar(used / gpus)}` {used} of {gpus} used, {gpus - used - lost} free, {lost} down" if gpus else NO_GPU
    paragraphs = [
        f"**GPUs**\n{told}",
        f"**Queue**\n{running} running, {len(queue) - running} waiting",
        f"**Shared folder**\n`{bar(space)}` {share.used_gib:,.0f} of {share.size_gib:,.0f} GiB, "
        f"{inodes:.0%} of the inodes" + (f"\n❌ {plain(clip(share.complaint, 200))}" if share.complaint else ""),
    ]
    is_well = not lost and not share.complaint and max(space, inodes) <= FULL_SHARE
    return Card(f"{'✅' if is_well else '⚠️'} Cluster", paragraphs, Tone.GOOD if is_well else Tone.WARNING)


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


def nodes_card(nodes: Sequence[Node]) -> Card:
    """Return each node with its GPUs, CPUs and memory, those that take no work first."""
    lines = []
    single = {node.name: node for node in nodes}.values()
    for node in sorted(single, key=lambda node: not is_down(node)):
        sign = "❌" if is_down(node) else "🟢" if node.gpus_used < node.gpus else "🔵"
        why = f"\n-# {plain(clip(node.reason, 120))}" if node.reason else ""
        lines.append(
            f"{sign} **{plain(node.name)}** {plain(node.state)} · GPU {node.gpus_used}/{node.gpus} · "
            f"CPU {node.cpus_used}/{node.cpus} · {node.memory_used_gib:.0f}/{node.memory_gib:.0f} GiB{why}"
        )
    return Card("Nodes", [first_of(lines, ENGLISH) or "The cluster shows no node."])


def queue_card(queue: Sequence[Queued]) -> Card:
    """Return what runs and what waits, of everybody, with reasons and expected starts; neither hides the other."""
    running = [job for job in queue if job.state == "RUNNING"]
    waiting = [job for job in queue if job.state != "RUNNING"]
    of_running, of_waiting = _job_lines(running), _job_lines(waiting)
    half = SHOWN_LINES // 2
    paragraphs = [
        f"**{len(jobs)} {word}**\n" + first_of(lines, ENGLISH, shown=max(half, SHOWN_LINES - others))
        for jobs, lines, word, others in (
            (running, of_running, "running", len(of_waiting)),
            (waiting, of_waiting, "waiting", len(of_running)),
        )
        if jobs
    ]
    return Card("Queue", paragraphs or ["Nothing waits and nothing runs."])


def _job_lines(jobs: Sequence[Queued]) -> list[str]:
    """Return a line for each job, or for the tasks of an array that stand alike: a thousand of them are one."""
    alike: dict[object, list[Queued]] = defaultdict(list)
    for job in jobs:
        array, task, _ = job.job_id.partition("_")
        alike[(array, job.name, job.user, job.reason, job.gpus) if task else job.job_id].append(job)
    return [_job_line(same[0], count=len(same)) for same in alike.values()]


def _job_line(job: Queued, *, count: int) -> str:
    when = f" · <t:{int(job.starts_at.timestamp())}:R>" if job.starts_at else ""
    why = f" · *{plain(job.reason)}*" if job.reason and job.state != "RUNNING" else ""
    sign = "🏃" if job.state == "RUNNING" else "⏳"
    ours = _KEY.fullmatch(job.name)
    name = str(Ref(_KINDS[ours[1]], int(ours[2]))) if ours else plain(clip(job.name, 40))
    tasks = f" and {count - 1} more tasks" if count > 1 else ""
    each = " each" if count > 1 else ""
    return f"{sign} {job.job_id}{tasks} {name} · {plain(job.user)} · {job.gpus} GPU{each}{when}{why}"


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
    match = _KEY.fullmatch(use.key)
    if match is None:
        return None
    number = int(match.group(2))
    if match.group(1) == "run":
        return await tx.find(Run, number)
    task = use.job_id.partition("_")[2]  # the run may be on its next attempt by now, which is another job
    return next(iter(await tx.select(Run, sweep=number, task=int(task), limit=1)), None) if task.isdecimal() else None


async def usage(store: Store, uses: Sequence[Use]) -> tuple[dict[str, dict[str, float]], Card]:
    """Return GPU hours by requirement and person for a chart, and the card with what was used of what was asked for."""
    groups: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    ended: list[tuple[Run, Use]] = []
    async with store.reading() as tx:
        for use in uses:
            run = await _run_of(tx, use)
            if run is None:
                groups["others"][use.user] += use.gpu_h
                continue
            groups[f"REQ-{run.requirement}"][f"<@{run.ordered_by}>"] += gpu_h_of(run, use)
            ended.append((run, use))
        progress = await tx.readings(Run.kind, {run.number for run, _ in ended}, PROGRESS)
    efficiency = [efficiency_of(run, use, progress.get(run.number)) for run, use in ended]
    return {name: dict(people) for name, people in groups.items()}, usage_card(groups, efficiency, job_count=len(uses))


@dataclass(frozen=True, slots=True)
class Efficiency:
    """How much of what it had asked for a finished attempt used."""

    run: int
    shares: tuple[tuple[str, float], ...]
    """Each of what was asked for, in words, with the share of it that was used, 0 to 1."""

    @property
    def waste(self) -> tuple[str, ...]:
        """What it asked for and hardly used; of one there is no less to ask for."""
        return tuple(what for what, share in self.shares if share < WASTE_SHARE and not what.startswith("1 "))


def efficiency_of(run: Run, use: Use, progress: Progress | None) -> Efficiency:
    """Return what accounting and the run's last words of itself tell; the GPU's share only the run can know."""
    is_newest = use.key == run.key or use.job_id == run.job_id
    gpu_share = progress.gpu_share if is_newest and progress else None
    asked = run.resources
    told = (
        (f"{use.gpus or asked.nodes * asked.gpus} GPU", gpu_share),
        (f"{use.cpus or asked.nodes * asked.cpus} CPU", use.cpu_share),
        (f"{use.memory_gib or asked.nodes * asked.memory_gib:g} GiB", use.memory_share),
    )
    return Efficiency(run.number, tuple((what, share) for what, share in told if share is not None))


def usage_card(groups: Mapping[str, Mapping[str, float]], ended: Sequence[Efficiency], *, job_count: int) -> Card:
    """Return the GPU hours by requirement, the largest first, and how much finished runs used, the worst first."""
    total = sum(sum(people.values()) for people in groups.values())
    lines = [
        f"- {name}: **{sum(people.values()):.2f}** GPU hours ({_people(people)})"
        for name, people in sorted(groups.items(), key=lambda item: -sum(item[1].values()))
    ]
    paragraphs = [
        f"**{total:.2f}** GPU hours in {job_count} finished job{'' if job_count == 1 else 's'}",
        with_room(lines, ENGLISH) or "No job has ended in this time.",
    ]
    told = sorted((one for one in ended if one.shares), key=lambda one: (not one.waste, -one.run))
    if told:
        paragraphs.append(
            "**Used of what was asked for**\n"
            + first_of([_efficiency_line(one) for one in told], ENGLISH, shown=SHOWN_RUNS)
        )
    return Card("Usage", paragraphs)


def _people(hours_of: Mapping[str, float]) -> str:
    told = [f"{who} {hours:.2f}" for who, hours in sorted(hours_of.items(), key=lambda item: -item[1])]
    left = len(told) - SHOWN_PEOPLE
    return ", ".join(told[:SHOWN_PEOPLE]) + (f" and {left} more" if left > 0 else "")


def _efficiency_line(ended: Efficiency) -> str:
    shares = " · ".join(f"{share:.0%} of {what}" for what, share in ended.shares)
    hint = f"\n-# ask for less than {' and '.join(ended.waste)}, and it starts sooner" if ended.waste else ""
    return f"{'⚠️' if hint else '✅'} RUN-{ended.run} {shares}{hint}"
