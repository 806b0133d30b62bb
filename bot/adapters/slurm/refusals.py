"""What sbatch's refusals mean: what no waiting mends, and what may be asked for instead of a wrong name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.adapters.slurm.connection import Completed, upstream
from bot.adapters.slurm.job import NO_FOLDER_CODE
from bot.adapters.slurm.scripts import BUSY_CODE, CUT_CODE, LOOKUP_CODE, UNSETTLED_CODE
from bot.adapters.slurm.site import DISK_FULL, write_error
from bot.core.text import nearest_first
from bot.errors import NotItsTurn, Refused, Upstream
from bot.ports import Offers
from bot.things.run.model import Resources

IMPOSSIBLE: Mapping[str, str] = {
    "Requested node configuration is not available": "no node of the partition has that many GPUs or CPUs or that much "
    "memory; ask for less on each node",
    "Memory specification can not be satisfied": "no node of the partition has that much memory; ask for less",
    "CPU count per node can not be satisfied": "no node of the partition has that many CPUs; ask for fewer",
    "Invalid partition name specified": "there is no such partition; `sinfo` lists them",
    "invalid partition specified": "there is no such partition; `sinfo` lists them",
    "Node count specification invalid": "the partition has not that many nodes; ask for fewer",
    "More processors requested than permitted": "that is more than the partition permits; ask for less",
    "Requested time limit is invalid": "the time limit is more than the partition permits; ask for less time",
    "Job violates accounting/QOS policy": "it is beyond what the account may use; ask for less, or see the "
    "cluster's admin",
    "Invalid account or account/partition combination": "there is no such account for the bot's user, or it "
    "may not use that partition; `sacctmgr show assoc` lists them",
    "Invalid generic resource": "the cluster has no such kind of GPU; see `gpu_type` in the config",
    "Invalid qos specification": "the account has no such QOS; `sacctmgr show qos` lists them",
    "Invalid node name specified": "a node to leave out does not exist; `sinfo -N` lists them",
    "Invalid job array specification": "the cluster does not take arrays of that size; see MaxArraySize",
    "User's group not permitted to use this partition": "the bot's account may not use that partition",
    "Access/permission denied": "the bot's account may not submit there; see the cluster's admin",
}
"""What sbatch says of requests that no waiting mends, and the way out. Source: slurm_errno.c of 22.05 and 24.11."""

FULL = re.compile(r"\b\w*(?:MaxSubmitJob|GrpSubmitJobs)\w*")
"""sbatch's words for a limit on the number of jobs in the queue, as `QOSMaxSubmitJobPerUserLimit`, on the line before
`Job violates accounting/QOS policy`. Source: slurm_protocol_defs.c of 22.05 and 24.11."""
FULL_WAIT = timedelta(minutes=1)

MOST_NAMES = 5
"""Of those that are offered in the place of a wrong one."""


@dataclass(frozen=True, slots=True)
class Name:
    """A kind of thing that is asked for by its name."""

    field: str
    """Of `Resources`, and how one types it."""
    said: str
    whose: str
    """Whose names they are, as the beginning of a clause."""
    complaints: tuple[str, ...]
    """Of sbatch, when the name may be wrong. Source: slurm_errno.c of 22.05 and 24.11, and what both said."""


NAMES = (
    Name(
        "partition",
        "partition",
        "the cluster has",
        ("Invalid partition name specified", "invalid partition specified"),
    ),
    Name(
        "gpu_type",
        "GPU type",
        "the cluster has",
        ("Invalid generic resource", "Requested node configuration is not available"),
    ),
    Name("account", "account", "the bot's user may charge", ("Invalid account or account/partition combination",)),
    Name("qos", "QOS", "the bot's user may use", ("Invalid qos specification",)),
)


def is_about_a_name(complaint: str) -> bool:
    """Tell whether a name may be what sbatch refuses."""
    return any(words in complaint for name in NAMES for words in name.complaints)


def wrong_name(complaint: str, asked: Resources, has: Offers) -> Refused | None:
    """Return the refusal of a name that is not among those that there are, the nearest first; None when all are."""
    there: Mapping[str, tuple[str, ...]] = {
        "partition": tuple(has.partitions),
        "gpu_type": tuple(has.gpu_types),
        "account": tuple(has.accounts),
        "qos": tuple(has.qos_of.get(asked.account, has.qos)),
    }
    for name in NAMES:
        wrong, names = str(getattr(asked, name.field)), there[name.field]
        if not wrong or not names or wrong in names or not any(words in complaint for words in name.complaints):
            continue
        nearest = nearest_first(wrong, names)
        more = f" and {len(nearest) - MOST_NAMES} more" if len(nearest) > MOST_NAMES else ""
        listed = ", ".join(f"`{one}`" for one in nearest[:MOST_NAMES])
        with_account = f" with the account `{asked.account}`" if name.field == "qos" and asked.account else ""
        return Refused(
            f"SLURM refuses the {name.said} `{wrong}`: {name.whose} {listed}{more}{with_account}. "
            f"Ask for `{name.field}:{nearest[0]}`."
        )
    return None


def submit_error(done: Completed, asked: Resources) -> Refused | NotItsTurn | Upstream:
    """Return what sbatch's complaint means."""
    complaint = done.complaint
    if full := FULL.search(complaint):
        why = f"SLURM lets the bot's account have no more jobs in the queue (`{full[0]}`)"
        return NotItsTurn(why, wait=FULL_WAIT)
    for words, way_out in IMPOSSIBLE.items():
        if words in complaint:
            return Refused(f"SLURM refuses the request for partition `{asked.partition}`: {way_out}.")
    if any(words in complaint for words in DISK_FULL):
        return write_error(complaint)
    doing = {
        NO_FOLDER_CODE: "the run's folder is gone",
        BUSY_CODE: "another submission of this run is still under way",
        CUT_CODE: "the script did not come whole",
        LOOKUP_CODE: "whether the run was submitted before cannot be told now",
        UNSETTLED_CODE: "SLURM shows no job, but may still take what it was sent",
    }.get(done.code, "sbatch")
    return upstream(f"{doing}: {complaint}", retryable=True)
