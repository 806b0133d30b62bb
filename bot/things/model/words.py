"""What is said of models."""

from bot.core.said import Words

W = Words("model")

MADE = W("made", "Made")
EVALUATED = W("evaluated", "Evaluated")
APPROVED = W("approved", "Approved")
REJECTED = W("rejected", "Rejected")
FROM = W("from", "By {run} for {requirement} · digest {digest:code}")
