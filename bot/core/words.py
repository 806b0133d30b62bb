"""What the machine itself says, whatever a thing is about."""

from bot.core.said import Said, Words
from bot.core.values import Duty, Stage

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
EMPHASIS = W("emphasis", "*{word}*")
STAGES = {stage: W(f"stage.{stage.name.lower()}", stage.value) for stage in Stage}
"""Where something stands, within a sentence."""
DUTIES = {duty: W(f"duty.{duty.name.lower()}", duty.value) for duty in Duty}
OF_THE_BOT = W("of_the_bot", "of the bot itself")
NO_DUTY = W("no_duty", "none")
NEEDS_DUTY = W(
    "needs_duty",
    "This needs the duty {wanted:either} ({kind:whole} {deed}); you hold {held:commas}. "
    "Ask someone who has it, or a server administrator for the role.",
)
FOUR_EYES = W("four_eyes", "{thing} needs a second pair of eyes: you {deed} ({of}), so someone else has to decide.")
_ONLY_WHILE = "; it can be {deed} only while it is {before:either}."
WRONG_STAGE = W("wrong_stage", "{thing} is already *{stage}*" + _ONLY_WHILE)
WRONG_STAGE_SINCE = W("wrong_stage_since", "{thing} is already *{stage}* {since:ago}" + _ONLY_WHILE)
WRONG_STAGE_SINCE_BY = W(
    "wrong_stage_since_by", "{thing} is already *{stage}* by {who:person} {since:ago}" + _ONLY_WHILE
)
DONE_BEFORE = W("done_before", "This was done already: {thing} {deed}. It is not done twice.")
NO_SUCH = W("no_such", "There is no {name}; the cards show what there is.")
NO_SUCH_LISTED = W("no_such_listed", "There is no {name}; `{command:whole}` shows what there is.")
IN_FILE = W("in_file", "✂️ Too long for a card; the whole text is in {file:code}.")
WRITTEN = W("written", "{text:whole}")
"""A sentence of ours that is still text: the list of `tests/rules/unsaid.txt` has where."""


def as_said(said: object) -> Said:
    """Return what is told as it is, or a text, which somebody or something else wrote, as a quotation."""
    return said if isinstance(said, Said) else QUOTED(text=str(said))
