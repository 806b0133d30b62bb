"""What is said of recipes."""

from collections.abc import Mapping

from bot.core.said import Phrase, Words

W = Words("recipe")

REGISTERED = W("registered", "Registered")
RETIRED = W("retired", "Retired")

CODE = W("code", "Code")
SHIPS = W("ships", "ships with the bot")
COMMAND = W("command", "{command:code}")
AT_COMMIT = W("at_commit", "in {repository:code} at {commit:code}")
IN_FOLDER = W("in_folder", "in {folder:code}")
MODULE = W("module", "module {name:code}")
SURROUNDINGS: Mapping[str, Phrase] = {
    name: W(f"surroundings_{name}", f"{name} {{place:code}}") for name in ("venv", "conda", "image")
}
"""What the code runs in, by the field of its environment."""
DATASETS = W("datasets", "Datasets")
DATASETS_READ = W("datasets_read", "{names:names}")
DATASETS_READ_AND_MORE = W(
    "datasets_read_and_more", "{names:names} and {left} more", many="{names:names} and {left} more", by="left"
)
ANY_DATASET = W("any_dataset", "any that a requirement names")
PARAMETERS = W("parameters", "Parameters")
NO_PARAMETER = W("no_parameter", "none")
PARAMETER = W("parameter", "- {name:code} = {default} ({allowed})")
PARAMETER_EXPLAINED = W("parameter_explained", "- {name:code} = {default} ({allowed}) — {explained}")
EMPTY = W("empty", "empty")
TRIED_AGAIN = W(
    "tried_again",
    "Tried again by itself up to {limit} time after: {causes}",
    many="Tried again by itself up to {limit} times after: {causes}",
    by="limit",
)
REGISTERED_BY = W("registered_by", "Registered by {who:person}")
NEXT = W("next", "Next: /train launch recipe:{name}")
RETIRE = W("retire", "Retire")

BETWEEN = W("between", "between {least} and {most}")
AT_LEAST = W("at_least", "at least {least}")
AT_MOST = W("at_most", "at most {most}")
FINITE = W("finite", "a finite number")
TRUE_OR_FALSE = W("true_or_false", "true or false")
A_PATH = W("a_path", "a path")
A_WORD = W("a_word", "a word")

RECIPE = W("recipe", "Recipe {name}")
LIST = W("list", "Recipes")
NONE = W("none", "There is no recipe.")
LINE = W("line", "- **{name:whole}** {title}")
LINE_OF_VERSION = W("line_of_version", "- **{name:whole}** {title} · {version:code}")

IS_REGISTERED = W(
    "is_registered",
    "{recipe} is registered: `/train launch` with {option:code} runs its version {version:whole}.",
)
IS_RETIRED = W("is_retired", "{recipe}, {name:code}, is retired; its runs stay.")

FILE_TOO_LARGE = W("file_too_large", "The file has {size} bytes; a recipe's table takes at most {limit}.")
FILE_NOT_HANDED_OUT = W("file_not_handed_out", "Discord does not hand the file out just now; run the command again.")
FILE_NO_TEXT = W("file_no_text", "The file is not text in UTF-8; save it as such.")
NO_NAME = W("no_name", "{name:code} is no name of a recipe; use up to 40 small letters, digits and underlines.")
NAME_TAKEN = W("name_taken", "The recipe {name:code} ships with the bot or stands in its config; choose another name.")
NO_TOML = W("no_toml", "The file is not valid TOML: {error}.")
UNUSABLE = W("unusable", "The recipe cannot be used:\n{wrong:lines}")
WRONG = W("wrong", "- {wrong}")
WRONG_AT = W("wrong_at", "- {key}: {wrong}")
NO_SUCH_SETTING = W("no_such_setting", "no such setting; see `[recipes.…]` in config.example.toml")
CANNOT_BE_TYPED = W(
    "cannot_be_typed",
    "{value:code} has a blank or a comma, which part the parameters where they are typed; "
    "write it without, as in `two_words`",
)
NO_FAILURE = W("no_failure", "{cause:code} is told to Ops while the run goes on; it is no failure to try again after")

GONE = W("gone", "The recipe {name:code} is retired or has no such version; see `/recipe list`.")
NO_SUCH = W("no_such", "There is no recipe {name:code}; there is {known:names}.")
NONE_READS = W(
    "none_reads",
    "No recipe reads the dataset {dataset:code}; there are recipes for {known:names}. "
    "Register one that reads it with `/recipe register`.",
)
CANNOT_READ = W(
    "cannot_read", "The recipe {recipe:code} cannot read the dataset {dataset:code}; it reads {known:names}."
)
NO_VERSION = W("no_version", "{version:code} is no version of a dataset; use letters, digits, dots and hyphens.")
VERSION_NOT_READ = W(
    "version_not_read",
    "The dataset {dataset:code} has no version {version:code} that {recipe:code} reads; there is {known:names}.",
)
NO_VERSION_READ = W(
    "no_version_read",
    "The dataset {dataset:code} has no version {version:code} that {recipe:code} reads; it has no versions.",
)
NOT_MEASURED = W("not_measured", "The recipe {recipe:code} does not measure {measure:code}; it measures {known:names}.")
NO_VALUE = W("no_value", "The parameter {parameter:code} has no value; write it as `epochs=20`.")
NO_SUCH_PARAMETER = W(
    "no_such_parameter", "The recipe {recipe:code} has no parameter {parameter:code}; it has {known:names}."
)
PARAMETER_TWICE = W("parameter_twice", "The parameter {parameter:code} is given twice; state it once.")
NOT_TRUE_OR_FALSE = W(
    "not_true_or_false", "The parameter {parameter:code} must be `true` or `false`; {given:code} is not."
)
NOT_CHOSEN = W("not_chosen", "The parameter {parameter:code} must be one of {known:names}; {given:code} is not.")
NO_PATH = W("no_path", "The parameter {parameter:code} must be an absolute path on the cluster; {given:code} is not.")
NOT_WHOLE = W("not_whole", "The parameter {parameter:code} must be a whole number; {given:code} is not.")
NO_NUMBER = W("no_number", "The parameter {parameter:code} must be a number; {given:code} is not.")
OUT_OF_RANGE = W("out_of_range", "The parameter {parameter:code} must be {range}; {given:code} is out of range.")

NO_COMMAND = W("no_command", "The recipe's command is empty or has a line break; write it as a list of words.")
NO_COMMIT = W("no_commit", "The recipe names a repository without a commit, or a commit without one; name both.")
TWO_SOURCES = W("two_sources", "The recipe names a folder and a repository; name the one that its command runs in.")
SECRET = W(
    "secret",
    "The recipe's repository has a user name or password before {host:code}, and everybody may read a recipe. "
    "Leave it out; give git on the login node a deploy key or a credential helper instead.",
)
NO_REPOSITORY = W("no_repository", "{address:code} is no git repository's address; begin it with https:// or ssh://.")
NO_HASH = W("no_hash", "{commit:code} is no full commit hash; `git rev-parse HEAD` prints it.")
NO_MODULE = W("no_module", "{module:code} is no name of an environment module.")
NO_CONDA = W("no_conda", "{conda:code} is no name or absolute folder of a conda environment.")
TWO_ENVIRONMENTS = W("two_environments", "The recipe names a venv and a conda environment; name one.")
NOT_ABSOLUTE: Mapping[str, Phrase] = {
    name: W(f"not_absolute_{name}", f"The recipe's {name} {{path:code}} is not an absolute path on the cluster.")
    for name in ("folder", "venv", "image")
}
