"""What is said of incidents."""

from bot.core.said import Words

W = Words("incident")

RESOLVE_FORM = W("resolve_form", "Resolve {incident}")
RESOLVE_HINT = W("resolve_hint", "What it was and what was done")
RESOLVED = W("resolved", "resolved")

RUN_FAILED = W("run_failed", "{run} failed")
RUN_CANCELLED = W("run_cancelled", "{run} was cancelled on the cluster")
SWEEP_NOT_SUBMITTED = W("sweep_not_submitted", "{sweep} could not be submitted")
ORDER_AGAIN = W("order_again", "Change what the cause names and order the sweep again.")

SOME_FAILED = W("some_failed", "{count} of {run_count} runs of {sweep} failed")
SOME_FAILED_SO_FAR = W("some_failed_so_far", "{count} of {run_count} runs of {sweep} have failed so far")
COMMONEST = W(
    "commonest",
    "The commonest cause, once: {cause}",
    many="The commonest cause, {count} times: {cause}",
    by="count",
)
WHOSE_LOG = W("whose_log", "{told} The log is that of {run}.")
LOOK_AT_ONE = W(
    "look_at_one",
    "Look at one with `/train show`, which has the presses that fit it; or order a sweep over the part of the space "
    "that works.",
)

MANY_RUNS = W("many_runs", "Many runs are in trouble")
COUNTED_HERE = W(
    "counted_here",
    "There were {count} incidents of runs within {minutes} minutes; further runs are counted here. The first of them: "
    "{title}. {cause}",
)
LOOK_FOR_COMMON = W(
    "look_for_common",
    "Look at `/cluster status` and `/cluster nodes` for what they have in common. When it is mended, "
    "`/train list` shows the runs and `/train resume` goes on with one.",
)

CANNOT_ASK = W("given_up.forecast", "{thing}: asking when it would start did not work")
CANNOT_CANCEL = W("given_up.cancel", "{thing}: cancelling did not work")
CANNOT_TRACK = W("given_up.track", "{thing}: telling MLflow of it did not work")
CANNOT_RECORD = W("given_up.record", "{thing}: recording the model did not work")
CANNOT_MEASURE = W("given_up.measure", "{thing}: measuring did not work")
CANNOT_REMOVE = W("given_up.remove", "{thing}: removing its deployment did not work")
TRIED = W("tried", "{why} (tried {count} times)")
LOOKED_AT = W("looked_at", "{why} (looked at {count} times)")
TRY_AGAIN = W("try_again", "Mend what the cause names, then press **Try again**.")

THE_CLUSTER = W("system.cluster", "The cluster")
ACCOUNTING = W("system.accounting", "Accounting")
THE_DATABASE = W("system.database", "The database")
THE_DATA_DIRECTORY = W("system.data_directory", "The data directory")
DOES_NOT_ANSWER = W("does_not_answer", "{system} does not answer as it should")
LOOK_AT_CLUSTER = W(
    "outage.cluster",
    "Try `ssh` to the login node by hand and look at `sinfo`; runs on it go on meanwhile and are not lost.",
)
LOOK_AT_AZURE = W(
    "outage.azure", "Look at the Azure status page and the service principal's secret; what is live keeps serving."
)
LOOK_AT_MLFLOW = W("outage.mlflow", "Look at the tracking server; finished runs wait to be recorded and are not lost.")
LOOK_AT_ACCOUNTING = W(
    "outage.accounting",
    "Look at slurmdbd. Runs go on; what they took is added up when it answers, so budgets lag till then.",
)
LOOK_AT_DATABASE = W("outage.database", "Look at the disk and the database server's log.")
LOOK_AT_DATA_DIRECTORY = W(
    "outage.data_directory",
    "Make room on its disk, or mend its rights; charts and models are fetched and drawn again.",
)
LOOK_AT_SYSTEM = W("outage.other", "Look at the system named above; what needs it waits and is tried again.")

JOB_FAILS = W("job_fails", "The job {job:code} does not work")
LOOK_IN_LOG = W("look_in_log", "The log says `job failed` with the place; what the job looks after waits until then.")
NODE_DOWN = W("node_down", "Node {node} takes no work")
NODE_STATE = W("node_state", "SLURM calls it {state}")
NODE_STATE_AND_REASON = W("node_state_and_reason", "SLURM calls it {state}: {reason}")
MEND_NODE = W("mend_node", "Mend what the reason names, then {command:code}.")

