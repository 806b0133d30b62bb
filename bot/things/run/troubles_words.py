"""What is said of runs that have not ended and do not get on as they should."""

from bot.core.said import Words

W = Words("run.trouble")

AT_NODE = W("at_node", " on {node}")

STRANGE_STATE = W("strange_state", "{run} is in a state that Slipway does not know")
STRANGE_STATE_CAUSE = W(
    "strange_state_cause", "SLURM shows job {job} as {state}, which no table of ours has. So the run has no end."
)
STRANGE_STATE_STEP = W(
    "strange_state_step",
    "Look with {command:code}, and in SLURM's manual what that state means. If the job has ended, cancel the run, "
    "which then ends it.",
)
NOT_KNOWN = W("not_known", "{run} is not known to SLURM")
NOT_KNOWN_CAUSE = W("not_known_cause", "What SLURM says of job {job} is not clear: {why}. So the run has no end.")
NOT_KNOWN_STEP = W(
    "not_known_step", "Look with {command:code}. If the job is gone, cancel the run, which then ends it."
)
WILL_NOT_START = W("will_not_start", "{run} will not start by itself")
KEPT_WAITING = W("kept_waiting", "SLURM keeps it waiting with the reason {reason}: {meaning}.")
ASK_FOR_LESS = W(
    "ask_for_less", "Cancel it and launch it with what the cluster allows, or have an administrator lift the reason."
)
WAITS_LONG = W("waits_long", "{run} waits for very long")
HAS_WAITED = W(
    "has_waited",
    "It has waited in the queue for {hours} hour.",
    many="It has waited in the queue for {hours} hours.",
    by="hours",
)
HAS_WAITED_WITH = W(
    "has_waited_with",
    "It has waited in the queue for {hours} hour, with the reason {reason}.",
    many="It has waited in the queue for {hours} hours, with the reason {reason}.",
    by="hours",
)
HAS_WAITED_WITH_MEANING = W(
    "has_waited_with_meaning",
    "It has waited in the queue for {hours} hour, with the reason {reason}: {meaning}.",
    many="It has waited in the queue for {hours} hours, with the reason {reason}: {meaning}.",
    by="hours",
)
WAIT_ON = W("wait_on", "Look at `/cluster queue` and `/cluster nodes`; wait on, or cancel it and ask for less.")
SUSPENDED = W("suspended", "{run} is suspended")
SUSPENDED_CAUSE = W(
    "suspended_cause",
    "SLURM suspended it{where} {minutes} minute ago: it keeps its GPUs' memory and does not go on.",
    many="SLURM suspended it{where} {minutes} minutes ago: it keeps its GPUs' memory and does not go on.",
    by="minutes",
)
SUSPENDED_STEP = W(
    "suspended_step", "An administrator lets it go on with `scontrol resume`, unless SLURM does so by itself."
)
DIVERGED = W("diverged", "{run} has diverged")
NOT_FINITE = W("not_finite", "The newest line of its progress{where} has a loss or measure that is NaN or infinite.")
FAR_FROM_BEST = W(
    "far_from_best",
    "Its loss{where} has been more than {factor} times its best for {epochs} epochs: it is {newest:figure}, and was "
    "{best:figure}.",
)
DIVERGED_STEP = W("diverged_step", "Cancel it, and launch it again with a lower learning rate.")
STANDS_STILL = W("stands_still", "{run} stands still")
NO_PROGRESS = W(
    "no_progress",
    "It runs{where}, but has written no progress for {minutes} minute.",
    many="It runs{where}, but has written no progress for {minutes} minutes.",
    by="minutes",
)
SLOW = W("slow", "{run} has become slow")
SLOW_CAUSE = W("slow_cause", "Its last {epochs} epochs{where} took {pace:0.0} times as long as its first {epochs}.")
LOOK_AT_RUN = W(
    "look_at_run",
    "Look at `/train logs run:{number:whole}` and `/cluster nodes`; then wait, or press what fits.",
)
