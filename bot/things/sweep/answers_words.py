"""What commands and presses about sweeps are answered and refused with."""

from bot.core.said import Words

W = Words("sweep.answer")
NO = Words("sweep.refused")

IS_PLANNED = W(
    "is_planned",
    "{sweep} with {count} run is planned. Its card in <#{channel:whole}> shows when it would start and what it may "
    "cost; **Launch** there sends it.",
    many="{sweep} with {count} runs is planned. Its card in <#{channel:whole}> shows when it would start and what it "
    "may cost; **Launch** there sends it.",
    by="count",
)
IS_ORDERED = W("is_ordered", "{sweep} is ordered; its card shows the leaderboard.")
GOES_TO_AUDIT = W("goes_to_audit", "{run} of {sweep} goes to Audit as {audit}.")
IS_CANCELLED = W("is_cancelled", "{sweep} is cancelled.")
IS_BEING_CANCELLED = W("is_being_cancelled", "{sweep} is being cancelled; its card will say when.")

AT_ONCE = NO("at_once", "Between 1 and {most} runs may run at once; {asked} is out of range.")
CANCELLING_ASKED = NO("cancelling_asked", "The cancelling of {sweep} was asked for already; the cluster is ending it.")
NO_RUN_WITH_RESULT = NO(
    "no_run_with_result", "{run} is not a run of {sweep} with a result; its card shows those that are."
)
NOT_MEASURED = NO(
    "not_measured",
    "No run of {sweep} has measured {measure:code}; they have measured {measured:names}. Name the run to promote with "
    "`run:`.",
)
NOTHING_TO_PROMOTE = NO("nothing_to_promote", "{sweep} is *{stage}*, and none of its runs has a result to promote.")
NO_RESULT_YET = NO("no_result_yet", "{sweep} has no run with a result yet; wait until one has succeeded.")
WAS_PROMOTED = NO("was_promoted", "{run} of {sweep} was promoted already; its audit decides.")
NONE_FITS = NO(
    "none_fits",
    "No run of {sweep} stands failed in a way that this fits, or not any more; its card shows how they stand.",
)
WAS_CANCELLED = NO("was_cancelled", "{sweep} was *cancelled*; `/train resume` goes on with one of its runs.")

METHOD = NO("method", "The method {method:code} is unknown; choose one of {known:commas}.")
SPACE_EMPTY = NO("space_empty", "The space is empty; write it as `learning_rate=0.001|0.01 hidden=32|64`.")
SPACE_WITHOUT_VALUE = NO(
    "space_without_value", "The space has no value; write it as `learning_rate=0.001|0.01 hidden=32|64`."
)
TOO_MANY = NO("too_many", "The space has {size} combinations; a sweep takes at most {most}. Leave some out.")
COUNT = NO("count", "A random sweep takes between 1 and {most} runs; {count} is out of range.")
NEEDS_RANGE = NO("needs_range", "{name:code} needs a range such as `epochs=1..10` and must be one of {known:names}.")
UNREADABLE = NO("unreadable", "{part:code} cannot be read; write it as {example:code}.")
