"""SLURM's commands as users call them: arguments in; text and an exit code out."""

import asyncio
import re
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sandbox.slurm import listings, scheduler
from sandbox.slurm.controller import Controller, Faults
from sandbox.slurm.model import Job, Request
from sandbox.slurm.sbatch import BadCommandError, Parser, read_request

UNREACHABLE = "Unable to contact slurm controller (connect failure)"
BAD_ID = "Invalid job id specified"


@dataclass(frozen=True)
class Call:
    """A command as somebody typed it."""

    name: str
    arguments: tuple[str, ...]
    directory: str
    environment: Mapping[str, str]
    stdin: str


@dataclass(frozen=True)
class Reply:
    """What the command prints and how it ends."""

    output: str = ""
    errors: str = ""
    code: int = 0


async def answer(call: Call, controller: Controller) -> Reply:
    """Run the command."""
    if call.arguments in (("--version",), ("-V",)):
        return Reply(f"{listings.VERSION}\n")
    if controller.faults.is_controller_down and call.name != "sacct":
        await asyncio.sleep(controller.faults.outage_block_s)
        begin = {"sbatch": "sbatch: error: Batch job submission failed: ", "squeue": "slurm_load_jobs error: "}
        return Reply(errors=f"{begin.get(call.name, f'{call.name}: error: ')}{UNREACHABLE}\n", code=1)
    try:
        return await COMMANDS[call.name](call, controller)
    except BadCommandError as error:
        return Reply(errors=f"{error}\n", code=1)


async def sbatch(call: Call, controller: Controller) -> Reply:
    """Submit a script."""
    request, given = read_request(
        call.arguments,
        directory=call.directory,
        environment=call.environment,
        stdin=call.stdin,
        partitions=controller.partitions,
    )
    if given.test_only:
        return _forecast(request, call.environment.get("SLURM_TIME_FORMAT", ""), controller)
    job, complaints = controller.submit(request)
    await asyncio.sleep(controller.faults.sbatch_delay_s)
    if complaints:
        return Reply(errors="".join(f"sbatch: error: {line}\n" for line in complaints), code=1)
    return Reply(f"{job.number}\n" if given.parsable else f"Submitted batch job {job.number}\n")


def _forecast(request: Request, style: str, controller: Controller) -> Reply:
    """Tell when a request would start, from what is free, or at the latest end of what runs."""
    partition = controller.partitions[request.partition]
    refused = scheduler.refusal(request, partition, controller.nodes)
    if refused:
        said = refused[-1].removeprefix("Batch job submission failed: ")
        return Reply(errors=f"allocation failure: {said}\n", code=1)
    chosen = scheduler.place(request, partition, controller.nodes)
    ends = [job.ends_at for job in controller.jobs.values() if job.state == "RUNNING" and job.ends_at]
    at = listings.stamp(time.time() if chosen else max(ends, default=time.time()), style)
    names = ",".join(node.name for node in chosen) or ",".join(partition.nodes[: request.nodes])
    cpus = request.cpus * request.nodes
    said = f"Job {controller.next_number} to start at {at} using {cpus} processors on nodes {names}"
    return Reply(errors=f"sbatch: {said} in partition {partition.name}\n")


async def squeue(call: Call, controller: Controller) -> Reply:
    """List what waits, runs, or has ended a short while ago."""
    parser = Parser("squeue")
    parser.add_argument("-h", "--noheader", action="store_true")
    parser.add_argument("--me", action="store_true")
    parser.add_argument("-r", "--array", action="store_true")
    parser.add_argument("-a", "--all", action="store_true")
    parser.add_argument("-O", "--Format", default="")
    for short, name in (("-t", "states"), ("-u", "user"), ("-n", "name"), ("-j", "jobs"), ("-o", "format")):
        parser.add_argument(short, f"--{name}", default="")
    given = parser.parse_args(call.arguments)
    jobs = _selected(controller.visible(), given.name, given.jobs)
    if re.fullmatch(r"[\d_]+", given.jobs) and not jobs:
        return Reply(errors=f"slurm_load_jobs error: {BAD_ID}\n", code=1)
    if given.user and given.user != controller.user:
        jobs = []
    wanted = given.states.upper().split(",") if given.states else ["PENDING", "RUNNING", "COMPLETING"]
    if wanted != ["ALL"]:
        jobs = [job for job in jobs if job.shown_state in wanted or listings.SHORT.get(job.shown_state) in wanted]
    if given.Format:
        style = call.environment.get("SLURM_TIME_FORMAT", "")
        rows = [listings.long_queue_fields(job, controller.user, style) for job in jobs]
        return Reply("".join(f"{listings.expand_long(given.Format, row)}\n" for row in rows))
    template = given.format or "%.18i %.9P %.8j %.8u %.2t %.10M %.6D %R"
    heading = {
        "i": "JOBID", "A": "JOBID", "j": "NAME", "T": "STATE", "t": "ST", "r": "REASON", "N": "NODELIST",
        "P": "PARTITION", "R": "NODELIST(REASON)", "u": "USER", "M": "TIME", "l": "TIME_LIMIT", "D": "NODES",
        "C": "CPUS", "m": "MIN_MEMORY", "b": "TRES_PER_NODE", "V": "SUBMIT_TIME", "S": "START_TIME",
        "e": "END_TIME", "k": "COMMENT",
    }  # fmt: skip
    lines = [] if given.noheader else [listings.expand(template, heading)]
    lines += [listings.expand(template, listings.queue_fields(job, controller.user)) for job in jobs]
    return Reply("".join(f"{line}\n" for line in lines))


