"""What squeue, sacct, sinfo and scontrol print, in the form of SLURM 22.05."""

import getpass
import re
import time
from collections.abc import Callable, Mapping, Sequence

from sandbox.slurm.controller import Controller
from sandbox.slurm.model import Job, Node, Partition
from sandbox.slurm.processes import output_path
from sandbox.slurm.sbatch import BadCommandError

VERSION = "slurm-wlm 22.05.8"
SHORT = {
    "PENDING": "PD", "RUNNING": "R", "COMPLETING": "CG", "COMPLETED": "CD", "FAILED": "F", "CANCELLED": "CA",
    "TIMEOUT": "TO", "NODE_FAIL": "NF", "OUT_OF_MEMORY": "OOM",
}  # fmt: skip
_SPECIFIER = re.compile(r"%(?:\.?(\d+))?([A-Za-z])")


def stamp(at: float | None, style: str = "", *, absent: str = "Unknown") -> str:
    """Return a time as SLURM writes it; `style` is the caller's SLURM_TIME_FORMAT."""
    if at is None:
        return absent
    return str(int(at)) if style == "%s" else time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(at))


def span(seconds: float, *, is_long: bool = False) -> str:
    """Return a duration as SLURM writes it: [days-]hours:minutes:seconds, hours only when needed unless `is_long`."""
    minutes, secs = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}-{hours:02}:{minutes:02}:{secs:02}"
    if hours or is_long:
        return f"{hours:02}:{minutes:02}:{secs:02}" if is_long else f"{hours}:{minutes:02}:{secs:02}"
    return f"{minutes}:{secs:02}"


def size(mebibytes: int) -> str:
    """Return a size as SLURM writes it."""
    return f"{mebibytes // 1024}G" if mebibytes and mebibytes % 1024 == 0 else f"{mebibytes}M"


def elapsed_s(job: Job) -> float:
    """Return how long the job has run."""
    return 0.0 if job.started_at is None else (job.ended_at or time.time()) - job.started_at


def codes(job: Job) -> str:
    """Return exit code and signal as scontrol writes them."""
    return f"{job.exit_code}:{job.exit_signal}"


def accounting_codes(job: Job) -> str:
    """Return exit code and signal as sacct writes them: of a code above 128 the rest, and a cancelled job has none."""
    if job.reason == "BadConstraints":
        return "1:0"
    if job.state in ("CANCELLED", "TIMEOUT"):
        return "0:0"
    return f"{job.exit_code - 128 if job.exit_code > 128 else job.exit_code}:{job.exit_signal}"


def expand(template: str, fields: Mapping[str, str]) -> str:
    """Return the template with `%[[.]width]letter` filled in. Raises BadCommandError for a letter that is not known."""

    def fill(match: re.Match[str]) -> str:
        if match[2] not in fields:
            raise BadCommandError(f"error: the sandbox does not know the format specifier %{match[2]}")
        text = fields[match[2]]
        if match[1] is None:
            return text
        width = int(match[1])
        cut = text[:width]
        return cut.rjust(width) if "." in match[0] else cut.ljust(width)

    return _SPECIFIER.sub(fill, template)


def queue_fields(job: Job, user: str) -> dict[str, str]:
    """Return squeue's fields of a job by letter."""
    nodes = ",".join(job.nodes)
    request = job.request
    return {
        "i": job.label, "A": str(job.number), "F": str(job.family), "j": request.name, "T": job.shown_state,
        "t": SHORT.get(job.shown_state, job.shown_state), "r": job.reason, "N": nodes, "P": request.partition,
        "R": nodes if job.state == "RUNNING" else f"({job.reason})", "u": user, "M": span(elapsed_s(job)),
        "l": span(request.limit_min * 60), "D": str(request.nodes), "C": str(request.cpus * request.nodes),
        "m": size(request.memory_mib), "b": f"gres:gpu:mi100:{request.gpus}" if request.gpus else "N/A",
        "V": stamp(job.submitted_at), "S": stamp(job.started_at), "e": stamp(job.ended_at or job.ends_at),
        "k": request.comment or "(null)", "Z": request.directory,
    }  # fmt: skip


def tres(job: Job) -> str:
    """Return what the job has, or asks for, as SLURM writes it."""
    request = job.request
    gpus = f"gres/gpu:mi100={request.gpus * request.nodes},gres/gpu={request.gpus * request.nodes}," * bool(
        request.gpus
    )
    cpus = request.cpus * request.nodes
    return f"billing={cpus},cpu={cpus},{gpus}mem={size(request.memory_mib * request.nodes)},node={request.nodes}"


