"""Which waiting job may start where, and why the others wait."""

from collections.abc import Iterable, Mapping

from sandbox.slurm.model import Job, Node, Partition, Request

IMPOSSIBLE = "Requested node configuration is not available"
ACCOUNTS: Mapping[str, tuple[str, ...]] = {"research": ("normal", "high"), "teaching": ("normal",)}
"""The accounts that everybody may charge, with their QOS; the first of each is the default."""


def refusal(request: Request, partition: Partition, nodes: Mapping[str, Node]) -> list[str]:
    """Return what sbatch says of a request that no node could ever serve or no account may make; nothing otherwise."""
    if request.account and request.account not in ACCOUNTS:
        return ["Batch job submission failed: Invalid account or account/partition combination specified"]
    if request.qos and request.qos not in ACCOUNTS[request.account or next(iter(ACCOUNTS))]:
        return ["Batch job submission failed: Invalid qos specification"]
    own = [nodes[name] for name in partition.nodes]
    if request.cpus > max(node.cpus for node in own):
        return ["CPU count per node can not be satisfied", f"Batch job submission failed: {IMPOSSIBLE}"]
    if request.memory_mib > max(node.memory_mib for node in own):
        return ["Memory specification can not be satisfied", f"Batch job submission failed: {IMPOSSIBLE}"]
    if request.gpus > max(node.gpus for node in own):
        return [f"Batch job submission failed: {IMPOSSIBLE}"]
    return []


def wait_reason(
    job: Job, partition: Partition, nodes: Mapping[str, Node], *, now: float, running: Mapping[int, int]
) -> str:
    """Return why the job may not even be considered; empty when it may. `running` counts each array's tasks."""
    if job.array is not None and 0 < job.request.at_once <= running.get(job.array, 0):
        return "JobArrayTaskLimit"
    if job.request.limit_min > partition.limit_min:
        return "PartitionTimeLimit"
    if job.request.nodes > len(partition.nodes):
        return "PartitionNodeLimit"
    if job.eligible_at > now:
        return "BeginTime"
    if job.request.nodes > sum(not nodes[name].is_down for name in partition.nodes):
        return "ReqNodeNotAvail, UnavailableNodes:" + ",".join(name for name in partition.nodes if nodes[name].is_down)
    return ""


def place(request: Request, partition: Partition, nodes: Mapping[str, Node]) -> list[Node]:
    """Return the nodes that can take the job now, as many as it asks for, or none."""
    allowed = (nodes[name] for name in partition.nodes if name not in request.excluded)
    free = [node for node in allowed if _fits(request, node)]
    return free[: request.nodes] if len(free) >= request.nodes else []


def _fits(request: Request, node: Node) -> bool:
    return (
        not node.is_down
        and node.cpus - node.used_cpus >= request.cpus
        and node.memory_mib - node.used_memory_mib >= request.memory_mib
        and node.gpus - len(node.used_gpus) >= request.gpus
    )


def take(job: Job, chosen: Iterable[Node]) -> None:
    """Give the nodes' resources to the job."""
    request = job.request
    names: list[str] = []
    gpus: list[int] = []
    for node in chosen:
        node.used_cpus += request.cpus
        node.used_memory_mib += request.memory_mib
        gpus = [index for index in range(node.gpus) if index not in node.used_gpus][: request.gpus]
        node.used_gpus.update(gpus)
        names.append(node.name)
        job.gpus += tuple(gpus)
    job.nodes = tuple(names)


def give_back(job: Job, nodes: Mapping[str, Node]) -> None:
    """Take the resources back from the job; it keeps the names of its nodes."""
    request = job.request
    for position, name in enumerate(job.nodes):
        node = nodes[name]
        node.used_cpus -= request.cpus
        node.used_memory_mib -= request.memory_mib
        node.used_gpus -= set(job.gpus[position * request.gpus : (position + 1) * request.gpus])
    job.gpus = ()
