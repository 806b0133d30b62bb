"""A folder, or a job, that was made for another order than ours is refused by name, and nothing of it is touched."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Refused
from bot.ports import JobStatus, Order
from tests.support.cluster import ENDLESS, ONCE, RESULT, array, elsewhere, ended, order, seen, started

AGAIN = pytest.mark.repetition
EACH = pytest.mark.parametrize("site", ["sandbox", "real", pytest.param("newer", marks=AGAIN)], indirect=True)
OURS, THEIRS = "a" * 64, "b" * 64


def same_key(theirs: Order, steps: Sequence[Sequence[Any]] | None = None) -> Order:
    """Return an order of another installation, or of an earlier database, that goes by the same names."""
    return replace(theirs, made_for=OURS, spec={"steps": steps or []})


def content(folder: Path) -> dict[str, tuple[bytes, float]]:
    """Return all files below, with when they were written."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime) for path in files}


@ONCE
async def test_a_folder_of_another_run_is_refused_and_named(site, cluster):
    """Neither its job nor its result becomes ours; to whom it was made it is what it was."""
    theirs = replace(order([["file", ["model/MLmodel", "x"]], ["result", RESULT]]), made_for=THEIRS)
    job = await started(cluster, theirs)
    await ended(cluster, job)
    folder = site.run_folder(theirs.key)
    before = content(folder)
    with pytest.raises(Refused) as refused:
        await cluster.submit(same_key(theirs))

    assert (str(folder) in str(refused.value), "Move it away" in str(refused.value)) == (True, True)
    assert before == content(folder)
    assert [job.job_id] == site.jobs_named(theirs.key)
    assert job.job_id == await cluster.submit(theirs)


@ONCE
async def test_what_another_has_running_is_not_withdrawn(cluster):
    """Giving up what was refused must not end it, nor a sweep's task of the same name."""
    theirs = replace(order(ENDLESS), made_for=THEIRS)
    job = await started(cluster, theirs)
    await seen(cluster, job, JobStatus.RUNNING)
    with pytest.raises(Refused):
        await cluster.submit(same_key(theirs))
    await cluster.withdraw(theirs.key, OURS)
    still = await seen(cluster, job, JobStatus.RUNNING)
    await cluster.withdraw(theirs.key, THEIRS)
    observation = await ended(cluster, job)

    assert (JobStatus.RUNNING, JobStatus.CANCELLED) == (still.status, observation.status)


@pytest.mark.parametrize("left", ["spec.json", "result.json", "job_id", "checkpoint.pt"])
@pytest.mark.parametrize("site", ["sandbox"], indirect=True)
async def test_a_folder_that_does_not_say_for_whom_it_was_made_is_refused(site, cluster, left):
    """As an installation leaves it that did not write that yet, or that wrote only a part of it."""
    wanted = replace(order([]), made_for=OURS)
    folder = site.run_folder(wanted.key)
    folder.mkdir(parents=True)
    (folder / left).write_text("7\n")
    site.give_away(folder.parent, folder, folder / left)
    with pytest.raises(Refused, match=wanted.key):
        await cluster.submit(wanted)

    assert {left: b"7\n"} == {name: data for name, (data, _) in content(folder).items()}


@pytest.mark.parametrize("site", ["sandbox"], indirect=True)
async def test_an_empty_folder_is_nobodys(site, cluster):
    """As a crash leaves it, or somebody who made room."""
    wanted = replace(order([]), made_for=OURS)
    folder = site.run_folder(wanted.key)
    folder.mkdir(parents=True)
    site.give_away(folder.parent, folder)
    job = await started(cluster, wanted)

    assert JobStatus.COMPLETED is (await ended(cluster, job)).status


@ONCE
async def test_a_sweep_with_a_run_in_anothers_folder_is_refused_as_a_whole(site, cluster):
    """Nothing of it is sent, and no folder of another is written to."""
    theirs = replace(order([["say", "aGk="]]), made_for=THEIRS)
    await ended(cluster, await started(cluster, theirs))
    wanted = replace(array([[], [], []]), made_for=OURS)
    wanted = replace(wanted, tasks=[*wanted.tasks[:2], replace(wanted.tasks[2], key=theirs.key)])
    before = content(site.run_folder(theirs.key))
    with pytest.raises(Refused, match=theirs.key):
        await cluster.submit(wanted)

    assert before == content(site.run_folder(theirs.key))
    assert [] == site.jobs_named(wanted.key)


@ONCE
async def test_a_sweep_of_another_is_refused(site, cluster):
    """An array has a folder of its own; the same sweep that is sent again finds its job."""
    theirs = replace(array([ENDLESS, ENDLESS]), made_for=THEIRS)
    job_id = await cluster.submit(theirs)
    with pytest.raises(Refused, match=theirs.key):
        await cluster.submit(replace(theirs, made_for=OURS))
    (site.run_folder(theirs.key) / "job_id").unlink()
    again = await cluster.submit(theirs)
    await cluster.withdraw(theirs.key, THEIRS)

    assert job_id == again


@EACH
async def test_a_job_of_that_name_elsewhere_is_let_alone(site, cluster):
    """Two installations may share a cluster and an account, each with a folder of its own."""
    theirs = replace(order(ENDLESS), made_for=THEIRS)
    directory = Path(site.settings.directory) / "theirs"
    directory.mkdir(exist_ok=True)
    site.give_away(directory)
    with elsewhere(site, directory=str(directory)) as other:
        job = await started(other, theirs)
        await seen(other, job, JobStatus.RUNNING)
        wanted = same_key(theirs, ENDLESS)
        ours = await started(cluster, wanted)
        (site.run_folder(wanted.key) / "job_id").unlink()
        again = await cluster.submit(wanted)
        await cluster.withdraw(wanted.key, OURS)
        await ended(cluster, ours)
        still = await seen(other, job, JobStatus.RUNNING)
        await other.withdraw(theirs.key, THEIRS)
        await ended(other, job)
        await other.close()

    assert (ours.job_id, JobStatus.RUNNING) == (again, still.status)