async def sacct(call: Call, controller: Controller) -> Reply:
    """List what accounting knows, for ever."""
    said = _why_no_accounting(controller.faults)
    if said:
        return Reply(errors=said, code=1)
    parser = Parser("sacct")
    parser.add_argument("-X", "--allocations", action="store_true")
    parser.add_argument("-n", "--noheader", action="store_true")
    parser.add_argument("-P", "--parsable2", action="store_true")
    parser.add_argument("--delimiter", default="|")
    for short, name in (("-j", "jobs"), ("-S", "starttime"), ("-E", "endtime"), ("-o", "format"), ("-u", "user")):
        parser.add_argument(short, f"--{name}", default="")
    parser.add_argument("--name", default="")
    given = parser.parse_args(call.arguments)
    names = (given.format or "JobID,JobName,Partition,AllocCPUS,State,ExitCode").split(",")
    unknown = [name for name in names if name.lower() not in listings.ACCOUNTING]
    if unknown:
        raise BadCommandError(f'sacct: error: Invalid field requested: "{unknown[0]}"')
    newest = time.time() - controller.accounting_lag_s
    known = [job for job in controller.jobs.values() if job.submitted_at <= newest]
    fields, style = [name.lower() for name in names], call.environment.get("SLURM_TIME_FORMAT", "")
    rows: list[list[str]] = []
    for job in _selected(known, given.name, given.jobs):
        rows.append(listings.accounting_row(job, fields, style))
        if job.started_at is not None and not given.allocations:
            rows.append(listings.batch_row(job, fields, style))
    if not given.noheader:
        rows.insert(0, names)
    if given.parsable2:
        return Reply("".join(f"{given.delimiter.join(row)}\n" for row in rows))
    return Reply("".join(" ".join(f"{value[:12]:>12}" for value in row) + " \n" for row in rows))


def _why_no_accounting(faults: Faults) -> str:
    if not faults.is_accounting_kept:
        return "Slurm accounting storage is disabled\n"
    where = "localhost:6819: Connection refused"
    down = f"sacct: error: slurm_persist_conn_open_without_init: failed to open {where}\n"
    return down if faults.is_accounting_down else ""


async def scancel(call: Call, controller: Controller) -> Reply:
    """Cancel jobs by id, by name, or both."""
    parser = Parser("scancel")
    parser.add_argument("-n", "--name", "--jobname", dest="name", default="")
    for short, name in (("-u", "user"), ("-s", "signal"), ("-t", "state")):
        parser.add_argument(short, f"--{name}", default="")
    parser.add_argument("-b", "--batch", action="store_true")
    parser.add_argument("jobs", nargs="*")
    given = parser.parse_args(call.arguments)
    if not (given.name or given.jobs or given.user):
        return Reply(errors="scancel: error: No job identification provided\n", code=1)
    chosen = _selected(controller.visible(), given.name, ",".join(given.jobs))
    if given.name or given.state:  # the real one then takes all of an array that waits for one job
        waiting = {job.array for job in chosen if job.array is not None and job.state == "PENDING"}
        chosen += [job for job in controller.visible() if job.array in waiting and job.state == "PENDING"]
    for job in chosen:
        if given.state and job.state != given.state.upper():
            continue
        if given.signal:
            number = signal.Signals[f"SIG{given.signal.upper().removeprefix('SIG')}"]
            controller.signal(job, number, only_script=given.batch)
        else:
            controller.cancel(job)
    controller.schedule()
    return Reply()


