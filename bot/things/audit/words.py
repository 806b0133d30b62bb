"""What is said of audits."""

from bot.core.said import EXACT, Words

W = Words("audit")

IN_REVIEW = W("in_review", "In review")
APPROVED = W("approved", "Approved")
CHANGES_REQUESTED = W("changes_requested", "Changes requested")
REJECTED = W("rejected", "Rejected")
EXPIRED = W("expired", "Expired")

NOT_DECIDED = W(
    "not_decided", "Nobody decided within {days} day.", many="Nobody decided within {days} days.", by="days"
)

CHECKS = W("checks", "Checks")
CHECKS_FAIL = W(
    "checks_fail", "{failing} of {total} checks fails", many="{failing} of {total} checks fail", by="failing"
)
CHECKS_PASS = W("checks_pass", "All {total} checks pass", many="All {total} checks pass", by="total")
NO_CHECK = W("no_check", "No check was made; decide by what else you know.")
PASSED = W("passed", "✅ pass · {name} — {evidence}")
FAILED = W("failed", "❌ fail · {name} — {evidence}")
MODEL = W("model", "{model} of {run} for {requirement} · digest {digest:code}")
TRAINED_BY = W("trained_by", "Trained by {who:person}, who cannot decide on it")
NEXT = W("next", "Next: /deploy propose run:{run:whole}")

APPROVE = W("approve", "Approve")
REQUEST_CHANGES = W("request_changes", "Request changes")
REJECT = W("reject", "Reject")
APPROVE_FORM = W("approve_form", "Approve {audit}")
REQUEST_CHANGES_FORM = W("request_changes_form", "Request changes {audit}")
REJECT_FORM = W("reject_form", "Reject {audit}")
APPROVE_HINT = W("approve_hint", "What convinced you")
REQUEST_CHANGES_HINT = W("request_changes_hint", "What has to be better, and by how much")
REJECT_HINT = W("reject_hint", "Why this model is not fit for its purpose")

DONE_APPROVED = W("done_approved", "approved")
DONE_CHANGES_REQUESTED = W("done_changes_requested", "changes requested")
DONE_REJECTED = W("done_rejected", "rejected")

VERDICT = W("verdict", "{sign} {audit}: {verdict}")
DECIDED = W("decided", "The model of {run} for {requirement}, decided by {who:person}.")
MAY_BE_PROPOSED = W(
    "may_be_proposed", "{people:people} A rollout may be proposed with `/deploy propose run:{run:whole}`."
)
MAY_GO_ON = W("may_go_on", "{people:people} Training may go on with `/train launch requirement:{requirement:whole}`.")

AT_LEAST = W("at_least", f"{{measure}} ≥ {{threshold:{EXACT}}}")
AT_MOST = W("at_most", f"{{measure}} ≤ {{threshold:{EXACT}}}")
NOT_MEASURED = W("not_measured", "was not measured by this run")
MEASURED = W("measured", "{value:figure}")
MEASURED_ON = W("measured_on", "{value:0.000} on {rows} rows, 95% interval {low:0.000} to {high:0.000}")
SPANS = W("spans", "{measured}; the interval spans the target, so more test rows would tell")
GAP = W("gap", "train–test gap ≤ {limit:0.##}")
GAP_IS = W("gap_is", "train {train:0.000}, test {test:0.000}, gap {gap:+0.000;-0.000}")
CANNOT_TELL = W("given_up.tell_verdict", "{thing}: telling the verdict did not work")
