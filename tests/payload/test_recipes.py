"""What each recipe leaves is of one form: measures that targets can name, a model that Azure serves, a fingerprint."""

import csv
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from bot.adapters.evidently.meter import EvidentlyMeter
from bot.adapters.mlflow.registry import MlflowRegistry
from bot.adapters.model_files import model_digest
from bot.adapters.slurm.payload import payload_files, payload_name
from bot.adapters.slurm.results import parse_result
from bot.config import MlflowSettings, MonitoringSettings
from bot.core.values import Json, PersonId
from bot.ports import Collected, TrainedModel
from bot.services.model_files import describe
from bot.services.repeating import flat
from bot.things.model.servable import findings
from bot.things.recipe.recipe import read_recipes
from bot.things.requirement.targets import KNOWN_METRICS
from bot.things.run.model import Resources, Run
from bot.things.run.reproduction import compared
from sandbox.azure.serving import Served
from tests.support.encoder import tiny_encoder
from tests.support.payload import DATASETS, PAYLOAD, last_line, printed, result_of, run, write_spec

SETTINGS: Mapping[str, Mapping[str, object]] = {
    "image_classifier": {"epochs": 2},
    "tabular_classifier": {"dataset": "breast_cancer", "epochs": 20},
    "text_classifier": {"epochs": 4, "batch_size": 16, "hidden": 16, "dropout": 0.0, "learning_rate": 0.1},
}
LEAST_F1 = {"image_classifier": 0.8, "tabular_classifier": 0.9, "text_classifier": 0.4}
CURRENT_ROWS = 100


def of(*recipes: str) -> pytest.MarkDecorator:
    """Try it with these recipes; with the others it is a repetition."""
    others = [pytest.param(name, marks=pytest.mark.repetition) for name in DATASETS if name not in recipes]
    return pytest.mark.parametrize("recipe", [*recipes, *others], indirect=True)


