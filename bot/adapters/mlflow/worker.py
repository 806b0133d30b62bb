"""What is said to MLflow, in the worker process: the only importer of mlflow."""

import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import requests
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities import Experiment, Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from bot.adapters.mlflow.place import Place, without_password
from bot.errors import NeedsMending, Refused, Upstream
from bot.ports import Outcome, RegisteredModel, TrackedRun, TrainedModel

KEY = "slipway.key"
ASKED = "slipway.asked_ns"
"""When it was asked to be made."""
UPLOADED = "slipway.uploaded"
DIGEST = "slipway.digest"
"""Of the model's files: by it a run of the same key is known as another's."""
STATUS: Mapping[Outcome, str] = {
    Outcome.FINISHED: "FINISHED",
    Outcome.FAILED: "FAILED",
    Outcome.CANCELLED: "KILLED",
}
ARTIFACT_PATH = "model"
MANY_MODELS = 100
NAME_LENGTH = 200
_STRANGE = re.compile(r"[^A-Za-z0-9_. :-]")
BATCH_METRICS, BATCH_PARAMETERS = 1000, 100  # MLflow's limits for one request
TOLD_AGAIN_IN_VAIN = frozenset({"BAD_REQUEST", "INVALID_PARAMETER_VALUE", "NOT_FOUND", "RESOURCE_DOES_NOT_EXIST"})
"""What was asked is refused for good. Every code in neither table, and those of the future, may pass: also that a thing
exists already, for each step looks first."""
WHOLLY_REFUSED = frozenset(
    {"CUSTOMER_UNAUTHORIZED", "ENDPOINT_NOT_FOUND", "NOT_IMPLEMENTED", "PERMISSION_DENIED", "UNAUTHENTICATED"}
)
"""All that we ask is refused, until somebody mends the login, its rights, or the address."""


@contextmanager
def translating() -> Iterator[None]:
    """Turn MLflow's errors into ours: theirs could not even be unpickled where mlflow must not be imported."""
    try:
        yield
    except MlflowException as error:
        message = str(error.message).splitlines()[0][:400]
        if error.error_code in WHOLLY_REFUSED:
            raise NeedsMending("mlflow", message) from error
        raise Upstream("mlflow", message, retryable=error.error_code not in TOLD_AGAIN_IN_VAIN) from error
    except (requests.RequestException, SQLAlchemyError, OSError) as error:
        message = f"{type(error).__name__}: {str(error).partition(chr(10))[0][:400]}"  # SQLAlchemy goes on with its SQL
        raise Upstream("mlflow", message, retryable=True) from error


def track(place: Place, told: TrackedRun) -> str:
    """Make the run stand as it does and return its address. One that stands as ended is left alone."""
    with translating():
        client = MlflowClient(tracking_uri=place.tracking_uri, registry_uri=place.tracking_uri)
        experiment = _experiment(client, place)
        run = _run_of(client, experiment, told.key, told.tags, started_at=told.started_at)
        if run.info.status not in STATUS.values():
            _log(client, run, told)
            if told.outcome is not None:
                ended_ms = _ms(told.ended_at) if told.ended_at else None
                client.set_terminated(run.info.run_id, STATUS[told.outcome], ended_ms)
        return _url(place, run)


def record(place: Place, model: TrainedModel) -> RegisteredModel:
    """Record what is missing of the model and return where it is. Each step looks first whether it has been done."""
    with translating():
        client = MlflowClient(tracking_uri=place.tracking_uri, registry_uri=place.tracking_uri)
        experiment = _experiment(client, place)
        run = _run_of(client, experiment, model.key, model.tags)
        _must_be_of(run, model, place)
        if UPLOADED not in run.data.tags:
            _log(client, run, model)
            client.log_artifacts(run.info.run_id, str(model.directory), ARTIFACT_PATH)
            client.set_tag(run.info.run_id, UPLOADED, "true")
        version = _find_version(client, run, model.name) or _create_version(client, run, model)
        if run.info.status != "FINISHED":
            client.set_terminated(run.info.run_id)
        return RegisteredModel(model.name, version, _url(place, run))


def _must_be_of(run: Run, model: TrainedModel, place: Place) -> None:
    """Raise Upstream for a run with another model, of an earlier database or another installation."""
    if run.data.tags.get(DIGEST, model.tags.get(DIGEST)) != model.tags.get(DIGEST):
        mend = "delete that run in MLflow, or set mlflow.experiment to one of this installation's own"
        raise Upstream(
            "mlflow",
            f"the run {model.key} of the experiment {place.experiment!r} has another model; {mend}",
            retryable=False,
        )


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn what the bot's own disk refuses into its own failure, not MLflow's."""
    try:
        yield
    except OSError as error:
        said = f"data_directory: {folder} cannot be written ({error.strerror}); make room or give the right to"
        raise Upstream("data directory", said, retryable=True) from error


def download(place: Place, name: str, version: str, directory: Path) -> Path:
    """Copy the version's files to the directory, which appears only when it is whole."""
    with translating():
        client = MlflowClient(tracking_uri=place.tracking_uri, registry_uri=place.tracking_uri)
        # Not by `models:/name/version`: that adds a file of MLflow's own, and the digest would change.
        uri = client.get_model_version_download_uri(name, version)
        beside = directory.with_name(f".{directory.name}.{os.getpid()}")
        with _writing(beside.parent):
            beside.mkdir(parents=True, exist_ok=True)
        try:
            found = Path(download_artifacts(artifact_uri=uri, dst_path=str(beside), tracking_uri=place.tracking_uri))
            if not (found / "MLmodel").is_file():
                raise Refused(f"{name} version {version} in MLflow has no MLmodel file; train and audit anew.")
            if not directory.is_dir():
                found.rename(directory)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return directory