SHARE_IS_FULL = W("share.full", "The cluster's shared folder has no room left")
SHARE_IS_READ_ONLY = W("share.read_only", "The cluster's shared folder is read-only")
SHARE_IS_AWAY = W("share.away", "The cluster's shared folder is not there")
SHARE_IS_FORBIDDEN = W("share.forbidden", "The cluster's shared folder may not be written")
SHARE_IS_UNWRITABLE = W("share.unwritable", "The cluster's shared folder cannot be written")
SHARE_NEEDS_ROOM = W("share.needs_room", "The cluster's shared folder needs room")
GIB_USED = W("share.gib_used", "{used:#,##0} of {size:#,##0} GiB are used.")
INODES_USED = W("share.inodes_used", "{used:#,##0} of {size:#,##0} inodes are used.")
FREE_OR_RAISE = W(
    "share.free_or_raise",
    "Free space, or raise the size or the quota; until then runs cannot save their checkpoints.",
)
REMOUNT = W(
    "share.remount",
    "Look at the file server and remount it for writing; runs cannot save their checkpoints until then.",
)
MOUNT = W("share.mount", "Mount it on the login node, and see with `/cluster nodes` that no node has lost it too.")
GIVE_RIGHT = W(
    "share.give_right",
    "Give the bot's user on the login node the right to write there; an export with root squash may have changed.",
)
LOOK_AT_SHARE = W(
    "share.look", "Look at the folder on the login node; runs cannot save their checkpoints until it can be written."
)
ADD_SPACE = W("share.add_space", "Free or add space before it is full.")

ANSWERS_AGAIN = W("over.answers_again", "It answers again; nothing was lost.")
IS_TRIED_AGAIN = W("over.is_tried_again", "It is tried again; if that does not work either, it is told anew.")
NEXT_ATTEMPT = W("over.next_attempt", "attempt {attempt} of {run} was ordered")
NONE_FAILED = W("over.none_failed", "none of its runs stands failed any more")
ALL_TRIED_AGAIN = W("over.all_tried_again", "a next attempt of each run that had failed was ordered")
HAS_WORKED = W("over.has_worked", "it has worked since")
WORKS_AGAIN = W("over.works_again", "it works again")
NODE_IS_BACK = W("over.node_is_back", "the node takes work again")
SHARE_IS_WELL = W("over.share_is_well", "it has room and can be written again")
WAS_ANSWERED = W("over.was_answered", "it was asked anew and has been answered")
RUN_ENDED = W("over.run_ended", "the run has ended")
GETS_ON = W("over.gets_on", "it gets on again")

OPEN = W("open", "Open")
ACKNOWLEDGED = W("acknowledged", "Acknowledged")
IS_RESOLVED = W("is_resolved", "Resolved")
LINE = W("line", "{sign} {incident} {title:short} · *{stage}*")

LAST_LINES = W("last_lines", "Last log lines")
RESOLUTION = W("resolution", "Resolution")
HANDLED_BY = W("handled_by", "Handled by {who:person}")
MANY_NEWEST = W("many_newest", "{count} run, the newest", many="{count} runs, the newest", by="count")
ONE_OF_MANY = W("one_of_many", "- {title}")
PRESS_TRY_AGAIN = W("press_try_again", "Try again")
ACKNOWLEDGE = W("acknowledge", "Acknowledge")
ASSIGN = W("assign", "Assign")
RESOLVE = W("resolve", "Resolve")

IS_YOURS = W("is_yours", "{incident} is yours; Ops can see that.")
AGAIN = W("again", "It is tried again. {incident} is over; if it does not work, there is a new one.")
WHO_DEALS = W("who_deals", "Who deals with {incident}?")
WHO_DEALS_HINT = W("who_deals_hint", "Who deals with it?")
IS_THEIRS = W("is_theirs", "{incident} is theirs; its card says so.")
WAS_GIVEN = W("was_given", "{who:person} deals with {incident}, asked by {by:person}.")
HAS_LEFT = W("has_left", "They are not in this server any more; choose somebody else.")
NO_OPERATOR = W(
    "no_operator", "{who:person} is no operator and could not deal with {incident}; choose somebody who is."
)
NOTHING_GIVEN_UP = W("nothing_given_up", "{incident} is about nothing that was given up; resolve it when it is over.")
