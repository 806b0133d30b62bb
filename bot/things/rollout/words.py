"""What is said of rollouts."""

from bot.core.said import Words

W = Words("rollout")

REQUESTED = W("requested", "Requested")
APPROVED = W("approved", "Approved")
DECLINED = W("declined", "Declined")
CREATING = W("creating", "Creating")
VERIFYING = W("verifying", "Verifying")
RAMPING = W("ramping", "Ramping")
PAUSED = W("paused", "Paused")
LIVE = W("live", "Live")
SUPERSEDED = W("superseded", "Superseded")
ROLLED_BACK = W("rolled_back", "Rolled back")
RETIRED = W("retired", "Retired")
ABORTED = W("aborted", "Aborted")
FAILED = W("failed", "Failed")

STEP_REQUESTED = W("step_requested", "requested")
STEP_APPROVED = W("step_approved", "approved")
STEP_CREATING = W("step_creating", "creating")
STEP_VERIFYING = W("step_verifying", "verifying")
STEP_RAMPING = W("step_ramping", "ramping")
STEP_LIVE = W("step_live", "live")
STEP_DONE = W("step_done", "✓ {step}")
STEP_NOW = W("step_now", "**{step}**")

MODEL = W("model", "{name:code} version {version:code} to endpoint {endpoint:code} as {deployment:code}")
TRAFFIC = W("traffic", "Traffic **{traffic_pct:whole}%**")
TRAFFIC_AND_LATENCY = W(
    "traffic_and_latency", "Traffic **{traffic_pct:whole}%** · smoke request answered in {latency_ms:#,##0} ms"
)
WHY = W("why", "Why")
PROPOSED_BY = W("proposed_by", "Proposed by {who:person}")
DECISION = W("decision", "Decision")
DECIDED_BY = W("decided_by", "Decided by {who:person}")
ORIGIN = W("origin", "{requirement} · {run} · {audit} · digest {digest:code}")
NOTHING_BEGUN = W("nothing_begun", "Nothing was begun in Azure")
IS_REMOVED = W("is_removed", "{deployment:code} is being removed from Azure")
WAS_REMOVED = W("was_removed", "{deployment:code} is removed from Azure; the endpoint and the registered model stay")
NEEDS_ANOTHER = W("needs_another", "Needs someone who neither trained nor proposed it")

ANOTHER_WENT_LIVE = W("another_went_live", "{rollout} went live in its place")
NOT_READY = W("not_ready", "Its deployment was not ready within {minutes} minutes (azure.creation_limit_min): {why}")
NOT_ALL_TRAFFIC = W(
    "not_all_traffic", "It did not get all traffic within {minutes} minutes (azure.traffic_limit_min): {why}"
)
STILL_AT_IT = W("still_at_it", "Azure says that it is still at it")
NO_ENDPOINT = W("no_endpoint", "endpoint {endpoint} is not there")

HAS_FAILED = W("has_failed", "{rollout} failed")
MEND_IT = W("mend_it", "{what_serves} Read the cause and the log; mend it and propose the rollout again.")
KEEPS_SERVING = W("keeps_serving", "What was live keeps serving.")
MAY_STILL_STAND = W(
    "may_still_stand",
    "What was live keeps serving. {deployment:code} may still stand in Azure, at 0% traffic; remove it there once you "
    "have read its log.",
)
TRAFFIC_MAY_HAVE_MOVED = W(
    "traffic_may_have_moved",
    "Traffic may have moved to {deployment:code}, or may still: look at endpoint {endpoint:code} in Azure, and give it "
    "to what was live if that is to serve.",
)

APPROVE = W("approve", "Approve")
DECLINE = W("decline", "Decline")
ABORT = W("abort", "Abort")
APPROVE_FORM = W("approve_form", "Approve {rollout}")
APPROVE_HINT = W("approve_hint", "Why it may go out now")
DONE_APPROVED = W("done_approved", "approved")
DECLINE_FORM = W("decline_form", "Decline {rollout}")
DECLINE_HINT = W("decline_hint", "What speaks against it")
DONE_DECLINED = W("done_declined", "declined")
ABORT_FORM = W("abort_form", "Abort {rollout}")
ABORT_HINT = W("abort_hint", "Why it must stop")
DONE_ABORTED = W("done_aborted", "aborted")
PROPOSE_FORM = W("propose_form", "Propose to deploy {run}")
PROPOSE_HINT = W("propose_hint", "Why it should go out now")
IS_PROPOSED = W(
    "is_proposed", "{rollout} is proposed; someone who neither trained nor proposed it approves it on its card."
)

IS_ON_ITS_WAY = W("is_on_its_way", "{rollout} for {requirement} is already *{stage}*; wait until it ends.")
IS_LIVE = W("is_live", "The model of {run} is live already, as {rollout}.")
NOT_RECORDED = W(
    "not_recorded",
    "The model of {run} could not be recorded in the registry; {incident} says why, and an operator can press "
    "**Try again** there.",
)
IS_BEING_RECORDED = W(
    "is_being_recorded", "The model of {run} is still being recorded in the registry; try again in a minute."
)
NOT_WANTED = W("not_wanted", "{requirement} was *withdrawn*; no model of it is deployed any more. {way_out}")
FILE_ANEW = W("file_anew", "File a new requirement instead.")
MAY_BE_DECLINED = W("may_be_declined", "You may decline {rollout}.")
NO_AUDIT = W("no_audit", "{run} is *{stage}* and has no audit; only an audited model may be deployed.")
AUDIT_NOT_APPROVED = W(
    "audit_not_approved",
    "{audit} of {run} is *{stage}*; only a model whose audit was approved may be deployed.",
)
ANOTHER_MODEL = W("another_model", "The model of {run} is not the one that {audit} approved; train and audit anew.")
HAS_ENDED = W("has_ended", "{rollout} is *{stage}*; nothing more is done for it.")
ANOTHER_ANSWERED = W(
    "another_answered",
    "The smoke request to {deployment:code} was answered by {answered_by:code}; traffic was not moved.",
)

ANNOUNCEMENT = W("announcement", "🎉 {title:title} is live")
SERVES_AT = W("serves_at", "A new model serves at endpoint {endpoint:code} ({requirement}, {rollout}).")
WHAT_FOR = W("what_for", "What it is for")
RESULTS = W("results", "Held-out results")
RESULT = W("result", "- {measure} **{value:figure}**")
NO_RESULT = W("no_result", "none of the targets was measured")
PEOPLE = W(
    "people",
    "Asked for by {asked_by:person} · trained by {trained_by:person} · deployed by {deployed_by:person}",
)
MODEL_VERSION = W("model_version", "Model {name} version {version}")
HAND = W("hand", "proposed it")
CANNOT_ANNOUNCE = W("given_up.announce", "{thing}: the announcement did not work")
