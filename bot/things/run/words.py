"""What is said of runs."""

from bot.core.said import Words

W = Words("run")

PLANNED = W("planned", "Planned")
ORDERED = W("ordered", "Ordered")
SUBMITTED = W("submitted", "Submitted")
QUEUED = W("queued", "Queued")
RUNNING = W("running", "Running")
SUCCEEDED = W("succeeded", "Succeeded")
FAILED = W("failed", "Failed")
CANCELLED = W("cancelled", "Cancelled")

IN_LINE_PLANNED = W("in_line_planned", "planned")
IN_LINE_ORDERED = W("in_line_ordered", "ordered")
IN_LINE_SUBMITTED = W("in_line_submitted", "submitted")
IN_LINE_QUEUED = W("in_line_queued", "queued")
IN_LINE_RUNNING = W("in_line_running", "running")
IN_LINE_SUCCEEDED = W("in_line_succeeded", "succeeded")
IN_LINE_FAILED = W("in_line_failed", "failed")
IN_LINE_CANCELLED = W("in_line_cancelled", "cancelled")
LINE = W("line", "{sign} **{run}** *{stage}*")
LINE_ACCURACY = W("line_accuracy", "{line} · accuracy {accuracy:0.000}")
LINE_CAUSE = W("line_cause", "{line} · {cause}")