def check(place: Place) -> str:
    """Return what there is, as the rest of a sentence."""
    with translating():
        client = MlflowClient(tracking_uri=place.tracking_uri, registry_uri=place.tracking_uri)
        found = client.get_experiment_by_name(place.experiment)
        model_count = len(client.search_registered_models(max_results=MANY_MODELS))
    there = "is there" if found else "will be created"
    count = f"{model_count}+" if model_count == MANY_MODELS else str(model_count)
    return f"the experiment {place.experiment!r} {there}; registered models: {count}"


def _experiment(client: MlflowClient, place: Place) -> Experiment:
    found = client.get_experiment_by_name(place.experiment)
    if found is None:
        return client.get_experiment(client.create_experiment(place.experiment, artifact_location=place.artifact_uri))
    if found.lifecycle_stage == "deleted":
        message = f"the experiment {place.experiment!r} is deleted; restore it or configure another"
        raise NeedsMending("mlflow", message)
    return found


def _run_of(
    client: MlflowClient,
    experiment: Experiment,
    key: str,
    tags: Mapping[str, str],
    *,
    started_at: datetime | None = None,
) -> Run:
    """Return the run that has the key, made when there is none.

    A request whose answer was given up may still have made one after the search for it: the newest is the run, for its
    maker had an answer, and the others go.
    """
    query = f"tags.`{KEY}` = '{key}'"
    found = client.search_runs([experiment.experiment_id], filter_string=query)
    if not found:
        asked = {KEY: key, ASKED: str(time.time_ns()), **tags}
        start_ms = _ms(started_at) if started_at else None
        return client.create_run(experiment.experiment_id, start_ms, asked, run_name=key)
    newest, *others = sorted(found, key=lambda run: int(run.data.tags.get(ASKED, "0")), reverse=True)
    for other in others:
        client.delete_run(other.info.run_id)
    return newest


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _name(text: str) -> str:
    """Return a measure's or parameter's name as MLflow takes it, which knows few letters."""
    return _STRANGE.sub("_", text).strip(". ")[:NAME_LENGTH] or "_"


def _log(client: MlflowClient, run: Run, model: TrackedRun | TrainedModel) -> None:
    at_ms = run.info.start_time  # a fixed time, so that a second logging of the same point is the same point
    parameters = [Param(_name(name), str(value)) for name, value in model.parameters.items()]
    metrics = [Metric(_name(name), value, at_ms, 0) for name, value in model.metrics.items()]
    metrics += [Metric(name, value, at_ms, step) for step, name, value in _points(model.curve)]
    client.log_batch(run.info.run_id, tags=[RunTag(name, value) for name, value in model.tags.items()])
    for start in range(0, len(parameters), BATCH_PARAMETERS):
        client.log_batch(run.info.run_id, params=parameters[start : start + BATCH_PARAMETERS])
    for start in range(0, len(metrics), BATCH_METRICS):
        client.log_batch(run.info.run_id, metrics=metrics[start : start + BATCH_METRICS])


def _points(curve: Sequence[Mapping[str, float]]) -> Iterator[tuple[int, str, float]]:
    for row in curve:
        for name, value in row.items():
            if name != "epoch":
                yield int(row["epoch"]), f"curve/{_name(name)}", float(value)


def _find_version(client: MlflowClient, run: Run, name: str) -> str | None:
    found = client.search_model_versions(f"run_id = '{run.info.run_id}'")
    return next((str(version.version) for version in found if version.name == name), None)


def _create_version(client: MlflowClient, run: Run, model: TrainedModel) -> str:
    if not client.search_registered_models(f"name = '{model.name}'"):
        client.create_registered_model(model.name)
    source = f"{run.info.artifact_uri}/{ARTIFACT_PATH}"
    version = client.create_model_version(
        model.name, source, run_id=run.info.run_id, tags={KEY: model.key, **model.tags}
    )
    return str(version.version)


def _url(place: Place, run: Run) -> str:
    if place.artifact_uri is None:
        base = without_password(place.tracking_uri).rstrip("/")
        return f"{base}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"
    return str(run.info.artifact_uri).removeprefix("file://")
