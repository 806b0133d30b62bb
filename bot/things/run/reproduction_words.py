"""What is said of a run that repeats another."""

from bot.core.said import Words

W = Words("run.reproduction")

VERDICT = W("verdict", "{sentences:spaced}")
SAME_WEIGHTS = W("same_weights", "✅ Equal to the bit: the final weights are the same.")
SAME_FILES = W("same_files", "✅ Equal to the bit: the models' files are the same.")
OTHER_EXPERIMENT = W("other_experiment", "⚠️ It is not the same experiment: {changes:parts}.")
WITHIN = W("within", "✅ Within tolerance: every quality measure is within {tolerance:0.0%}.")
WITHIN_ELSEWHERE = W(
    "within_elsewhere", "✅ Within tolerance: every quality measure is within {tolerance:0.0%} ({places:parts})."
)
DIFFERS = W("differs", "⚠️ It differs: {measures:parts}.")
DIFFERS_ELSEWHERE = W("differs_elsewhere", "⚠️ It differs: {measures:parts} ({places:parts}).")
UNSAID = W("unsaid", "Its code does not say whether {parts:listed} changed.")
UNHASHED = W("unhashed", "The code in {folder} was not hashed: {complaint}.")
WAS_AND_IS = W("was_and_is", "{name} was {before} and is {after}")
CODE_DIFFERS = W("code_differs", "the code in {folder} differs from what {run} ran")
CHANGED = W("changed", "{parts:commas} changed")
MEASURED = W("measured", "{measure} {before:figure} → {after:figure}")
NOT_MEASURED = W("not_measured", "{measure} {before:figure} → not measured")

CODE = W("code", "code")
DATASET = W("dataset", "dataset")
PARAMETERS = W("parameters", "parameters")
SEED = W("seed", "seed")
RECIPE = W("recipe", "the recipe's command or surroundings")
THE_CODE = W("the_code", "the code")
THE_DATASET = W("the_dataset", "the dataset")
