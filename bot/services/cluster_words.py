"""What is said of the cluster, whoever's jobs are on it."""

from bot.core.said import Words

W = Words("cluster")

WELL = W("well", "✅ Cluster")
TROUBLED = W("troubled", "⚠️ Cluster")
GPU_HEADING = W("gpu_heading", "GPUs")
GPU_USE = W("gpu_use", "`{bar:whole}` {used} of {count} used, {free} free, {down} down")
NO_GPU = W("no_gpu", "The cluster shows no GPU.")
QUEUE = W("queue", "Queue")
QUEUE_LENGTH = W("queue_length", "{running} running, {waiting} waiting")
SHARED_FOLDER = W("shared_folder", "Shared folder")
SPACE = W("space", "`{bar:whole}` {used:#,##0} of {size:#,##0} GiB, {inodes:0%} of the inodes")
COMPLAINT = W("complaint", "❌ {complaint}")

NODES = W("nodes", "Nodes")
NO_NODE = W("no_node", "The cluster shows no node.")
NODE = W(
    "node",
    "{sign} **{name}** {state} · GPU {gpus_used}/{gpus} · CPU {cpus_used}/{cpus} · {used:0}/{memory:0} GiB",
)
NODE_REASON = W("node_reason", "{node}\n-# {reason}")

RUNNING = W("running", "{count} running", many="{count} running", by="count")
WAITING = W("waiting", "{count} waiting", many="{count} waiting", by="count")
NOTHING_QUEUED = W("nothing_queued", "Nothing waits and nothing runs.")
JOB = W("job", "{sign} {job:whole} {name} · {user} · {gpus} GPU")
JOB_ARRAY = W(
    "job_array",
    "{sign} {job:whole} and {more} more task {name} · {user} · {gpus} GPU each",
    many="{sign} {job:whole} and {more} more tasks {name} · {user} · {gpus} GPU each",
    by="more",
)
JOB_STARTS = W("job_starts", "{line} · {at:ago}")
JOB_REASON = W("job_reason", "{line} · *{reason}*")

USAGE = W("usage", "Usage")
TOTAL = W(
    "total",
    "**{gpu_h:0.00}** GPU hours in {count} finished job",
    many="**{gpu_h:0.00}** GPU hours in {count} finished jobs",
    by="count",
)
NO_USE = W("no_use", "No job has ended in this time.")
GROUP = W("group", "- {name}: **{gpu_h:0.00}** GPU hours ({people:commas})")
GROUP_MORE = W("group_more", "- {name}: **{gpu_h:0.00}** GPU hours ({people:commas} and {count} more)")
OF_OTHERS = W("of_others", "others")
SHARE_OF = W("share_of", "{who:whole} {gpu_h:0.00}")
USED_OF_ASKED = W("used_of_asked", "Used of what was asked for")
EFFICIENT = W("efficient", "✅ {run} {shares:dotted}")
WASTEFUL = W("wasteful", "⚠️ {run} {shares:dotted}\n-# ask for less than {waste:listed}, and it starts sooner")
PART = W("part", "{share:0%} of {what}")
GPUS = W("gpus", "{amount:0} GPU")
CPUS = W("cpus", "{amount:0} CPU")
MEMORY = W("memory", "{amount:figure} GiB")
USAGE_CHART = W("usage_chart", "GPU hours, last {days} day", many="GPU hours, last {days} days", by="days")
GPU_HOURS = W("gpu_hours", "GPU hours")
USAGE_ALT = W(
    "usage_alt",
    "GPU hours by requirement and person over {days} day",
    many="GPU hours by requirement and person over {days} days",
    by="days",
)
LEFT = W("left", "someone who left")
MEMBER = W("member", "member {id:whole}")
