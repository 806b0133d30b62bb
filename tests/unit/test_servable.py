"""A model that could not be served is found out by what its directory says, all at once."""

import json
from collections.abc import Mapping

import pytest
import yaml

from bot.core.said import ENGLISH
from bot.services.model_files import CONDA, MLMODEL, REQUIREMENTS, described, files_of
from bot.things.model.servable import PACKAGES, Table, as_table, findings, sentence

EXAMPLE = "input_example.json"
COLUMNS = [{"type": "double", "name": name, "required": True} for name in ("a", "b")]


def mlmodel(**changes: object) -> str:
    """Return an MLmodel file as MLflow writes it, with other values; None takes a key away."""
    about = {
        "artifact_path": "model",
        "flavors": {"python_function": {"env": {"conda": CONDA}, "loader_module": "mlflow.sklearn"}, "sklearn": {}},
        "mlflow_version": "3.17.2",
        "saved_input_example_info": {"artifact_path": EXAMPLE, "pandas_orient": "split", "type": "dataframe"},
        "signature": {"inputs": json.dumps(COLUMNS), "outputs": "[]", "params": None},
    }
    return str(yaml.dump({name: value for name, value in (about | changes).items() if value is not None}))


def conda(*lines: str) -> str:
    """Return an environment that lists these for pip."""
    return str(yaml.dump({"name": "serving", "dependencies": ["python=3.11", "pip", {"pip": list(lines)}]}))


GOOD = {
    MLMODEL: mlmodel(),
    CONDA: conda(*PACKAGES),
    REQUIREMENTS: "\n".join(PACKAGES),
    EXAMPLE: json.dumps({"columns": ["a", "b"], "data": [[1, 2]]}),
}


