"""What is said of rollouts."""

from bot.core.said import Words

W = Words("rollout")

APPROVE_FORM = W("approve_form", "Approve {rollout}")
APPROVE_HINT = W("approve_hint", "Why it may go out now")
APPROVED = W("approved", "approved")
DECLINE_FORM = W("decline_form", "Decline {rollout}")
DECLINE_HINT = W("decline_hint", "What speaks against it")
DECLINED = W("declined", "declined")
ABORT_FORM = W("abort_form", "Abort {rollout}")
ABORT_HINT = W("abort_hint", "Why it must stop")
ABORTED = W("aborted", "aborted")
PROPOSE_FORM = W("propose_form", "Propose to deploy {run}")
PROPOSE_HINT = W("propose_hint", "Why it should go out now")
