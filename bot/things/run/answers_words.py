"""What commands and presses about runs are answered and refused with."""

from bot.core.said import Words

W = Words("run.answer")
NO = Words("run.refused")

IS_PLANNED = W(
    "is_planned",
    "{run} for {requirement} is planned with {recipe:code}. Its card in <#{channel:whole}> shows when it would start "
    "and what it may cost; **Launch** there sends it.",
)
IS_ORDERED = W("is_ordered", "{run} is ordered; its card follows it.")
SCRIPT = W("script", "What SLURM gets for {run}:")
NEXT_OF_SWEEP = W(
    "next_of_sweep",
    "The next attempt of {count} run of {sweep} is ordered; its card follows them.",
    many="The next attempt of {count} runs of {sweep} is ordered; its card follows them.",
    by="count",
)
GOES_ON = W(
    "goes_on",
    "Attempt {attempt} of {run} is ordered; it goes on from the checkpoint of attempt {saved:whole}, if that saved "
    "one. Its card follows it.",
)
BEGINS_ANEW = W("begins_anew", "Attempt {attempt} of {run} is ordered; it begins anew. Its card follows it.")
STOPS_FIRST = W(
    "stops_first", "{run} is told to save and stop; then it goes on on another node. Press again if it hangs."
)
REPEATS = W("repeats", "{again} repeats {run}; its card will say how it came out.")
NOTED = W("noted", "Noted on {run}.")
IS_CANCELLED = W("is_cancelled", "{run} is cancelled.")
IS_BEING_CANCELLED = W("is_being_cancelled", "{run} is being cancelled; its card will say when it has ended.")
COMPARISON = W("comparison", "Comparison")
EPOCH = W("epoch", "epoch")
COMPARED_CURVES = W("compared_curves", "Curves of {measures:listed} by epoch, one line for each run")
NO_SUCH_LINE = W("no_such_line", "The log of {run} has no such line.")
LOG_EMPTY = W("log_empty", "The log of {run} is empty so far.")
LOG_END = W("log_end", "The log of {run} is longer than Discord takes; its end:")
LOG = W("log", "From the log of {run}:")

