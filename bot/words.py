"""What the bot answers whatever was asked: systems that fail, presses that cannot be, and what does not fit."""

from bot.core.said import Words

W = Words("bot")

UNREACHABLE = W(
    "unreachable",
    "{system} cannot be reached right now ({said:whole}); nothing was changed. Try again in a minute.",
)
NEEDS_MENDING = W("needs_mending", "{system} fails until somebody mends it: {said:whole}. Nothing was changed.")
NEEDS_MENDING_BY_OPS = W(
    "needs_mending_by_ops",
    "{system} fails until somebody mends it; nothing was changed. "
    "Tell Ops the reference {reference:code} of the bot's log.",
)
MISTAKE = W(
    "mistake", "That did not work because of a mistake in the bot. Tell Ops the reference {reference:code} of its log."
)
OLD_BUTTON = W(
    "old_button", "This button ({id}) is of another version of the bot and does not work; use the newest card."
)
UNREADABLE_BUTTON = W("unreadable_button", "This button cannot be read; use the newest card.")
FORM_TOO_LATE = W("form_too_late", "The form took too long to come; nothing was changed. Try once more.")
