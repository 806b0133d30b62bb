"""What is said of monitors."""

from bot.core.said import EXACT, Words

W = Words("monitor")

WATCHING = W("watching", "Watching")
ENDED = W("ended", "Ended")

NOT_MEASURED = W(
    "not_measured", "Nothing measured yet; the first comparison comes with the schedule, or press **{button}**."
)
MEASURED = W(
    "measured",
    "Measured {at:ago}: {rows} production row beside {reference_rows} of the reference",
    many="Measured {at:ago}: {rows} production rows beside {reference_rows} of the reference",
    by="rows",
)
MEASURES = W("measures", "Measures")
MEASURES_DRIFTED = W(
    "measures_drifted",
    "{count} of {total} measures drifted",
    many="{count} of {total} measures drifted",
    by="count",
)
MEASURES_STABLE = W(
    "measures_stable", "All {total} measures are stable", many="All {total} measures are stable", by="total"
)
NOTHING_TO_COMPARE = W("nothing_to_compare", "There was nothing to compare.")
_BESIDE_LIMIT = f"{{measure}} — {{method}} {{score:figure}}, limit {{limit:{EXACT}}}"
DRIFTED = W("drifted", f"⚠️ drifted · {_BESIDE_LIMIT}")
STABLE = W("stable", f"✅ stable · {_BESIDE_LIMIT}")
FOUND = W("found", "What its rows show")
PASSED = W("passed", "✅ {name} — {evidence}")
FAILED = W("failed", "❌ {name} — {evidence}")
EVERY_ROW_HAS_AN_ANSWER = W("every_row_has_an_answer", "every row has an answer")
WITHOUT_AN_ANSWER = W(
    "without_an_answer",
    "{count} of {rows} row without",
    many="{count} of {rows} rows without",
    by="rows",
)
CANNOT_TELL = W("cannot_tell", "it could not look: {why}")
MEASURE_OF = W("measure_of", "{name:code}")
WHERE = W("where", "Endpoint {endpoint:code}, deployment {deployment:code} · {rollout} · {requirement}")
CHART = W(
    "chart",
    "Histograms of {rows} production row beside the reference, measure by measure",
    many="Histograms of {rows} production rows beside the reference, measure by measure",
    by="rows",
)
MEASURE_NOW = W("measure_now", "Measure now")

MONITORS = W("monitors", "Monitors")
NO_MONITOR = W("no_monitor", "Nothing is live yet, so nothing is watched.")
OLDER = W("older", "The newest {count}; older ones by number with /monitor show")
LINE = W("line", "{sign} **{monitor}** {endpoint:code} · {requirement} · {rollout}")

IS_MEASURED = W("is_measured", "{monitor} is being measured; its card will show it.")
SCHEDULE_UNUSABLE = W("schedule_unusable", "The schedule {cron:code} cannot be used ({why}).")
NEVER_COMES = W("never_comes", "it never comes")
