"""What is said of how everything stands."""

from bot.core.said import Words

W = Words("overview")

WELL = W("well", "✅ Status")
TROUBLED = W("troubled", "⚠️ Status")
REQUIREMENTS = W("requirements", "Requirements")
RUNS = W("runs", "Runs")
AUDITS = W("audits", "Audits")
ROLLOUTS = W("rollouts", "Rollouts")
RECOMMENDATIONS = W("recommendations", "Recommendations")
ROW = W("row", "**{name}** {stages:dotted}")
ROW_EMPTY = W("row_empty", "**{name}** none yet")
AT_STAGE = W("at_stage", "{sign} {count} {stage}")
LIVE = W("live", "Live")
NONE = W("none", "none")
ENDPOINT = W("endpoint", "🟢 {endpoint:code} · {rollout} · {requirement}")
OPEN_INCIDENTS = W("open_incidents", "Open incidents")
TRIED_AGAIN = W("tried_again", "Waiting to be tried again")
WAITING = W("waiting", "- {about} {effect:code}, attempt {attempt}: {error}")
NOT_ANSWERING = W("not_answering", "⚠️ Not answering as they should: {systems:commas}")