def long_queue_fields(job: Job, user: str, style: str) -> dict[str, str]:
    """Return squeue's fields of a job by the names that -O takes, in lower case."""
    short = queue_fields(job, user)
    return {
        "jobarrayid": job.label, "jobid": str(job.number), "arrayjobid": str(job.family), "name": short["j"],
        "state": short["T"], "reason": short["r"], "nodelist": short["N"], "restartcnt": str(job.restarts),
        "exit_code": str(job.exit_code << 8 | job.exit_signal), "derivedec": "0", "username": user,
        "tres-alloc": tres(job), "tres-per-node": short["b"], "numnodes": short["D"], "partition": short["P"],
        "starttime": stamp(job.started_at, style, absent="N/A"),
    }  # fmt: skip


ACCOUNTING: Mapping[str, Callable[[Job], str]] = {
    "jobid": lambda job: job.label,
    "jobidraw": lambda job: str(job.number),
    "jobname": lambda job: job.request.name,
    "partition": lambda job: job.request.partition,
    "state": lambda job: f"CANCELLED by {job.ended_by}" if job.state == "CANCELLED" else job.state,
    "exitcode": accounting_codes,
    "derivedexitcode": lambda _: "0:0",
    "submit": lambda job: stamp(job.submitted_at),
    "start": lambda job: stamp(job.started_at),
    "end": lambda job: stamp(job.ended_at),
    "user": lambda _: getpass.getuser(),
    "nnodes": lambda job: str(job.request.nodes),
    "elapsed": lambda job: span(elapsed_s(job), is_long=True),
    "elapsedraw": lambda job: str(int(elapsed_s(job))),
    "alloctres": lambda job: tres(job) if job.started_at else "",
    "totalcpu": lambda job: f"{span(job.cpu_s)}.{int(job.cpu_s * 1000) % 1000:03}",
    "cputimeraw": lambda job: str(int(elapsed_s(job) * job.request.cpus * job.request.nodes)),
    "reqmem": lambda job: size(job.request.memory_mib),
    "maxrss": lambda _: "",
    "averss": lambda _: "",
    "ntasks": lambda _: "",
    "nodelist": lambda job: ",".join(job.nodes) or "None assigned",
    "workdir": lambda job: job.request.directory,
    "reason": lambda job: job.reason if job.state == "PENDING" else "None",
    "alloccpus": lambda job: str(job.request.cpus * len(job.nodes)),
}


TIMES: Mapping[str, Callable[[Job], float | None]] = {
    "submit": lambda job: job.submitted_at,
    "start": lambda job: job.started_at,
    "end": lambda job: job.ended_at,
}


def accounting_row(job: Job, names: Sequence[str], style: str) -> list[str]:
    """Return the job's fields as sacct prints them."""
    return [stamp(TIMES[name](job), style) if name in TIMES else ACCOUNTING[name](job) for name in names]


def batch_row(job: Job, names: Sequence[str], style: str) -> list[str]:
    """Return the fields of the job's script, which is a step of its own."""
    own = {"jobid": f"{job.label}.batch", "jobname": "batch", "user": "", "reqmem": ""}
    own["maxrss"] = own["averss"] = f"{job.peak_bytes // 1024}K" if job.peak_bytes else ""
    own["ntasks"] = "1"
    return [own.get(name, text) for name, text in zip(names, accounting_row(job, names, style), strict=True)]


def job_record(job: Job, controller: Controller) -> str:
    """Return the job as `scontrol -d -o show job` writes it, without the fields that nobody reads."""
    request = job.request
    pairs = [
        ("JobId", str(job.number)), *_array(job), ("JobName", request.name), ("UserId", controller.user),
        ("JobState", job.shown_state), ("Reason", job.reason), ("Dependency", "(null)"),
        ("Requeue", str(int(request.can_requeue))), ("Restarts", str(job.restarts)), ("BatchFlag", "1"),
        ("ExitCode", codes(job)), ("DerivedExitCode", "0:0"), ("RunTime", span(elapsed_s(job), is_long=True)),
        ("TimeLimit", span(request.limit_min * 60, is_long=True)), ("SubmitTime", stamp(job.submitted_at)),
        ("StartTime", stamp(job.started_at)), ("EndTime", stamp(job.ended_at or job.ends_at)),
        ("Partition", request.partition), ("NodeList", ",".join(job.nodes)), ("NumNodes", str(request.nodes)),
        ("NumCPUs", str(request.cpus * request.nodes)), ("MinMemoryNode", size(request.memory_mib)),
        ("WorkDir", request.directory), ("StdErr", str(output_path(job))), ("StdOut", str(output_path(job))),
    ]  # fmt: skip
    return " ".join(f"{name}={value}" for name, value in pairs)


