"""MLflow records each model once, whatever happens in between: a real server and a real local store."""

import asyncio
import hashlib
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.adapters.mlflow.registry import MlflowRegistry
from bot.adapters.model_files import model_digest
from bot.adapters.worker import Worker
from bot.config import MlflowSettings
from bot.errors import Misconfigured, Refused, Upstream
from bot.ports import Outcome, TrackedRun, TrainedModel
from tests.support.mlflow_client import make_run, runs_of
from tests.support.mlflow_server import START_S, server  # noqa: F401 - a fixture
from tests.support.slurm import free_port

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> MlflowSettings:
    """Return the settings of a local store."""
    directory = tmp_path_factory.mktemp("local")
    uri = f"sqlite:///{directory}/mlflow.db"
    return MlflowSettings(tracking_uri=uri, artifact_directory=directory / "kept", timeout_s=START_S)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(local: MlflowSettings) -> AsyncIterator[tuple[Worker, bytes]]:
    """Return the process that makes the local store, and the store's database while it is new."""
    registry = MlflowRegistry(local)
    await registry.check()
    yield registry._worker, _database(local).read_bytes()
    await registry.close()


@pytest.fixture(scope="module")
def worker(asking: tuple[Worker, bytes]) -> Worker:
    """Return the process that asks all registries, and the tests' own questions: it imports MLflow once."""
    return asking[0]


@pytest.fixture(scope="module")
def new_database(asking: tuple[Worker, bytes]) -> bytes:
    """Return a database that has its tables: MLflow's migrations take seconds."""
    return asking[1]


@pytest.fixture(params=["local", "server"])
def settings(request: pytest.FixtureRequest) -> MlflowSettings:
    return request.getfixturevalue(request.param)