@pytest.fixture(params=DATASETS)
def recipe(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def trainings(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what gives the directory of a finished run of a recipe, the same each time."""

    @cache
    def training(recipe: str) -> Path:
        directory = tmp_path_factory.mktemp(recipe)
        assert run(directory, recipe=recipe, **SETTINGS[recipe]) == 0, last_line(directory)
        return directory

    return training


@pytest.fixture
def trained(recipe: str, trainings: Callable[[str], Path]) -> Path:
    """Return the directory of a finished run of each recipe."""
    return trainings(recipe)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def endpoints(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Callable[[Path], Awaitable[Served]]]:
    """Return what serves a run's model, each in a process of its own, for all tests."""
    served: dict[Path, Served] = {}

    async def endpoint(directory: Path) -> Served:
        if directory not in served:
            served[directory] = await Served.start(directory / "model", tmp_path_factory.mktemp("served") / "log")
        return served[directory]

    yield endpoint
    for one in served.values():
        await one.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def meter() -> AsyncIterator[EvidentlyMeter]:
    """Start the worker once."""
    started = EvidentlyMeter(MonitoringSettings(), "Asia/Bangkok")
    yield started
    await started.close()


def reference(directory: Path) -> list[dict[str, str]]:
    with (directory / "model" / "reference.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def inputs(row: Mapping[str, str]) -> dict[str, float | str]:
    """Return what the endpoint would get of a row of the reference."""
    columns = {name: value for name, value in row.items() if name not in ("label", "confidence", "true_label")}
    return {name: value if name == "text" else float(value) for name, value in columns.items()}


def test_a_recipe_measures_what_targets_may_name(trained, recipe):
    """All the known measures are there, the adapter takes the result, and the model has learnt."""
    result = parse_result((trained / "result.json").read_text())

    known = read_recipes(json.loads((PAYLOAD / "recipes.json").read_text(encoding="utf-8")))[recipe].metrics

    assert set(known) == set(result.metrics)
    assert {"epoch", "loss", known[0]} == set(result.curve[0])
    assert set(KNOWN_METRICS) <= set(result.metrics)
    assert result.metrics["f1"] > LEAST_F1[recipe]
    assert model_digest(trained / "model") == result.digest
    assert len(reference(trained)) == result.test_rows


@pytest.mark.asyncio(loop_scope="module")
async def test_azure_serves_the_model_as_its_reference_says(trained, endpoints):
    """Behind an endpoint the model answers the held-out rows as it did when it was measured."""
    rows = reference(trained)
    given = {"columns": list(inputs(rows[0])), "data": [list(inputs(row).values()) for row in rows]}
    answer = await (await endpoints(trained)).ask({"input_data": given})

    assert [row["label"] for row in rows] == [str(said["label"]) for said in answer["output"]], answer
    assert all(
        float(row["confidence"]) == pytest.approx(said["confidence"], abs=1e-5)
        for row, said in zip(rows, answer["output"], strict=True)
    )


@of("tabular_classifier", "image_classifier")
@pytest.mark.asyncio(loop_scope="module")
async def test_the_example_is_what_the_endpoint_takes(trained, endpoints):
    """The smoke request of a rollout is the model's own example, and the answer is what the model says it is."""
    example = json.loads((trained / "model" / "input_example.json").read_text())
    signature = yaml.safe_load((trained / "model" / "MLmodel").read_text())["signature"]
    answer = await (await endpoints(trained)).ask({"input_data": example})
    outputs = {column["name"]: column["type"] for column in json.loads(signature["outputs"])}

    assert example["columns"] == [column["name"] for column in json.loads(signature["inputs"])]
    assert 2 == len(answer["output"])
    assert all(list(outputs) == list(said) for said in answer["output"])
    assert ["label", "confidence"] == list(outputs)
    assert "double" == outputs["confidence"]


def test_the_model_holds_all_that_its_server_needs(trained):
    """Nothing of the table is missing, and torch is the build for CPUs: the other is gigabytes of CUDA."""
    lines = (trained / "model" / "requirements.txt").read_text().splitlines()
    listed = yaml.safe_load((trained / "model" / "conda.yaml").read_text())["dependencies"][-1]["pip"]

    assert () == findings(describe(trained / "model"))
    assert lines == listed
    assert ["--extra-index-url https://download.pytorch.org/whl/cpu", "torch==2.13.0+cpu"] == [
        line for line in lines if "torch" in line
    ]


@of()  # any files in test_registry.py
async def test_the_registry_keeps_the_model_to_the_byte(trained, recipe, tmp_path):
    """What MLflow gives back has the digest that the run has written."""
    registry = MlflowRegistry(MlflowSettings(tracking_uri=f"sqlite:///{tmp_path}/mlflow.db"))
    result = parse_result((trained / "result.json").read_text())
    model = TrainedModel(
        key=recipe,
        name="req-1",
        parameters={"precision": "fp32"},
        metrics=result.metrics,
        curve=result.curve,
        tags={},
        directory=trained / "model",
    )
    recorded = await registry.record(model)
    found = await registry.download("req-1", recorded.version, tmp_path / "into", digest=result.digest)
    await registry.close()

    assert result.digest == model_digest(found)


@of("tabular_classifier", "text_classifier")
@pytest.mark.asyncio(loop_scope="module")
async def test_the_reference_tells_drift(trained, recipe, meter):
    """Production like the reference does not drift; when each answer is the same and unsure, its measures do."""
    rows = reference(trained)[:CURRENT_ROWS]
    said: list[dict[str, Json]] = [{"label": row["label"], "confidence": float(row["confidence"])} for row in rows]
    like = await meter.compare(trained / "model", Collected([inputs(row) for row in rows], said), title="MON-1")
    unsure: list[dict[str, Json]] = [{"label": rows[0]["label"], "confidence": 0.1} for _ in rows]
    unlike = await meter.compare(trained / "model", Collected([inputs(row) for row in rows], unsure), title="MON-1")

    assert [drift.measure for drift in like.drifts if drift.is_drifted] == []
    assert {"predicted class", "confidence"} <= {drift.measure for drift in unlike.drifts if drift.is_drifted}
    if recipe == "tabular_classifier":
        assert "mean radius" in {drift.measure for drift in like.drifts}


def as_run(directory: Path) -> Run:
    """Return the run as the bot would have noted it."""
    result = parse_result((directory / "result.json").read_text())
    return Run(
        requirement=1,
        ordered_by=PersonId(1),
        recipe="",
        dataset="",
        parameters={},
        seed=7,
        hypothesis="",
        resources=Resources("gpu", nodes=1, gpus=1, cpus=1, memory_gib=1, time_limit_min=1),
        metrics=dict(result.metrics),
        fingerprint=flat(result.fingerprint),
    )


@of("tabular_classifier")  # of images in test_training.py, of texts in test_cache.py
def test_a_repeated_run_is_equal_to_the_bit_and_says_so(trained, recipe, tmp_path):
    """Two runs of one spec have one model digest; another seed or parameter is another experiment, by name."""
    assert run(tmp_path / "again", recipe=recipe, **SETTINGS[recipe]) == 0
    first, again = as_run(trained), as_run(tmp_path / "again")

    assert result_of(trained)["digest"] == result_of(tmp_path / "again")["digest"]
    assert str(compared(first, again)) == "✅ Equal to the bit: the final weights are the same."


def test_the_fingerprint_names_what_changed(tmp_path):
    """Seed, parameters and data are told apart; the code's hash begins with the name it is shipped under."""
    assert run(tmp_path / "first", recipe="tabular_classifier", epochs=1) == 0
    other = {"seed": 8, "hidden": 32, "dataset": "breast_cancer"}
    assert run(tmp_path / "other", recipe="tabular_classifier", epochs=1, **other) == 0
    first, again = as_run(tmp_path / "first"), as_run(tmp_path / "other")

    assert "not the same experiment: dataset, parameters, seed changed" in str(compared(first, again))
    assert first.fingerprint is not None
    assert payload_name(payload_files(PAYLOAD)) == first.fingerprint["code"][:16]
    assert {"environment.python", "environment.torch", "environment.device", "environment.world_size"} <= set(
        first.fingerprint
    )


async def test_a_transformer_of_ones_own_is_the_encoder(tmp_path):
    """It is read from its folder, trained, and served with nothing but the model's own directory."""
    encoder = tiny_encoder(tmp_path / "xlm-r")
    directory = tmp_path / "run"
    wanted = {"recipe": "text_classifier", "encoder": str(encoder), "epochs": 1, "batch_size": 256}
    assert run(directory, **wanted) == 0, last_line(directory)
    encoder.rename(tmp_path / "gone")
    rows = reference(directory)[:3]
    served = await Served.start(directory / "model", tmp_path / "log")
    given = {"columns": ["text"], "data": [[row["text"]] for row in rows]}
    answer = await served.ask({"input_data": given})
    await served.close()

    assert [row["label"] for row in rows] == [said["label"] for said in answer["output"]], answer
    assert "newly initialized" not in (directory / "log").read_text()
    assert "transformers==" in (directory / "model" / "requirements.txt").read_text()
    assert 0 <= result_of(directory)["metrics"]["f1"] <= 1


WORDLESS = """\
import torch
from text_network import Shape, TextNetwork, WordTokens
torch.manual_seed(1)
network = TextNetwork(Shape(["a", "b"], ["word"], hidden=4, dropout=0.0)).eval()
tokens = WordTokens(["word"])
with torch.inference_mode():
    empty, word = network(tokens(["", "word"]))
    _, as_before = network(tokens(["unknown", "word"]))
print(torch.equal(network.output[1].bias, empty), torch.equal(as_before, word))
"""


def test_a_text_without_a_word_is_answered_by_no_word(tmp_path):
    """It is as sure as the classes' shares make it, and the texts beside it get the same to the bit."""
    assert ["True True"] == printed(tmp_path, WORDLESS)


@pytest.mark.parametrize(
    ("encoder", "code", "sentence"),
    [("xlm-r", 84, "give an absolute path"), ("/nowhere/xlm-r", 88, "there is no transformer in /nowhere/xlm-r")],
)
def test_an_encoder_that_is_not_there_is_said(encoder, code, sentence, tmp_path):
    """The sentence says what is missing, and where."""
    assert code == run(tmp_path, recipe="text_classifier", encoder=encoder)
    assert sentence in last_line(tmp_path)


WITHOUT_LIBRARY = """\
import runpy
sys.modules["transformers"] = None  # as Python itself notes that a module is not there
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_an_encoder_without_its_library_is_said(tmp_path):
    """Where transformers cannot be imported, as Python is told here, the run says what to install."""
    (tmp_path / "xlm-r").mkdir()
    (tmp_path / "xlm-r" / "config.json").write_text("{}")
    path = write_spec(tmp_path, recipe="text_classifier", parameters={"encoder": str(tmp_path / "xlm-r")})
    said = printed(tmp_path, WITHOUT_LIBRARY, PAYLOAD / "text_classifier.py", path, code=84)

    assert "install it for the cluster's Python, or leave encoder out" in said[-1]
