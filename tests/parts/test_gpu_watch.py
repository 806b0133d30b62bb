"""How busy a GPU is comes from AMD's driver by the card's place on the bus, and is nothing where no driver says it."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.payload import PAYLOAD


@pytest.fixture
def progress(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return the payload's module of that name, as the cluster imports it."""
    monkeypatch.syspath_prepend(str(PAYLOAD))
    before = set(sys.modules)
    yield importlib.import_module("progress")
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(PAYLOAD):
            del sys.modules[name]


def busy_share(progress: Any, devices: Path, said: str) -> float | None:
    """Return what is read of a card at 0000:43:00.0 whose driver says this."""
    (devices / "0000:43:00.0").mkdir(parents=True)
    (devices / "0000:43:00.0" / "gpu_busy_percent").write_text(said)
    place = SimpleNamespace(pci_domain_id=0, pci_bus_id=0x43, pci_device_id=0)
    share: float | None = progress.busy_share(
        progress.busy_file(place, devices=devices), progress.torch.device("cuda", 0)
    )
    return share


def test_amds_driver_says_it_in_per_cent(progress, tmp_path):
    """The file of the card at this place on the bus is read."""
    assert 0.83 == busy_share(progress, tmp_path, "83\n")


def test_what_is_no_number_is_nothing(progress, tmp_path):
    """A driver that says something else ends no training."""
    assert busy_share(progress, tmp_path, "N/A\n") is None


def test_a_cpu_has_no_share(progress):
    """On a machine without a GPU nothing is said of it."""
    assert progress.GpuWatch(progress.torch.device("cpu")).share is None
