"""What is said of sweeps."""

from bot.core.said import Words

W = Words("sweep")

PLANNED = W("planned", "Planned")
ORDERED = W("ordered", "Ordered")
RUNNING = W("running", "Running")
ENDED = W("ended", "Ended")
CANCELLED = W("cancelled", "Cancelled")
FAILED = W("failed", "Failed")

LINE = W(
    "line", "{sign} **{sweep}** *{stage}* · {count} run", many="{sign} **{sweep}** *{stage}* · {count} runs", by="count"
)

GRID = W("grid", "grid over {space:code}")
RANDOM = W("random", "random over {space:code}")
ONE_BY_ONE = W("one_by_one", "list over {space:code}")
ORIGIN = W("origin", "{recipe:code}, {at_once} at once · {requirement} · ordered by {who:person}")
ORIGIN_PLANNED = W("origin_planned", "{recipe:code}, {at_once} at once · {requirement} · planned by {who:person}")
CANCEL_ASKED = W("cancel_asked", "🛑 {who:person} asked to cancel it {at:ago}")
ENDED_BY = W("ended_by", "🛑 {who:person} asked for it")
ORDER_AGAIN = W("order_again", "Change what the cause names, and launch it again with `/sweep launch`.")
PLAN = W("plan", "Plan")
EACH_ON = W("each_on", "{count} run, on", many="{count} runs, each on", by="count")
DONE = W(
    "done",
    "`{bar:whole}` {done} of {count} run ended",
    many="`{bar:whole}` {done} of {count} runs ended",
    by="count",
)
BEST_MOST = W("best_most", "Best by {measure}, more is better")
BEST_LEAST = W("best_least", "Best by {measure}, less is better")
NO_RESULT = W("no_result", "no run has a result yet")
UNMEASURED = W(
    "unmeasured",
    "no run that succeeded has measured it; name one with `run:` in `/sweep promote sweep:{number:whole}`",
)
LEADER = W("leader", "{place}. **{value:figure}** {run}")
LEADER_WITH = W("leader_with", "{place}. **{value:figure}** {run} {settings:code}")
RUNS_FAILED = W("runs_failed", "Failed")
FAILED_OF = W("failed_of", "- *{cause}*, {count} run: {runs}", many="- *{cause}*, {count} runs: {runs}", by="count")
FAILED_OF_MORE = W(
    "failed_of_more",
    "- *{cause}*, {count} run: {runs} and {more} more",
    many="- *{cause}*, {count} runs: {runs} and {more} more",
    by="count",
)
STILL_TRAINING = W("still_training", "Still training")
RUNNER = W("runner", "🏃 **{value:figure}** {run} in epoch {epoch} of {epochs}, on validation rows")
WAS_PROMOTED = W("was_promoted", "{run} was promoted to Audit")
SLURM_ARRAY = W("slurm_array", "SLURM array {job:whole}")

PROMOTE_BEST = W("promote_best", "Promote the best")
CANCEL = W("cancel", "Cancel")
LETS_AT_ONCE = W("lets_at_once", "{sweep} lets {count} run at once")
HAND = W("hand", "had a hand in its sweep")