async def sinfo(call: Call, controller: Controller) -> Reply:
    """List partitions and their nodes."""
    parser = Parser("sinfo")
    parser.add_argument("-h", "--noheader", action="store_true")
    parser.add_argument("-p", "--partition", default="")
    parser.add_argument("-N", "--Node", action="store_true")
    parser.add_argument("-O", "--Format", default="")
    parser.add_argument("-o", "--format", default="%9P %5a %.10l %.6D %6t %N")
    given = parser.parse_args(call.arguments)
    heading = {
        "R": "PARTITION", "P": "PARTITION", "a": "AVAIL", "l": "TIMELIMIT", "D": "NODES", "T": "STATE",
        "t": "STATE", "N": "NODELIST", "G": "GRES", "C": "CPUS(A/I/O/T)", "c": "CPUS", "m": "MEMORY",
    }  # fmt: skip
    lines = [] if given.noheader else [listings.expand(given.format, heading)]
    if given.Format:
        rows = listings.long_sinfo_rows(controller)
        return Reply("".join(f"{listings.expand_long(given.Format, row)}\n" for row in rows))
    lines += listings.sinfo_rows(controller, given.format, names=[name for name in given.partition.split(",") if name])
    return Reply("".join(f"{line}\n" for line in lines))


async def sacctmgr(call: Call, _: Controller) -> Reply:
    """List the accounts that a user may charge, with their QOS."""
    match [word for word in call.arguments if not word.startswith("-")]:
        case ["show", "assoc", "where", user, "format=Account,QOS"] if user.startswith("user="):
            return Reply("".join(f"{name}|{','.join(qos)}\n" for name, qos in scheduler.ACCOUNTS.items()))
        case words:
            return Reply(errors=f" Unknown condition: {' '.join(words)}\n", code=1)


async def scontrol(call: Call, controller: Controller) -> Reply:
    """Show and change things, as an admin."""
    words = [word for word in call.arguments if word not in ("-o", "-d", "--oneliner", "--details")]
    match words:
        case ["ping"]:
            return Reply("Slurmctld(primary) at localhost is UP\n")
        case ["show", "hostnames", hosts]:
            return Reply("".join(f"{name}\n" for name in hosts.split(",")))
        case ["requeue", name]:
            for job in _selected(controller.visible(), "", name):
                controller.requeue(job)
            return Reply()
        case ["show", kind, *names]:
            return _show(kind, names, controller)
        case ["update", *settings]:
            return _update(
                {name.lower(): value for name, _, value in (text.partition("=") for text in settings)}, controller
            )
        case _:
            return Reply(errors=f"invalid keyword: {' '.join(words)}\n", code=1)


def _show(kind: str, names: list[str], controller: Controller) -> Reply:
    match kind:
        case "config":
            return Reply(listings.config(controller))
        case "job":
            jobs = [job for job in controller.visible() if not names or any(map(job.is_called, names))]
            if names and not jobs:
                return Reply(errors=f"slurm_load_jobs error: {BAD_ID}\n", code=1)
            return Reply("".join(f"{listings.job_record(job, controller)} \n" for job in jobs))
        case "node":
            nodes = [node for node in controller.nodes.values() if not names or node.name in names]
            return Reply("".join(f"{listings.node_record(node)}\n" for node in nodes))
        case _:
            return Reply(errors=f"invalid entity:{kind} for keyword:show \n", code=1)


def _update(changes: dict[str, str], controller: Controller) -> Reply:
    match changes:
        case {"nodename": name, "state": state} if name in controller.nodes:
            node = controller.nodes[name]
            if state.lower() == "down":
                controller.lose(node, changes.get("reason", "none"))
            else:
                node.is_down, node.reason = False, ""
                controller.schedule()
            return Reply()
        case {"jobid": number, "endtime": when}:
            later = re.fullmatch(r"now(?:\+(\d+)(?:seconds)?)?", when)
            jobs = [job for job in controller.visible() if job.is_called(number) and job.state == "RUNNING"]
            if later is None or not jobs:
                return Reply(errors=f"Job is not running for job {number}\n", code=1)
            jobs[0].ends_at = time.time() + int(later[1] or 0)
            return Reply()
        case {"jobid": number, "requeue": "0" | "1" as allowed}:
            for job in _selected(controller.visible(), "", number):
                job.request = replace(job.request, can_requeue=allowed == "1")
            return Reply()
        case _:
            return Reply(errors="slurm_update error: the sandbox cannot change that\n", code=1)


def _selected(jobs: Sequence[Job], names: str, numbers: str) -> list[Job]:
    wanted_names = set(names.split(",")) if names else set()
    wanted_numbers = set(numbers.split(",")) if numbers else set()
    if wanted_numbers:
        jobs = [job for job in jobs if wanted_numbers & {job.label, str(job.number), str(job.family)}]
    return [job for job in jobs if not wanted_names or job.request.name in wanted_names]


COMMANDS: Mapping[str, Callable[[Call, Controller], Awaitable[Reply]]] = {
    "sbatch": sbatch,
    "squeue": squeue,
    "sacct": sacct,
    "scancel": scancel,
    "sinfo": sinfo,
    "scontrol": scontrol,
    "sacctmgr": sacctmgr,
}
