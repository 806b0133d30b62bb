"""The cluster at a glance, as cards: nodes, queue, use by requirement and person, and what was asked for in vain."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from bot.core.cards import Card, Tone
from bot.core.said import Said, Say, Value
from bot.core.text import bar, clip
from bot.core.values import Kind, Ref
from bot.core.view import SHOWN_LINES, first_of, section, with_room
from bot.ports import Node, Queued, Share
from bot.services import cluster_words as words
from bot.services.capacity import FULL_SHARE, KEY, OTHERS, Efficiency, Used, is_down

SHOWN_RUNS = 10
"""Of finished ones, those who asked for far too much first; nobody reads more of the same."""
SHOWN_PEOPLE = 5
"""Of those who used a requirement's GPU hours."""
SHOWN_COMPLAINT, SHOWN_REASON, SHOWN_NAME = 200, 120, 40
_KINDS = {"run": Kind.RUN, "sweep": Kind.SWEEP}


def status_card(nodes: Sequence[Node], queue: Sequence[Queued], share: Share, say: Say) -> Card:
    """Return GPUs free, used and down, the queue's length, and the shared folder's space."""
    single = {node.name: node for node in nodes}.values()
    gpus = sum(node.gpus for node in single)
    lost = sum(node.gpus for node in single if is_down(node))
    used = sum(node.gpus_used for node in single if not is_down(node))
    running = sum(job.state == "RUNNING" for job in queue)
    space = share.used_gib / share.size_gib if share.size_gib else 0.0
    inodes = share.inodes_used / share.inodes if share.inodes else 0.0
    told = words.NO_GPU()
    if gpus:
        told = words.GPU_USE(bar=bar(used / gpus), used=used, count=gpus, free=gpus - used - lost, down=lost)
    folder = [words.SPACE(bar=bar(space), used=share.used_gib, size=share.size_gib, inodes=inodes)]
    if share.complaint:
        folder.append(words.COMPLAINT(complaint=clip(share.complaint, SHOWN_COMPLAINT)))
    waiting = len(queue) - running
    is_well = not lost and not share.complaint and max(space, inodes) <= FULL_SHARE
    return Card(
        say(words.WELL() if is_well else words.TROUBLED()),
        [
            section(say(words.GPU_HEADING()), say(told)),
            section(say(words.QUEUE()), say(words.QUEUE_LENGTH(running=running, waiting=waiting))),
            section(say(words.SHARED_FOLDER()), "\n".join(map(say, folder))),
        ],
        Tone.GOOD if is_well else Tone.WARNING,
    )


def nodes_card(nodes: Sequence[Node], say: Say) -> Card:
    """Return each node with its GPUs, CPUs and memory, those that take no work first."""
    single = {node.name: node for node in nodes}.values()
    lines = [say(_node_line(node)) for node in sorted(single, key=lambda node: not is_down(node))]
    return Card(say(words.NODES()), [first_of(lines, say) or say(words.NO_NODE())])


def _node_line(node: Node) -> Said:
    line = words.NODE(
        sign="❌" if is_down(node) else "🟢" if node.gpus_used < node.gpus else "🔵",
        name=node.name,
        state=node.state,
        gpus_used=node.gpus_used,
        gpus=node.gpus,
        cpus_used=node.cpus_used,
        cpus=node.cpus,
        used=node.memory_used_gib,
        memory=node.memory_gib,
    )
    return words.NODE_REASON(node=line, reason=clip(node.reason, SHOWN_REASON)) if node.reason else line


def queue_card(queue: Sequence[Queued], say: Say) -> Card:
    """Return what runs and what waits, of everybody, with reasons and expected starts; neither hides the other."""
    running = [job for job in queue if job.state == "RUNNING"]
    waiting = [job for job in queue if job.state != "RUNNING"]
    of_running, of_waiting = ([say(line) for line in _job_lines(jobs)] for jobs in (running, waiting))
    half = SHOWN_LINES // 2
    paragraphs = [
        section(say(heading(count=len(jobs))), first_of(lines, say, shown=max(half, SHOWN_LINES - others)))
        for jobs, lines, heading, others in (
            (running, of_running, words.RUNNING, len(of_waiting)),
            (waiting, of_waiting, words.WAITING, len(of_running)),
        )
        if jobs
    ]
    return Card(say(words.QUEUE()), paragraphs or [say(words.NOTHING_QUEUED())])


def _job_lines(jobs: Sequence[Queued]) -> Iterator[Said]:
    """Yield a line for each job, or for the tasks of an array that stand alike: a thousand of them are one."""
    alike: dict[object, list[Queued]] = defaultdict(list)
    for job in jobs:
        array, task, _ = job.job_id.partition("_")
        alike[(array, job.name, job.user, job.reason, job.gpus) if task else job.job_id].append(job)
    yield from (_job_line(same[0], count=len(same)) for same in alike.values())


def _job_line(job: Queued, *, count: int) -> Said:
    ours = KEY.fullmatch(job.name)
    told: dict[str, Value] = {
        "sign": "🏃" if job.state == "RUNNING" else "⏳",
        "job": job.job_id,
        "name": Ref(_KINDS[ours[1]], int(ours[2])) if ours else clip(job.name, SHOWN_NAME),
        "user": job.user,
        "gpus": job.gpus,
    }
    line = words.JOB_ARRAY(**told, more=count - 1) if count > 1 else words.JOB(**told)
    if job.starts_at:
        line = words.JOB_STARTS(line=line, at=job.starts_at)
    return words.JOB_REASON(line=line, reason=job.reason) if job.reason and job.state != "RUNNING" else line


def usage_card(
    groups: Mapping[str, Mapping[str, float]], ended: Sequence[Efficiency], say: Say, *, job_count: int
) -> Card:
    """Return the GPU hours by requirement, the largest first, and how much finished runs used, the worst first."""
    total = sum(sum(people.values()) for people in groups.values())
    by_use = sorted(groups.items(), key=lambda item: -sum(item[1].values()))
    lines = [say(_group(name, people)) for name, people in by_use]
    paragraphs = [say(words.TOTAL(gpu_h=total, count=job_count)), with_room(lines, say) or say(words.NO_USE())]
    told = sorted((one for one in ended if one.shares), key=lambda one: (not one.waste, -one.run))
    if told:
        shares = first_of([say(_efficiency(one)) for one in told], say, shown=SHOWN_RUNS)
        paragraphs.append(section(say(words.USED_OF_ASKED()), shares))
    return Card(say(words.USAGE()), paragraphs)


def _group(name: str, hours_of: Mapping[str, float]) -> Said:
    by_use = sorted(hours_of.items(), key=lambda item: -item[1])
    told: dict[str, Value] = {
        "name": words.OF_OTHERS() if name == OTHERS else name,
        "gpu_h": sum(hours_of.values()),
        "people": [words.SHARE_OF(who=who, gpu_h=hours) for who, hours in by_use[:SHOWN_PEOPLE]],
    }
    left = len(by_use) - SHOWN_PEOPLE
    return words.GROUP_MORE(**told, count=left) if left > 0 else words.GROUP(**told)


def _efficiency(ended: Efficiency) -> Said:
    run = Ref(Kind.RUN, ended.run)
    shares = [words.PART(share=one.share, what=_amount(one)) for one in ended.shares]
    if ended.waste:
        return words.WASTEFUL(run=run, shares=shares, waste=[_amount(one) for one in ended.waste])
    return words.EFFICIENT(run=run, shares=shares)


def _amount(used: Used) -> Said:
    return used.what(amount=used.amount)
