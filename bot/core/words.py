"""What the machine itself says, whatever a thing is about."""

from bot.core.said import Said, Words

W = Words("core")

HEADLINE = W("headline", "{name} · {title:title}")
STAGE = W("stage", "{sign} **{stage}**")
STAGE_SINCE = W("stage_since", "{sign} **{stage}** · {since:ago}")
STAGE_SINCE_BY = W("stage_since_by", "{sign} **{stage}** · by {who:person} · {since:ago}")
QUOTED = W("quoted", "{text}")
"""What somebody wrote."""
CAUSE = W("cause", "Cause")
NEXT_STEP = W("next_step", "Next step")
REASON = W("reason", "Reason")
REASON_KEPT = W("reason_kept", "It is kept on the record with your name.")
AND_MORE = W("and_more", "-# and {count} more", many="-# and {count} more", by="count")
ON_RECORD = W("on_record", "{name}: {deed}. It is on the record.")
REASON_MISSING = W("reason_missing", "A decision needs its reason; say it in a sentence, for those who come after.")
REASON_TOO_LONG = W("reason_too_long", "The reason has {length} characters; at most {limit} fit. Shorten it.")
WRITTEN = W("written", "{text:whole}")
"""A sentence of ours that is still text: the list of `tests/rules/unsaid.txt` has where."""


def as_said(said: object) -> Said:
    """Return what is told as it is, or a text, which somebody or something else wrote, as a quotation."""
    return said if isinstance(said, Said) else QUOTED(text=str(said))