def told(changes: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return what is told of a good model with other files; None takes one away."""
    return tuple(
        map(
            ENGLISH, findings(described({name: text for name, text in {**GOOD, **changes}.items() if text is not None}))
        )
    )


def test_a_good_model_has_nothing_to_be_told():
    """And its other files are asked for by name."""
    assert ((), (CONDA, REQUIREMENTS, EXAMPLE)) == (told({}), files_of(GOOD[MLMODEL]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({MLMODEL: None}, "`model/` has no MLmodel file"),
        ({MLMODEL: "flavors: [\n"}, "`model/MLmodel` cannot be read: it is no YAML"),
        ({MLMODEL: "just a word"}, "`model/MLmodel` cannot be read"),
        ({MLMODEL: ""}, "`model/MLmodel` cannot be read: it is no table"),
        ({MLMODEL: "- a\n- b\n"}, "`model/MLmodel` cannot be read: it is no table"),
        ({MLMODEL: "a: &a [1]\nb: *a\n"}, "`model/MLmodel` cannot be read: it has references"),
        ({MLMODEL: "a:\n" + "- 1\n" * 30_000}, "`model/MLmodel` cannot be read: it has references, too many parts"),
        ({MLMODEL: "a: " + "[" * 100_000}, "`model/MLmodel` cannot be read: it has references"),
        ({MLMODEL: mlmodel(flavors={"sklearn": {}})}, "no `python_function` flavour (it has `sklearn`)"),
        ({MLMODEL: mlmodel(flavors=None)}, "no `python_function` flavour;"),
        ({MLMODEL: mlmodel(signature=None)}, "It has no signature"),
        ({MLMODEL: mlmodel(signature={"inputs": None})}, "It has no signature"),
        ({MLMODEL: mlmodel(signature={"inputs": "[]"})}, "It has no signature"),
        ({MLMODEL: mlmodel(signature={"inputs": "[torn"})}, "It has no signature"),
        ({MLMODEL: mlmodel(signature={"inputs": '[{"type": "tensor", "tensor-spec": {}}]'})}, "is of tensors"),
        ({MLMODEL: mlmodel(saved_input_example_info=None)}, "It has no input example"),
        ({EXAMPLE: None}, "Its input example cannot be read: the file `input_example.json` is not there"),
        ({EXAMPLE: "{"}, "Its input example cannot be read: `input_example.json` is no JSON"),
        ({EXAMPLE: "[" * 100_000}, "Its input example cannot be read"),
        ({EXAMPLE: "5"}, "is not a table with rows"),
        ({EXAMPLE: '{"inputs": [[1, 2]]}'}, "is not a table with rows"),
        ({EXAMPLE: '{"columns": ["a", "b"], "data": []}'}, "is not a table with rows"),
        ({EXAMPLE: '{"columns": ["a", "b"], "data": [[1]]}'}, "is not a table with rows"),
        ({EXAMPLE: '[{"a": 1}]'}, "Its input example lacks `b`, which its signature requires"),
        ({MLMODEL: mlmodel(saved_input_example_info={"artifact_path": "../x"})}, "the file `../x` is not there"),
        ({MLMODEL: mlmodel(saved_input_example_info={"artifact_path": "/etc/x"})}, "the file `/etc/x` is not there"),
        ({CONDA: None}, "Its environment cannot be read: there is no `conda.yaml`"),
        ({CONDA: "name: x\n"}, "it lists no dependencies"),
        ({CONDA: "a: ["}, "it is no YAML"),
        (
            {CONDA: conda("mlflow==3.1")},
            "lacks `azureml-ai-monitoring==1.0.0`, `azureml-inference-server-http==1.5.1`,",
        ),
        ({CONDA: conda("azureml-ai-monitoring", "azureml-defaults")}, "lacks `mlflow==3.17.2`,"),
        (
            {CONDA: conda("mlflow", "# azureml-ai-monitoring", "azureml-defaults")},
            "lacks `azureml-ai-monitoring==1.0.0`,",
        ),
        (
            {CONDA: conda("mlflow", "azureml-ai-monitoring-x", "azureml-defaults")},
            "lacks `azureml-ai-monitoring==1.0.0`,",
        ),
        ({CONDA: conda("-r other.txt")}, "lacks `mlflow==3.17.2`,"),
    ],
)
def test_what_keeps_a_model_from_being_served_is_named(changes: dict[str, str | None], words: str):
    """By what is missing, and nothing but that is told."""
    [only] = told(changes)

    assert words in only


def test_all_that_is_missing_is_told_at_once():
    """Nobody is sent back for one thing after another."""
    found = findings(described({MLMODEL: mlmodel(flavors={}, signature=None, saved_input_example_info=None)}))

    assert ["flavour", "signature", "example", "environment"] == [
        next(word for word in ("flavour", "signature", "example", "environment") if word in str(one)) for one in found
    ]
    assert str(sentence(found)).startswith("Its model cannot be served: It has no `python_function` flavour; ")


@pytest.mark.parametrize(
    "changes",
    [
        {MLMODEL: mlmodel(flavors={"python_function": {"env": CONDA}})},
        {MLMODEL: mlmodel(flavors={"python_function": {"loader_module": "x"}})},
        {EXAMPLE: '[{"b": 2, "a": 1}]'},
        {EXAMPLE: '{"dataframe_split": {"index": [7], "columns": ["a", "b"], "data": [[1, 2]]}}'},
        {
            MLMODEL: mlmodel(saved_input_example_info={"artifact_path": EXAMPLE, "params": "true"}),
            EXAMPLE: '{"inputs": {"columns": ["a", "b"], "data": [[1, 2]]}, "params": {"k": 1}}',
        },
        {
            MLMODEL: mlmodel(
                signature={"inputs": json.dumps([*COLUMNS, {"type": "long", "name": "c", "required": False}])}
            )
        },
        {CONDA: conda("-r requirements.txt")},
        {CONDA: conda("MLflow [extras] >=3 ; python_version > '3'", "azureml_ai.monitoring", "azureml-defaults")},
        {CONDA: conda("mlflow-skinny", "azureml-ai-monitoring @ https://x.example/y.whl", "azureml-defaults~=1.6")},
        {CONDA: yaml.dump({"dependencies": ["conda-forge::mlflow=3.1", {"pip": [*PACKAGES][1:]}]})},
        {REQUIREMENTS: None},
    ],
)
def test_what_can_be_served_in_another_form_is_not_refused(changes: dict[str, str | None]):
    """Older and newer MLflow write these; so do people by hand."""
    assert () == told(changes)


def test_names_that_a_model_chose_fill_no_card():
    """They are cut, few, and break out of no mark."""
    flavors: dict[str, object] = {f"{number}` @everyone {'x' * 9999}": {} for number in range(99)}
    said = ENGLISH(findings(described({MLMODEL: mlmodel(flavors=flavors)}))[0])

    assert len(said) < 600
    assert "` @everyone" not in said


def test_records_become_split_form():
    """Columns in the order in which they first come; what a row lacks is null."""
    assert Table(["a", "b"], [[1, None], [3, 4]]) == as_table([{"a": 1}, {"b": 4, "a": 3}])


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", "a\0b"])
def test_a_path_that_leads_out_of_the_model_is_not_read(path: str):
    """What a model names is untrusted."""
    assert EXAMPLE not in files_of(mlmodel(saved_input_example_info={"artifact_path": path}))
    assert 2 == len(files_of(mlmodel(saved_input_example_info={"artifact_path": path})))
