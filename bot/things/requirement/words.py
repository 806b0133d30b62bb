"""What is said of requirements."""

from collections.abc import Mapping

from bot.core.said import EXACT, Phrase, Words

W = Words("requirement")

FILED = W("filed", "Filed")
CLAIMED = W("claimed", "Claimed")
FULFILLED = W("fulfilled", "Fulfilled")
WITHDRAWN = W("withdrawn", "Withdrawn")

PROBLEM = W("problem", "Problem")
VALUE = W("value", "Value")
TARGETS = W("targets", "Targets")
TARGET = W("target", "- {target:code}")
NO_TARGET = W("no_target", "No target was set.")
CONSTRAINTS = W("constraints", "Constraints")
DATASET = W("dataset", "Dataset")
ABOUT = W("about", "Dataset {dataset:code} · {deployment}")
FILED_BY = W("filed_by", "Filed by {who:person}")
FILED_AND_CLAIMED_BY = W("filed_and_claimed_by", "Filed by {who:person} · claimed by {claimed_by:person}")
GPU_HOURS = W("gpu_hours", "GPU hours")
RUNS = W("runs", "Runs")
CLAIM = W("claim", "Claim")
NEXT_CLAIM = W("next_claim", "Next: an ML creator claims it.")
NEXT_LAUNCH = W("next_launch", "Next: /train launch requirement:{number:whole}")
DEPLOYMENTS: Mapping[str, Phrase] = {
    "new": W("deployment_new", "a new capability"),
    "assist": W("deployment_assist", "automates or assists a manual task"),
    "replace": W("deployment_replace", "replaces an earlier ML system"),
}
"""What a model is to be deployed for."""

SPENT = W("spent", "{used:#,##0.0} used, {promised:#,##0.0} promised to open runs, no limit set")
SPENT_OF = W(
    "spent_of",
    "{used:#,##0.0} used, {promised:#,##0.0} promised to open runs, {left:#,##0.0} of {limit:#,##0.######} left",
)

LIST = W("list", "Requirements")
NONE_YET = W("none_yet", "There is no requirement yet. A business analyst files one with `/requirement file`.")
OLDER = W("older", "The newest {count}; older ones by number with /requirement show")
LINE = W("line", "{sign} **{requirement}** {title} · *{stage}*")
LINE_CLAIMED_BY = W("line_claimed_by", "{sign} **{requirement}** {title} · *{stage}* · {claimed_by:person}")

FORM = W("form", "File a requirement")
FORM_TITLE = W("form_title", "Title")
FORM_VALUE = W("form_value", "Value expected")
TITLE_HINT = W("title_hint", "Recognise handwritten digits on forms")
PROBLEM_HINT = W("problem_hint", "What is done today, and what is wrong with it?")
VALUE_HINT = W("value_hint", "Time or money saved")
TARGETS_HINT = W("targets_hint", "accuracy >= 0.9, latency_p95_ms <= 50")
CONSTRAINTS_HINT = W("constraints_hint", "Speed, compliance, budget, deadline")
MEND = W("mend", "Mend it")

IS_FILED = W("is_filed", "{requirement} is filed; its card is on its way.")
IS_YOURS = W("is_yours", "{requirement} is yours. Launch training with `/train launch requirement:{number:whole}`.")
IS_WITHDRAWN = W("is_withdrawn", "{requirement} is withdrawn.")
HAS_NO_LIMIT = W("has_no_limit", "{requirement} has no limit.")
HAS_A_BUDGET_OF_ONE = W("has_a_budget_of_one", "{requirement} has a budget of 1 GPU hour.")
HAS_A_BUDGET = W("has_a_budget", "{requirement} has a budget of {gpu_h:#,##0.######} GPU hours.")

FIELDS: Mapping[str, Phrase] = {
    name: W(f"field_{name}", name) for name in ("title", "problem", "value", "constraints", "reason")
}
"""What is written, as refusals name it."""
EMPTY = W("empty", "The {field} is empty; say it in a few words.")
TOO_LONG = W("too_long", "The {field} has {length} characters; at most {limit} fit on its card. Shorten it.")
NO_SUCH_DEPLOYMENT = W(
    "no_such_deployment", "The deployment kind {deployment:code} is unknown; choose one of {known:names}."
)
NO_SUCH_DATASET = W("no_such_dataset", "There is no dataset {dataset:code}; there is {known:names}.")
NO_TARGET_GIVEN = W(
    "no_target_given", "A requirement needs at least one target, such as `accuracy >= 0.85`; none was given."
)
TOO_MANY_TARGETS = W(
    "too_many_targets", "A requirement takes at most {limit} targets; you gave {count}. Keep those that decide."
)
TARGET_TWICE = W("target_twice", "The target {measure:code} is given twice; state each measure once.")
TARGET_UNREADABLE = W(
    "target_unreadable",
    "The target {target:code} cannot be read; write it as `accuracy >= 0.85` or `latency_p95_ms <= 200`.",
)
TARGET_OF_TWO_READINGS = W(
    "target_of_two_readings", "The target {measure:code} can be read two ways; write {whole} or {fraction}."
)
TARGET_IN_PER_CENT = W("target_in_per_cent", "The target {measure:code} cannot be in %; write milliseconds.")
TARGET_IN_MS = W("target_in_ms", "The target {measure:code} cannot be in ms; write a share.")
TARGET_TOO_LARGE = W("target_too_large", "The target {measure:code} is out of range; at most {most} can be asked for.")
TARGET_NO_SHARE = W(
    "target_no_share",
    f"The target {{measure:code}} is a share between 0 and 1; {{given:{EXACT}}} is out of range. Write 0.85 or 85%.",
)
BUDGET_OUT_OF_RANGE = W(
    "budget_out_of_range",
    "A budget lies between 0 and {most} GPU hours; {given:#,##0.######} is out of range.",
)
ON_ITS_WAY = W(
    "on_its_way",
    "{rollout} for {requirement} is *{stage}*; have it aborted on its card by a creator or an operator, then withdraw.",
)
WAS_WITHDRAWN = W("was_withdrawn", "{requirement} was withdrawn")
