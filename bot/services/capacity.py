"""The cluster at a glance, as cards: nodes, queue, use by requirement and person, and what was asked for in vain."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from bot.domain.cards import Card, Tone
from bot.domain.drawing_lists import first_of, listed
from bot.domain.model import Kind, Ref, Run
from bot.domain.text import bar, clip, plain
from bot.ports import Node, Queued, Reader, Share, Store, Use
from bot.services.desk import Desk

DOWN_WORDS = ("down", "drain", "fail", "error", "unknown", "no_respond", "not_responding")
WASTE_SHARE = 0.25
"""Below this share of what was asked for, a finished run is told that it asked for far too much."""
SHOWN_HINTS = 10
"""Of those who asked for far too much; nobody reads more of the same."""
FULL_SHARE = 0.9
"""Above this the shared folder is called nearly full."""
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
    paragraphs = [
        f"**GPUs**\n`{bar(used / gpus if gpus else 0)}` {used} of {gpus} used, {gpus - used - lost} free, {lost} down",
        f"**Queue**\n{running} running, {len(queue) - running} waiting",
        f"**Shared folder**\n`{bar(space)}` {share.used_gib:,.0f} of {share.size_gib:,.0f} GiB, "
        f"{inodes:.0%} of the inodes" + ("" if share.is_writable else "\n❌ It cannot be written."),
    ]
    is_well = not lost and share.is_writable and max(space, inodes) <= FULL_SHARE
    return Card(f"{'✅' if is_well else '⚠️'} Cluster", paragraphs, Tone.GOOD if is_well else Tone.WARNING)


def share_trouble(share: Share) -> str | None:
    """Return in words what is wrong with the shared folder, or None."""
    if not share.is_writable:
        return "It cannot be written from the login node."
    if share.size_gib and share.used_gib / share.size_gib > FULL_SHARE:
        return f"{share.used_gib:,.0f} of {share.size_gib:,.0f} GiB are used."
    if share.inodes and share.inodes_used / share.inodes > FULL_SHARE:
        return f"{share.inodes_used:,} of {share.inodes:,} inodes are used."
    return None


def nodes_card(nodes: Sequence[Node]) -> Card:
    """Return each node with its GPUs, CPUs and memory."""
    lines = []
    for node in {node.name: node for node in nodes}.values():
        sign = "❌" if is_down(node) else "🟢" if node.gpus_used < node.gpus else "🔵"
        why = f"\n-# {plain(clip(node.reason, 120))}" if node.reason else ""
        lines.append(
            f"{sign} **{plain(node.name)}** {plain(node.state)} · GPU {node.gpus_used}/{node.gpus} · "
            f"CPU {node.cpus_used}/{node.cpus} · {node.memory_used_gib:.0f}/{node.memory_gib:.0f} GiB{why}"
        )
    return listed("Nodes", lines, empty="The cluster shows no node.")


def queue_card(queue: Sequence[Queued]) -> Card:
    """Return what waits and runs, of everybody, with reasons and expected starts."""
    lines = []
    for job in sorted(queue, key=lambda job: job.state != "RUNNING"):
        when = f" · <t:{int(job.starts_at.timestamp())}:R>" if job.starts_at else ""
        why = f" · *{plain(job.reason)}*" if job.reason and job.state != "RUNNING" else ""
        sign = "🏃" if job.state == "RUNNING" else "⏳"
        lines.append(f"{sign} {job.job_id} {plain(clip(job.name, 40))} · {plain(job.user)} · {job.gpus} GPU{when}{why}")
    return listed("Queue", lines, empty="Nothing waits and nothing runs.")


async def account(desk: Desk, uses: Sequence[Use]) -> int:
    """Add what finished attempts took to their runs, once each, and return how many were new."""
    count = 0
    for use in uses:
        async with desk.store.writing() as tx:
            run = await _run_of(tx, use)
            if run is None:
                continue
            about = Ref(Run.kind, run.number)
            mark = f"use {use.key} {use.job_id}"
            if await tx.reading(about, mark) is not None:
                continue
            await tx.put_reading(about, mark, asdict(use), at=desk.now())
            await tx.save(replace(run, gpu_h=run.gpu_h + use.gpu_h))
            for shown in (about, Ref(Kind.REQUIREMENT, run.requirement)):
                await tx.mark_card(shown, not_before=desk.now())
            count += 1
    return count


async def _run_of(tx: Reader, use: Use) -> Run | None:
    """Return the run that a job was an attempt of, or None for a job that is not ours. A task has its array's name."""
    match = _KEY.fullmatch(use.key)
    if match is None:
        return None
    if match.group(1) == "run":
        return await tx.find(Run, int(match.group(2)))
    return next(iter(await tx.select(Run, job_id=use.job_id, limit=1)), None)


async def usage(store: Store, uses: Sequence[Use]) -> tuple[dict[str, dict[str, float]], Card]:
    """Return GPU hours by requirement and person for a chart, and the card with hints on what was asked for in vain."""
    groups: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    hints = []
    async with store.reading() as tx:
        for use in uses:
            run = await _run_of(tx, use)
            if run is None:
                groups["others"][use.user] += use.gpu_h
                continue
            groups[f"REQ-{run.requirement}"][f"<@{run.ordered_by}>"] += use.gpu_h
            hints += [hint for hint in (_hint(run, use),) if hint]
    return {name: dict(people) for name, people in groups.items()}, usage_card(groups, hints, job_count=len(uses))


def usage_card(groups: Mapping[str, Mapping[str, float]], hints: Sequence[str], *, job_count: int) -> Card:
    """Return the GPU hours by requirement, the largest first, and what was asked for in vain."""
    total = sum(sum(people.values()) for people in groups.values())
    lines = [
        f"- {name}: **{sum(people.values()):.2f}** GPU hours ("
        + ", ".join(f"{who} {hours:.2f}" for who, hours in sorted(people.items(), key=lambda item: -item[1]))
        + ")"
        for name, people in sorted(groups.items(), key=lambda item: -sum(item[1].values()))
    ]
    paragraphs = [
        f"**{total:.2f}** GPU hours in {job_count} finished jobs",
        first_of(lines) or "No job has ended in this time.",
    ]
    if hints:
        paragraphs.append("**Asked for far more than used**\n" + first_of(hints, shown=SHOWN_HINTS))
    return Card("Usage", paragraphs)


def _hint(run: Run, use: Use) -> str:
    wasted = [
        f"{share:.0%} of {asked}"
        for share, asked in (
            (use.cpu_share, f"{run.resources.cpus} CPUs"),
            (use.memory_share, f"{run.resources.memory_gib} GiB"),
        )
        if share is not None and share < WASTE_SHARE and asked not in ("1 CPUs", "1 GiB")
    ]
    return f"- RUN-{run.number} used {' and '.join(wasted)}; ask for less and it starts sooner" if wasted else ""
