"""A team's own training code: registered by a file, planned, launched, audited and reproduced; and from the config."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.text import text_of
from tests.support.crew import SEEN_LIMIT_S, TRAINED_LIMIT_S, Crew, crew

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(360)]
TRAIN = """\
import hashlib, json, pathlib, sys

spec = json.loads(pathlib.Path(sys.argv[1]).read_text())
run = pathlib.Path(spec["directory"])
rounds = spec["parameters"]["rounds"]
with (run / "progress.jsonl").open("a") as lines:
    for epoch in range(1, rounds + 1):
        row = {"epoch": epoch, "epochs": rounds, "loss": 1 / epoch, "metric": "accuracy", "value": 0.9}
        lines.write(json.dumps({**row, "elapsed_s": 1.0 * epoch, "left_s": 0.0}) + "\\n")
files = {
    "weights": str(spec["seed"]),
    "MLmodel": json.dumps({
        "flavors": {"python_function": {"env": {"conda": "conda.yaml"}, "loader_module": "ours"}},
        "signature": {"inputs": json.dumps([{"type": "double", "name": "x", "required": True}])},
        "saved_input_example_info": {"artifact_path": "example.json", "type": "dataframe"},
    }),
    "conda.yaml": json.dumps({"dependencies": [{"pip": [
        "mlflow==3.17.2", "azureml-ai-monitoring==1.0.0", "azureml-inference-server-http==1.5.1"
    ]}]}),
    "example.json": json.dumps({"columns": ["x"], "data": [[1.0]]}),
}
if spec["parameters"]["rounds"] == 8:
    files = {"model.pt": "weights alone"}
(run / "model").mkdir(exist_ok=True)
for name, text in files.items():
    (run / "model" / name).write_text(text)
lines = (f"{hashlib.sha256(files[name].encode()).hexdigest()}  {name}\\n" for name in sorted(files))
whole = hashlib.sha256("".join(lines).encode()).hexdigest()
result = {"format": 1, "metrics": {"accuracy": 0.93}, "parameter_count": 1, "digest": whole, "test_rows": 400,
          "curve": [{"epoch": 1, "loss": 1.0, "accuracy": 0.9}]}
(run / "result.json").write_text(json.dumps(result))
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Crew]:
    """Bring up a world with the team's code on the shared folder, one recipe of it in the config, REQ-1 claimed."""
    async with crew(tmp_path_factory.mktemp("recipes") / "world") as hands:
        folder = Path(str(hands.world.slurm["directory"])) / "team"
        folder.mkdir()
        (folder / "train.py").write_text(TRAIN)
        config = hands.world.config
        config.write_text(f"{config.read_text()}\n[recipes.house]\n{_table(hands)}")
        await hands.restart()
        await hands.claimed()
        yield hands


def _table(place: Crew, *, under: str = "recipes.house.", datasets: str = '["digits"]') -> str:
    folder = Path(str(place.world.slurm["directory"])) / "team"
    return f"""\
title = "Our own network"
command = ["python3", "train.py", "{{spec}}"]
folder = "{folder}"
datasets = {datasets}

[{under}parameters.rounds]
type = "int"
default = 2
minimum = 1
maximum = 9
"""


async def test_a_recipe_of_the_config_trains(place: Crew) -> None:
    """It is offered, shown with its ranges, and runs the team's code."""
    anan = place.person("anan")
    offered = [value for _, value in await anan.autocomplete("train launch", "recipe", "house", channel="training")]
    shown = await anan.slash("recipe show", channel="training", recipe="house")
    run = await place.launched(1, recipe="house", parameters="rounds=3")
    await place.reaches("runs", run, "succeeded")

    assert ["house"] == offered
    assert "rounds" in shown.text
    assert "between 1 and 9" in shown.text
    assert place.run_folder(run).joinpath("model", "weights").is_file()


async def test_code_that_leaves_no_mlflow_model_fails_as_it_ends(place: Crew) -> None:
    """Its run is told what is missing; nobody is asked to audit it, and no system is told as away."""
    audits = place.count("audits")
    run = await place.launched(1, recipe="house", parameters="rounds=8")
    await place.reaches("runs", run, "failed")

    assert "`model/` has no MLmodel file" in await place.told_once(f"RUN-{run}")
    assert audits == place.count("audits")
    assert [("not servable",)] == place.query("SELECT failure FROM runs WHERE number = ?", run)
    assert [] == place.query("SELECT number FROM incidents WHERE about IN ('mlflow', 'azure', 'cluster')")


async def test_a_registered_recipe_trains_and_comes_out_the_same_again(place: Crew, tmp_path: Path) -> None:
    """A file makes it, its card stands in #training, its run is audited; retired, it is reproduced but not launched."""
    anan = place.person("anan")
    file = tmp_path / "ours.toml"
    file.write_text(_table(place, under="", datasets='["digits@1", "digits@2"]'))
    wrong = await place.person("kanya").slash("recipe register", channel="training", name="ours", file=file)
    made = await anan.slash("recipe register", channel="training", name="ours", file=file)
    await anan.sees("training", "RCP-1 ·", within_s=SEEN_LIMIT_S)
    listed = await anan.slash("recipe list", channel="training")
    given = {"requirement": 1, "recipe": "ours"}
    versions = await anan.autocomplete("train launch", "dataset_version", channel="training", **given)
    run = await place.launched(1, recipe="ours", parameters="rounds=2", dataset_version="1")
    await place.reaches("runs", run, "succeeded")
    retired = await anan.click("training", "Retire", containing="RCP-1 ·")
    late = await anan.slash("train launch", channel="training", requirement=1, recipe="ours")
    again = await anan.slash("train reproduce", channel="training", run=run)
    await place.reaches("runs", run + 1, "succeeded")
    card = text_of(await anan.sees("training", f"Repeats RUN-{run}", within_s=TRAINED_LIMIT_S))

    await place.refused(wrong, "needs the duty")
    assert "runs its version 1" in made.text
    assert "ours@1" in listed.text
    assert ["2", "1"] == [value for _, value in versions]
    assert "`ours@1` on `digits@1`" in card
    assert "is retired; its runs stay" in retired.text
    await place.refused(late, "is retired")
    assert f"RUN-{run + 1} repeats RUN-{run}" in again.text
    assert [("ours@1",), ("ours@1",)] == place.query("SELECT recipe FROM runs WHERE number >= ?", run)


async def test_a_file_that_is_no_recipe_is_told(place: Crew, tmp_path: Path) -> None:
    """Too large, no text, no TOML: each by its reason, and nothing is kept."""
    anan, before = place.person("anan"), place.count("recipes")
    replies = []
    for content in (b"x" * 65_537, b"\xff\xfe\x00", b"title = "):
        file = tmp_path / "wrong.toml"
        file.write_bytes(content)
        replies.append(await anan.slash("recipe register", channel="training", name="wrong", file=file))

    for reply, words in zip(replies, ("65,537 bytes", "not text in UTF-8", "not valid TOML"), strict=True):
        await place.refused(reply, words)
    assert before == place.count("recipes")
