"""What is said of recommendations."""

from bot.core.said import EXACT, Words

W = Words("recommendation")

OPEN = W("open", "Open")
ACCEPTED = W("accepted", "Accepted")
DISMISSED = W("dismissed", "Dismissed")
EXPIRED = W("expired", "Expired")

RETRAIN = W("retrain", "Retrain: {title:title}")
WHAT_CHANGED = W("what_changed", "What changed")
NOTHING_CHANGED = W("nothing_changed", "Nothing that was measured.")
ROW = W("row", "- {finding}")
DRIFTED = W("drifted", f"**{{measure}}** drifted ({{method}} {{score:figure}}, limit {{limit:{EXACT}}})")
DRIFTED_ON_AVERAGE = W(
    "drifted_on_average",
    "**{measure}** drifted: {before:figure} → {after:figure} on average "
    f"({{method}} {{score:figure}}, limit {{limit:{EXACT}}})",
)
ANOTHER_WENT_LIVE = W("another_went_live", "{rollout} went live in its place")
RUN_ORDERED = W("run_ordered", "{run} was ordered for it")
WHERE = W("where", "{rollout} · {requirement} · {monitor}")

START_RETRAINING = W("start_retraining", "Start retraining")
DISMISS = W("dismiss", "Dismiss")
DISMISS_FORM = W("dismiss_form", "Dismiss {recommendation}")
DISMISS_HINT = W("dismiss_hint", "Why no retraining is needed")
DONE_DISMISSED = W("done_dismissed", "dismissed")

ON_ADVICE = W("on_advice", "Retraining on the advice of {recommendation}.")
RETRAINING_ORDERED = W(
    "retraining_ordered",
    "{run} is ordered on the advice of {recommendation}: {recipe:code} on {dataset:code}, the newest of both.",
)
