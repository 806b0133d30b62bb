"""What is said of incidents."""

from bot.core.said import Words

W = Words("incident")

RESOLVE_FORM = W("resolve_form", "Resolve {incident}")
RESOLVE_HINT = W("resolve_hint", "What it was and what was done")
RESOLVED = W("resolved", "resolved")