@pytest.fixture
def kept(settings: MlflowSettings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder below which the registry keeps artifacts."""
    return settings.artifact_directory or tmp_path_factory.getbasetemp()


@pytest.fixture
def registry(settings: MlflowSettings, worker: Worker) -> MlflowRegistry:
    return registry_of(settings, worker)


def registry_of(settings: MlflowSettings, worker: Worker) -> MlflowRegistry:
    """Return a registry that is asked by this process."""
    one = MlflowRegistry(settings)
    one._worker = worker
    return one


def model_directory(directory: Path, *, file_count: int = 2) -> Path:
    (directory / "code").mkdir(parents=True)
    (directory / "MLmodel").write_text("flavors: {}\n")
    for number in range(file_count):
        (directory / "code" / f"part_{number}.bin").write_bytes(os.urandom(500))
    return directory


def trained(key: str, directory: Path, *, name: str = "req-12") -> TrainedModel:
    return TrainedModel(
        key=key,
        name=name,
        parameters={"epochs": 3, "learning_rate": 0.001, "note": "ทดสอบ"},
        metrics={"accuracy": 0.97, "latency_p95_ms": 0.2},
        curve=[{"epoch": number, "loss": 1 / number, "accuracy": 0.9} for number in (1, 2, 3)],
        tags={"slipway.digest": "abc", "requirement": "REQ-12"},
        directory=directory,
    )


def digest(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.mark.asyncio(loop_scope="module")
async def test_second_recording_is_the_first(registry, tmp_path):
    """The same key gives the same version; another run of the same requirement gives the next one."""
    directory = model_directory(tmp_path / "model")

    first = await registry.record(trained("slipway-run-1-1", directory, name="req-1"))
    again = await registry.record(trained("slipway-run-1-1", directory, name="req-1"))
    other = await registry.record(trained("slipway-run-2-1", directory, name="req-1"))

    assert first == again
    assert (first.name, first.version) == ("req-1", "1")
    assert (other.name, other.version) == ("req-1", "2")
    assert first.url != other.url


@pytest.mark.asyncio(loop_scope="module")
async def test_a_run_of_that_key_with_another_model_is_refused(registry, tmp_path):
    """It is of an earlier database, or another installation's: its version is not given out as this model's."""
    model = trained("slipway-run-77-1", model_directory(tmp_path / "model"))
    theirs = await registry.record(model)
    with pytest.raises(Upstream, match=r"slipway-run-77-1 .* has another model") as refused:
        await registry.record(replace(model, tags={**model.tags, "slipway.digest": "def"}))

    assert not refused.value.retryable
    assert theirs == await registry.record(model)


@pytest.mark.asyncio(loop_scope="module")
async def test_download_is_what_was_recorded(registry, tmp_path):
    """The files come back to the byte with none added, and a second download is the first."""
    directory = model_directory(tmp_path / "model")
    recorded = await registry.record(trained("slipway-run-3-1", directory, name="req-3"))

    asked = recorded.name, recorded.version, tmp_path / "into"
    found = await registry.download(*asked, digest=model_digest(directory))
    before = (found / "MLmodel").stat()
    again = await registry.download(*asked, digest=model_digest(directory))

    assert tmp_path / "into" / "req-3-1" == found == again
    assert before == (found / "MLmodel").stat()
    assert digest(directory) == digest(found)
    assert [found] == list((tmp_path / "into").iterdir())


@pytest.mark.asyncio(loop_scope="module")
async def test_a_copy_that_was_changed_is_fetched_anew(registry, tmp_path):
    """Also one that lacks a file, or has one more: what the registry has is what is used."""
    directory = model_directory(tmp_path / "model")
    recorded = await registry.record(trained("slipway-run-6-1", directory, name="req-6"))
    asked = recorded.name, recorded.version, tmp_path / "into"
    digests = []
    for change in (_rewrite, Path.unlink, lambda path: path.with_name("more.py").write_text("import os")):
        found = await registry.download(*asked, digest=model_digest(directory))
        change(found / "MLmodel")
        await registry.download(*asked, digest=model_digest(directory))
        digests.append(digest(found))

    assert [digest(directory)] * 3 == digests


@pytest.mark.asyncio(loop_scope="module")
async def test_a_model_that_was_changed_in_the_registry_is_refused(registry, kept, tmp_path):
    """What was audited is not what lies there now, so it is not used, and nothing of it is kept."""
    directory = model_directory(tmp_path / "model")
    recorded = await registry.record(trained("slipway-run-7-1", directory, name="req-7"))
    audited = model_digest(directory)
    own = (directory / "code" / "part_0.bin").read_bytes()
    for copy in [path for path in kept.rglob("part_0.bin") if path.read_bytes() == own]:
        copy.write_bytes(b"something else")

    with pytest.raises(Refused, match="req-7 version 1 in MLflow are not those that were audited"):
        await registry.download("req-7", recorded.version, tmp_path / "into", digest=audited)
    assert [] == list((tmp_path / "into").iterdir())


def _rewrite(path: Path) -> None:
    path.write_text("flavors: {python_function: {}}\n")


@pytest.mark.asyncio(loop_scope="module")
async def test_unknown_version_is_an_error_that_waiting_does_not_mend(registry, tmp_path):
    """A version that the registry does not have is said so, and nothing is left behind."""
    with pytest.raises(Upstream, match="req-99") as caught:
        await registry.download("req-99", "1", tmp_path / "into", digest="d" * 64)

    assert not caught.value.retryable
    assert not (tmp_path / "into" / "req-99-1").exists()


@pytest.mark.asyncio(loop_scope="module")
async def test_check_says_what_was_reached(registry, settings):
    """The sentence names the place and the experiment."""
    sentence = await registry.check()

    assert settings.tracking_uri in sentence
    assert "'slipway'" in sentence


@pytest.mark.asyncio(loop_scope="module")
async def test_url_leads_to_the_run(registry, settings, tmp_path):
    """A server's link opens its page of the run; a local store's is a folder with the model in it."""
    recorded = await registry.record(trained("slipway-run-4-1", model_directory(tmp_path / "model"), name="req-4"))

    if settings.artifact_directory is None:
        assert recorded.url.startswith(f"{settings.tracking_uri}/#/experiments/")
    else:
        assert (Path(recorded.url) / "model" / "MLmodel").is_file()


def tracked(key: str, outcome: Outcome | None = None, **changes: Any) -> TrackedRun:
    begun = TrackedRun(key, {"epochs": 3, "note": "ทดสอบ"}, {"slipway.run": key}, started_at=AT)
    rows = [{"epoch": number, "loss": 1 / number, "F1 ของ|x": 0.5} for number in (1, 2)]
    ended = replace(begun, outcome=outcome, ended_at=AT + timedelta(minutes=5), curve=rows) if outcome else begun
    return replace(ended, **changes)


@pytest.mark.parametrize(("outcome", "status"), [(Outcome.FAILED, "FAILED"), (Outcome.CANCELLED, "KILLED")])
@pytest.mark.asyncio(loop_scope="module")
async def test_a_run_is_there_from_its_start_to_its_end(registry, worker, settings, outcome, status):
    """However often each is told: one run, with its parameters, its curve under names that MLflow takes, its times."""
    key = f"slipway-run-{status}-1"
    urls = [await registry.track(tracked(key)) for _ in range(2)]
    [begun] = await worker.call(runs_of, settings.tracking_uri, key)
    urls += [await registry.track(tracked(key, told)) for told in (outcome, outcome, None)]
    [ended] = await worker.call(runs_of, settings.tracking_uri, key)

    assert 1 == len(set(urls))
    assert ("RUNNING", {"epochs": "3", "note": "ทดสอบ"}, []) == (begun.status, begun.params, begun.metrics)
    assert (status, 300_000) == (ended.status, ended.took_ms)
    assert ["curve/F1 ____x", "curve/loss"] == ended.metrics


@pytest.mark.asyncio(loop_scope="module")
async def test_a_model_is_recorded_in_the_run_that_was_tracked(registry, worker, settings, tmp_path):
    """Whichever of its end and its model is told first."""
    directory = model_directory(tmp_path / "model")
    for key, is_ended_first in (("slipway-run-81-1", True), ("slipway-run-82-1", False)):
        model = trained(key, directory, name="req-8")
        end = tracked(key, Outcome.FINISHED, curve=model.curve, metrics=model.metrics, parameters=model.parameters)
        url = await registry.track(tracked(key, parameters=model.parameters))
        if is_ended_first:
            await registry.track(end)
        recorded = await registry.record(model)
        if not is_ended_first:
            await registry.track(end)
        [found] = await worker.call(runs_of, settings.tracking_uri, key)

        assert url == recorded.url
        assert "FINISHED" == found.status
        assert {"accuracy", "curve/loss"} < set(found.metrics)


@pytest.mark.asyncio(loop_scope="module")
async def test_of_two_that_a_lost_answer_made_the_newer_stays(registry, worker, settings):
    """The request that was given up was carried out all the same, after the search for it."""
    first = await registry.track(tracked("slipway-run-91-1"))
    [kept] = await worker.call(runs_of, settings.tracking_uri, "slipway-run-91-1")
    await worker.call(make_run, settings.tracking_uri, {"slipway.key": "slipway-run-91-1", "slipway.asked_ns": "1"})
    again = await registry.track(tracked("slipway-run-91-1", Outcome.FAILED))
    [left] = await worker.call(runs_of, settings.tracking_uri, "slipway-run-91-1")

    assert first == again
    assert (kept.id, "FAILED") == (left.id, left.status)


def _database(local: MlflowSettings) -> Path:
    return Path(local.tracking_uri.removeprefix("sqlite:///"))


def rows(database: Path, query: str, wanted: str) -> list[tuple[object, ...]]:
    """Ask the store's own database."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
        return connection.execute(query, [wanted]).fetchall()


def _has_come(database: Path, moment: str, key: str, recording: asyncio.Task[Any]) -> bool:
    return bool(rows(database, MOMENTS[moment], key)) or recording.done()


async def until(is_true: Callable[[], object]) -> None:
    async with asyncio.timeout(START_S):
        while not is_true():  # noqa: ASYNC110  # another process makes it true
            await asyncio.sleep(0.001)


RUNS = "SELECT run_uuid FROM tags WHERE key = 'slipway.key' AND value = ?"
MOMENTS = {
    "the run is there": RUNS,
    "metrics are there": f"SELECT 1 FROM metrics WHERE run_uuid IN ({RUNS})",
    "the registered model is there": "SELECT 1 FROM registered_models WHERE name = ?",
    "the version is there": "SELECT name, version FROM model_versions WHERE name = ?",
}


@pytest.mark.parametrize(
    "moments", [list(MOMENTS)[:1], pytest.param(list(MOMENTS), marks=pytest.mark.repetition)], ids=["once", "each"]
)
@pytest.mark.asyncio(loop_scope="module")
async def test_crash_at_any_moment_leaves_one_run_and_one_version(local, worker, tmp_path, moments):
    """The worker is killed as soon as each trace is there; recording again adds what is missing, and nothing twice."""
    directory = model_directory(tmp_path / "model", file_count=300)
    database = _database(local)
    name = key = f"req-5-{len(moments)}"
    model = trained(key, directory, name=name)
    registry = registry_of(local, worker)
    killed = []

    for moment in moments:
        await registry.check()  # neither the import nor the migrations are what is killed here
        recording = asyncio.create_task(registry.record(model))
        await until(partial(_has_come, database, moment, key, recording))
        if not recording.done():
            for process in worker._processes():
                process.kill()
            with suppress(Upstream):
                await recording
                continue
            killed.append(moment)
    recorded = await registry.record(model)
    found = await registry.download(name, recorded.version, tmp_path / "into", digest=model_digest(directory))

    assert killed[:1] == ["the run is there"]  # later the worker may be done before the signal comes
    assert len(rows(database, RUNS, key)) == 1
    assert rows(database, MOMENTS["the version is there"], name) == [(name, 1)]
    assert rows(database, f"SELECT status FROM runs WHERE run_uuid IN ({RUNS})", key) == [("FINISHED",)]
    assert len(rows(database, MOMENTS["metrics are there"], key)) == 2 + 2 * 3
    assert digest(directory) == digest(found)


@pytest.mark.asyncio(loop_scope="module")
async def test_unreachable_server_is_said_in_time(worker):
    """Nobody listens: an error that may pass, well within the limit."""
    registry = registry_of(MlflowSettings(tracking_uri=f"http://127.0.0.1:{free_port()}"), worker)

    with pytest.raises(Upstream, match="mlflow") as caught:
        await registry.check()

    assert caught.value.retryable
    assert "no answer within" not in caught.value.message


async def test_silent_server_is_given_up_within_the_limit():
    """Somebody listens and never answers: the call ends at its limit."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        registry = MlflowRegistry(MlflowSettings(tracking_uri=url, timeout_s=8))
        began = time.monotonic()

        with pytest.raises(Upstream) as caught:
            await registry.check()
        await registry.close()

        assert caught.value.retryable
        assert time.monotonic() - began < 30  # MLflow alone would try for many minutes


def test_other_kinds_of_uri_are_refused():
    """A store that is neither a server nor SQLite is a wrong setting, said at the start."""
    with pytest.raises(Misconfigured, match="tracking_uri"):
        MlflowRegistry(MlflowSettings(tracking_uri="mlruns"))


@pytest.mark.repetition  # the story looks at a bot that has walked the whole road
def test_the_bots_process_never_imports_mlflow(server, tmp_path):  # noqa: F811 - a fixture
    """A process that has asked through the adapter holds no mlflow, pandas or sqlalchemy."""
    script = (
        "import asyncio, sys\n"
        "from bot.adapters.mlflow.registry import MlflowRegistry\n"
        "from bot.config import MlflowSettings\n"
        "async def main():\n"
        f"    registry = MlflowRegistry(MlflowSettings(tracking_uri={server.tracking_uri!r}))\n"
        "    print(await registry.check())\n"
        "    await registry.close()\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
        "    print(sorted({'mlflow', 'pandas', 'sqlalchemy', 'requests'} & set(sys.modules)))\n"
    )
    (tmp_path / "asks.py").write_text(script)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, tmp_path / "asks.py"], env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "answers" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
