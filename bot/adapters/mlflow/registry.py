"""The registry, provided by MLflow, a server or a local store. This side is the event loop's; mlflow is in a worker."""

import asyncio
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryFile
from typing import Protocol, cast
from urllib.parse import unquote, urlsplit

from bot.adapters.mlflow.place import Place, without_password
from bot.adapters.model_files import is_model
from bot.adapters.worker import Far, Worker
from bot.config import MlflowSettings
from bot.errors import Misconfigured, Refused
from bot.ports import RegisteredModel, TrackedRun, TrainedModel

RETRY_COUNT = 1  # the effect runner tries again, later and with a growing pause


class _Work(Protocol):
    """What `worker.py` does."""

    def track(self, place: Place, told: TrackedRun) -> str: ...
    def record(self, place: Place, model: TrainedModel) -> RegisteredModel: ...
    def download(self, place: Place, name: str, version: str, directory: Path) -> Path: ...
    def check(self, place: Place) -> str: ...


_WORK = cast("_Work", Far("bot.adapters.mlflow.worker"))


class MlflowRegistry:
    """Fills `bot.ports.Registry`."""

    def __init__(self, settings: MlflowSettings) -> None:
        self._place = _place(settings)
        self._worker = Worker(
            "mlflow",
            environment={
                "MLFLOW_HTTP_REQUEST_TIMEOUT": str(max(1, int(settings.timeout_s / (RETRY_COUNT + 1)))),
                "MLFLOW_HTTP_REQUEST_MAX_RETRIES": str(RETRY_COUNT),
                "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
                "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
                "MLFLOW_CONFIGURE_LOGGING": "false",
            },
            timeout=timedelta(seconds=settings.timeout_s),
        )

    async def track(self, run: TrackedRun) -> str:
        """Make the run stand as it does, once under `run.key`, and return its address."""
        return await self._worker.call(_WORK.track, self._place, run)

    async def record(self, model: TrainedModel) -> RegisteredModel:
        """Record run, metrics, artifacts and model version once under `model.key`; what a crash left out is added."""
        return await self._worker.call(_WORK.record, self._place, model)

    async def download(self, name: str, version: str, into: Path, *, digest: str) -> Path:
        """Copy the model version to `into/<name>-<version>`, unless it is there, and return that directory.

        Raises:
            Refused: its files are not those of the digest.
        """
        directory = into / f"{name}-{version}"
        if await asyncio.to_thread(is_model, directory, digest):
            return directory
        await asyncio.to_thread(rmtree, directory, ignore_errors=True)  # changed or torn: only the registry counts
        await self._worker.call(_WORK.download, self._place, name, version, directory)
        if not await asyncio.to_thread(is_model, directory, digest):
            await asyncio.to_thread(rmtree, directory, ignore_errors=True)
            raise Refused(
                f"The files of {name} version {version} in MLflow are not those that were audited (digest "
                f"{digest[:12]}), so they are not used. Find out who changed them, then train and audit anew."
            )
        return directory

    async def check(self) -> str:
        """Return a sentence on what was reached. Raises Misconfigured when artifacts cannot be kept."""
        await asyncio.to_thread(_check_artifacts, self._place)
        found = await self._worker.call(_WORK.check, self._place)
        return f"MLflow at {without_password(self._place.tracking_uri)} answers; {found}."

    async def close(self) -> None:
        """End the worker."""
        await self._worker.close()


def _place(settings: MlflowSettings) -> Place:
    uri = settings.tracking_uri
    if uri.startswith(("http://", "https://")):
        return Place(uri, settings.experiment, artifact_uri=None)
    if not uri.startswith("sqlite:///"):
        raise Misconfigured(f"mlflow.tracking_uri is {uri!r}; give http(s)://… of a server or sqlite:///path")
    beside = Path(uri.removeprefix("sqlite:///")).parent / "mlflow-artifacts"
    directory = settings.artifact_directory or beside
    return Place(uri, settings.experiment, artifact_uri=directory.resolve().as_uri())


def _check_artifacts(place: Place) -> None:
    if place.artifact_uri is None:
        return
    folder = Path(unquote(urlsplit(place.artifact_uri).path))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder) as file:
            file.write(b"\0")
    except OSError as error:
        raise Misconfigured(
            f"mlflow.artifact_directory: {folder} cannot be written ({error.strerror}); "
            "give a folder with room in it that the bot may write"
        ) from error
