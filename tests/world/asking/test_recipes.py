"""A team's own training code: registered by a file, planned, launched, audited and reproduced; and from the config."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.text import text_of
from tests.support.crew import QUICK, SEEN_LIMIT_S, TRAINED_LIMIT_S, Crew, quick_table

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]


async def test_a_recipe_of_the_config_trains(place: Crew, requirement: int) -> None:
    """It is offered, shown with its ranges, and runs the team's code."""
    anan = place.person("anan")
    offered = [value for _, value in await anan.autocomplete("train launch", "recipe", QUICK, channel="training")]
    shown = await anan.slash("recipe show", channel="training", recipe=QUICK)
    run = await place.launched(requirement, recipe=QUICK, parameters="epochs=3")
    await place.reaches("runs", run, "succeeded")

    assert [QUICK] == offered
    assert "pause_s" in shown.text
    assert "between 1 and 2000" in shown.text
    assert place.run_folder(run).joinpath("model", "MLmodel").is_file()


async def test_code_that_leaves_no_mlflow_model_fails_as_it_ends(place: Crew, requirement: int, tmp_path: Path) -> None:
    """Its run is told what is missing; nobody is asked to audit it, and no system is told as away."""
    audits, file = place.count("audits"), tmp_path / "bare.toml"
    file.write_text(quick_table(under="").replace("quick.py", "bare.py"))
    await place.person("anan").slash("recipe register", channel="training", name="bare", file=file)
    run = await place.launched(requirement, recipe="bare", parameters="epochs=1")
    await place.reaches("runs", run, "failed")

    assert "has no MLmodel file" in await place.told_once(f"RUN-{run}")
    assert audits == place.count("audits")
    assert [("not servable",)] == place.query("SELECT failure FROM runs WHERE number = ?", run)
    assert [] == place.query("SELECT number FROM incidents WHERE about_code IN ('mlflow', 'azure', 'cluster')")


async def test_a_registered_recipe_trains_and_comes_out_the_same_again(
    place: Crew, requirement: int, tmp_path: Path
) -> None:
    """A file makes it, its card stands in #training, its run is audited; retired, it is reproduced but not launched."""
    anan = place.person("anan")
    file = tmp_path / "ours.toml"
    file.write_text(quick_table(under="", datasets='["digits@1", "digits@2"]'))
    wrong = await place.person("kanya").slash("recipe register", channel="training", name="ours", file=file)
    made = await anan.slash("recipe register", channel="training", name="ours", file=file)
    card = f"RCP-{place.count('recipes')} ·"
    await anan.sees("training", card, within_s=SEEN_LIMIT_S)
    listed = await anan.slash("recipe list", channel="training")
    given: dict[str, Any] = {"requirement": requirement, "recipe": "ours"}
    versions = await anan.autocomplete("train launch", "dataset_version", channel="training", **given)
    run = await place.launched(requirement, recipe="ours", parameters="epochs=2", dataset_version="1")
    await place.reaches("runs", run, "succeeded")
    retired = await anan.click("training", "Retire", containing=card)
    late = await anan.slash("train launch", channel="training", requirement=requirement, recipe="ours")
    again = await anan.slash("train reproduce", channel="training", run=run)
    await place.reaches("runs", run + 1, "succeeded")
    repeated = text_of(await anan.sees("training", f"Repeats RUN-{run}", within_s=TRAINED_LIMIT_S))

    await place.refused(wrong, "needs the duty")
    assert "runs its version 1" in made.text
    assert "ours@1" in listed.text
    assert ["2", "1"] == [value for _, value in versions]
    assert "`ours@1` on `digits@1`" in repeated
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
