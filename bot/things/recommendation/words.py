"""What is said of recommendations."""

from bot.core.said import Words

W = Words("recommendation")

DISMISS_FORM = W("dismiss_form", "Dismiss {recommendation}")
DISMISS_HINT = W("dismiss_hint", "Why no retraining is needed")
DISMISSED = W("dismissed", "dismissed")
