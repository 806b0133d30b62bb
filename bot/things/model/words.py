"""What is said of models."""

from bot.core.said import Words

W = Words("model")

MADE = W("made", "Made")
EVALUATED = W("evaluated", "Evaluated")
APPROVED = W("approved", "Approved")
REJECTED = W("rejected", "Rejected")
FROM = W("from", "By {run} for {requirement} · digest {digest:code}")

NOT_SERVABLE = W("not_servable", "Its model cannot be served: {findings}")
ALSO = W("also", "{found} {more}")
WRITE_WHAT_IS_MISSING = W(
    "write_what_is_missing",
    "Have the training code write what is missing (`docs/creator.md` lists what a model needs); launch it again.",
)
NO_MODEL = W(
    "no_model",
    "`model/` has no MLmodel file, so it is no MLflow model; save it into `model/` itself with MLflow "
    "(`mlflow.pyfunc.save_model`, `mlflow.sklearn.save_model`, …).",
)
UNREADABLE = W("unreadable", "`model/MLmodel` cannot be read: {complaint}; let MLflow write it.")
NO_FLAVOR = W(
    "no_flavor", "It has no `python_function` flavour; save it with a flavour of MLflow's that can be served as one."
)
OTHER_FLAVORS = W(
    "other_flavors",
    "It has no `python_function` flavour (it has {flavors:names}); save it with a flavour of MLflow's that can be "
    "served as one.",
)
NO_SIGNATURE = W(
    "no_signature", "It has no signature; give `signature=infer_signature(inputs, outputs)` as it is saved."
)
OF_TENSORS = W(
    "of_tensors", "Its signature is of tensors; give one of named columns, as `infer_signature` makes of a DataFrame."
)
NO_EXAMPLE = W(
    "no_example",
    "It has no input example, with which it is tried before it serves; give `input_example=` a DataFrame.",
)
EXAMPLE_UNREADABLE = W("example_unreadable", "Its input example cannot be read: {complaint}.")
EXAMPLE_NO_TABLE = W(
    "example_no_table",
    "Its input example is not a table with rows; give `input_example=` a DataFrame of one row or more.",
)
LACKS_COLUMNS = W("lacks_columns", "Its input example lacks {columns:names}, which its signature requires.")
LACKS_MORE_COLUMNS = W(
    "lacks_more_columns", "Its input example lacks {columns:names} and {count} more, which its signature requires."
)
ENVIRONMENT_UNREADABLE = W(
    "environment_unreadable", "Its environment cannot be read: {complaint}; let MLflow write `conda.yaml`."
)
LACKS_PACKAGES = W(
    "lacks_packages",
    "Its `conda.yaml` lacks {pins:names}, without which Azure's server for MLflow models does not start; add "
    "`extra_pip_requirements=` as it is saved.",
)
NOT_PLAIN = W("not_plain", "it has references, too many parts, or is nested too deep")
NO_YAML = W("no_yaml", "it is no YAML ({why})")
NO_TABLE = W("no_table", "it is no table")
FILE_AWAY = W("file_away", "the file {name:code} is not there, or is too long")
NO_JSON = W("no_json", "{name:code} is no JSON ({why})")
NO_FILE = W("no_file", "there is no {name:code}")
OF_FILE = W("of_file", "{name:code}: {complaint}")
NO_DEPENDENCIES = W("no_dependencies", "it lists no dependencies")
