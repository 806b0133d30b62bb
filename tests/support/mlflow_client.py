"""What MLflow shows to others than the bot. It runs in a worker process, which imports MLflow once for all tests."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """A run as MLflow shows it."""

    id: str
    status: str
    params: Mapping[str, str]
    metrics: list[str]
    """Their names."""
    took_ms: int


def runs_of(tracking_uri: str, key: str) -> list[Shown]:
    """Return the runs that have the key."""
    from mlflow import MlflowClient  # noqa: PLC0415 - in the worker, and only there

    client = MlflowClient(tracking_uri=tracking_uri)
    experiment = client.get_experiment_by_name("slipway")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id], filter_string=f"tags.`slipway.key` = '{key}'")
    return [
        Shown(
            id=one.info.run_id,
            status=one.info.status,
            params=one.data.params,
            metrics=sorted(one.data.metrics),
            took_ms=(one.info.end_time or 0) - one.info.start_time,
        )
        for one in found
    ]


def make_run(tracking_uri: str, tags: Mapping[str, str]) -> None:
    """Make a run with these tags."""
    from mlflow import MlflowClient  # noqa: PLC0415 - in the worker, and only there

    client = MlflowClient(tracking_uri=tracking_uri)
    experiment = client.get_experiment_by_name("slipway")
    assert experiment is not None
    client.create_run(experiment.experiment_id, tags=dict(tags))