def _array(job: Job) -> list[tuple[str, str]]:
    return [] if job.array is None else [("ArrayJobId", str(job.array)), ("ArrayTaskId", str(job.task))]


def node_record(node: Node) -> str:
    """Return the node as `scontrol -o show node` writes it."""
    reason = f" Reason={node.reason}" if node.reason else ""
    return (
        f"NodeName={node.name} CPUAlloc={node.used_cpus} CPUTot={node.cpus} Gres=gpu:mi100:{node.gpus} "
        f"RealMemory={node.memory_mib} AllocMem={node.used_memory_mib} State={node.state.upper()}{reason}"
    )


def config(controller: Controller) -> str:
    """Return `scontrol show config`, the part that is set here."""
    rows = {
        "AccountingStorageTRES": "cpu,mem,energy,node,billing,fs/disk,vmem,pages,gres/gpu,gres/gpu:mi100",
        "ClusterName": controller.name,
        "KillWait": f"{controller.kill_wait_s:g} sec",
        "MinJobAge": f"{controller.min_job_age_s:g} sec",
        "SLURM_VERSION": VERSION.split()[1],
    }
    lines = [
        f"Configuration data as of {stamp(time.time())}",
        *(f"{name:<24}= {value}" for name, value in rows.items()),
    ]
    return "\n".join(lines) + "\n"


def sinfo_rows(controller: Controller, template: str, *, names: Sequence[str]) -> list[str]:
    """Return sinfo's lines: one for each partition and what else the template tells apart."""
    lines: list[str] = []
    for partition in controller.partitions.values():
        if names and partition.name not in names:
            continue
        nodes = [controller.nodes[name] for name in partition.nodes]
        groups: dict[str, list[Node]] = {}
        for node in nodes:
            kind = node.name if "N" in template and names == ("each",) else node.state if _tells_state(template) else ""
            groups.setdefault(kind, []).append(node)
        lines += [expand(template, _sinfo_fields(partition, group)) for group in groups.values()]
    return lines


def long_sinfo_rows(controller: Controller) -> list[dict[str, str]]:
    """Return the fields of each node in each of its partitions, by the names that -O takes, in lower case."""
    rows: list[dict[str, str]] = []
    for node in controller.nodes.values():
        for partition in controller.partitions.values():
            if node.name not in partition.nodes:
                continue
            used = ",".join(map(str, sorted(node.used_gpus))) or "N/A"
            fields = _sinfo_fields(partition, [node])
            rows.append(
                {
                    "nodelist": node.name, "partition": fields["P"], "statelong": node.state, "gres": fields["G"],
                    "gresused": f"gpu:mi100:{len(node.used_gpus)}(IDX:{used})", "cpusstate": fields["C"],
                    "memory": fields["m"], "allocmem": str(node.used_memory_mib),
                    "reason": node.reason or "none", "time": fields["l"],
                }
            )  # fmt: skip
    return rows


def expand_long(wanted: str, fields: Mapping[str, str]) -> str:
    """Return a line for `-O name[:[.][width][suffix]],...`. Raises BadCommandError for a name that is not known."""
    line = ""
    for part in wanted.split(","):
        name, colon, form = part.partition(":")
        if name.lower() not in fields:
            raise BadCommandError(f"error: Invalid job format specification: {name}")
        text, match = fields[name.lower()], re.match(r"(\.?)(\d*)(.*)", form, re.DOTALL)
        assert match is not None
        width = int(match[2]) if match[2] else 0 if colon else 20
        line += (text if not width else text[:width].rjust(width) if match[1] else text[:width].ljust(width)) + match[3]
    return line


def _tells_state(template: str) -> bool:
    return any(letter in "TtN" for _, letter in _SPECIFIER.findall(template))


def _sinfo_fields(partition: Partition, nodes: list[Node]) -> dict[str, str]:
    state = nodes[0].state
    short = {"allocated": "alloc", "mixed": "mix"}.get(state, state)
    return {
        "R": partition.name, "P": partition.name + ("*" if partition.is_default else ""), "a": "up",
        "l": span(partition.limit_min * 60), "D": str(len(nodes)), "T": state, "t": short,
        "N": ",".join(node.name for node in nodes), "G": f"gpu:mi100:{nodes[0].gpus}", "c": str(nodes[0].cpus),
        "m": str(nodes[0].memory_mib),
        "C": "/".join(
            str(count)
            for count in (
                sum(node.used_cpus for node in nodes),
                sum(node.cpus - node.used_cpus for node in nodes if not node.is_down),
                sum(node.cpus for node in nodes if node.is_down),
                sum(node.cpus for node in nodes),
            )
        ),
    }  # fmt: skip