NO_SCRIPT = NO("no_script", "The script of {run} is not there yet; its card says when the cluster has answered.")
NOT_POSSIBLE = NO("not_possible", "The cluster would not take it, as it said {at:ago}: {refused}")
NOT_POSSIBLE_NEAREST = NO(
    "not_possible_nearest", "The cluster would not take it, as it said {at:ago}: {refused} {nearest}"
)
WAITS_FOR_EVER = NO(
    "waits_for_ever",
    "The partition {partition:code} lets a job run for {most} minutes; with {asked:code} it would wait for ever.",
)
SEED = NO("seed", "The seed must lie between 0 and {most}; {seed} is out of range.")
HYPOTHESIS_TOO_LONG = NO(
    "hypothesis_too_long", "The hypothesis has {length} characters; at most {limit} fit. Shorten it."
)
CONCLUSION_TOO_LONG = NO(
    "conclusion_too_long", "The conclusion has {length} characters; at most {limit} fit. Shorten it."
)
NOTHING_TO_NOTE = NO("nothing_to_note", "Give a hypothesis, a conclusion, or both; there is nothing to note.")
ONE_GPU = NO(
    "one_gpu",
    "The recipe {recipe:code} trains on one GPU of one node; {ranks} would not help it. Ask for `nodes:1 gpus:1`.",
)
_HAS = "{{requirement}} has a budget of {{limit:#,##0.###}} GPU {hours}: "
_SPENT = "{used:#,##0.0} are used and {promised:#,##0.0} promised to open runs, so {left:#,##0.0} are left; "
_MAY_TAKE = "this may take {asked:#,##0.0}. "
_WAY_OUT = "have the budget raised with `/requirement budget`."
_HOUR, _HOURS = (f"{_HAS.format(hours=hours)}{_SPENT}{_MAY_TAKE}" for hours in ("hour", "hours"))
OVER_BUDGET = NO(
    "over_budget",
    f"{_HOUR}Cancel what is not needed, or {_WAY_OUT}",
    many=f"{_HOURS}Cancel what is not needed, or {_WAY_OUT}",
    by="limit",
)
OVER_BUDGET_FITS = NO(
    "over_budget_fits",
    f"{_HOUR}{{fitting:code}} would fit, or {_WAY_OUT}",
    many=f"{_HOURS}{{fitting:code}} would fit, or {_WAY_OUT}",
    by="limit",
)
NOT_CLAIMED = NO(
    "not_claimed", "{requirement} is *filed* and nobody has claimed it; claim it first with `/requirement claim`."
)
WITHDRAWN = NO("withdrawn", "{requirement} was *withdrawn*; it cannot be trained. File a new requirement instead.")
STANDS_FOR_SWEEP = NO(
    "stands_for_sweep",
    "{run} stands for the runs of {sweep}, which are only planned; launch or discard them on the sweep's card.",
)
NO_PARTITION = NO("no_partition", "The cluster has no partition {partition:code}; it has {known:names}.")
OUT_OF_RANGE = NO(
    "out_of_range",
    "The {what} must lie between {least} and {most}; {asked} is out of range. The nearest possible is {nearest}.",
)
NODES = NO("nodes", "nodes")
GPUS = NO("gpus", "GPUs per node")
CPUS = NO("cpus", "CPUs per node")
MEMORY = NO("memory", "memory in GiB per node")
TIME_LIMIT = NO("time_limit", "time limit in minutes")
GPU_TYPE = NO("gpu_type", "GPU type")
ACCOUNT = NO("account", "account")
QOS = NO("qos", "QOS")
NO_SLURM_NAME = NO("no_slurm_name", "The {what} {name:code} is no SLURM name; use letters, digits, dots and hyphens.")
NO_RUN = NO("no_run", "{name:code} is no run; write numbers as in `31 32 33`.")
HOW_MANY_RUNS = NO("how_many_runs", "Between {least} and {most} different runs can be compared; you named {count}.")
CANCELLING_ASKED = NO("cancelling_asked", "The cancelling of {run} was asked for already; the cluster is ending it.")
NEVER_ON_CLUSTER = NO("never_on_cluster", "{run} is *{stage}* and was never on the cluster, so it has no log.")
NO_ATTEMPT = NO(
    "no_attempt",
    "{run} has had one attempt on the cluster; there is no attempt {attempt}.",
    many="{run} has had {had} attempts on the cluster; there is no attempt {attempt}.",
    by="had",
)
OTHER_PROMOTED = NO(
    "other_promoted",
    "{best} of {sweep} was promoted already, and no other run of it can be; launch what {run} was with "
    "`/train launch requirement:{requirement:0}`.",
)
SWEEP_BEING_CANCELLED = NO(
    "sweep_being_cancelled", "{sweep} is being cancelled; {run} can be resumed when it has ended."
)
MOST_MEMORY = NO("most_memory", "{run} already asks for {most} GiB, all that a node has; use a smaller `batch_size`.")
MOST_TIME = NO("most_time", "{run} already asks for {most} minutes, the longest there is; resume it instead.")
WAS_ON_NO_NODE = NO("was_on_no_node", "{run} never got to a node, so there is none to leave out; retry it as it is.")
ONLY_SUCCEEDED_REPEATS = NO(
    "only_succeeded_repeats", "{run} is *{stage}*; only a run that succeeded can be reproduced."
)
NOT_TRAINED_AGAIN = NO(
    "not_trained_again",
    "{run} cannot be trained again. {why} A creator may launch another with "
    "`/train launch requirement:{requirement:0}`.",
)
NOTHING_DIFFERS = W("nothing_differs", "Nothing differs: the same parameters, seed, data and resources.")
MEASURE = W("measure", "{name} **{value:figure}**")
NO_RESULT_YET = W("no_result_yet", "no result yet")
RECIPE_IS_GONE = NO(
    "recipe_is_gone", "The recipe {recipe:code} is not in the config any more; put it back, or launch another."
)
RUN = W("run", "{run}")
SETTINGS = W("settings", "{settings:code}")
