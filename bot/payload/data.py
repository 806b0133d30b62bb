"""What recipes learn from: rows split into train, validation and test, by seed and in equal class shares.

Legend: N rows, C classes.
"""

import hashlib
import random
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import torch

TRAIN_SHARE, VALIDATION_SHARE = 0.6, 0.2  # the rest is the test set: never looked at before the end


@dataclass(frozen=True)
class Rows:
    """Inputs and labels of one split: one class for each row (N,), or a 0 or 1 for each class of each row (N, C)."""

    inputs: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> "Rows":
        """Return the rows in the device's memory."""
        return Rows(self.inputs.to(device), self.labels.to(device))


@dataclass(frozen=True)
class Dataset:
    """All splits, and what stands for them at the endpoint."""

    train: Rows
    validation: Rows
    test: Rows
    columns: Mapping[str, str]
    """Name and MLflow type of each column that the endpoint takes."""
    test_table: Sequence[Sequence[object]]
    """The test rows as the endpoint gets them."""
    class_names: Sequence[int | str]
    digest: str
    """SHA-256 of the data, before the split."""
    vocabulary: Sequence[str] = ()
    """Words of the training rows by their number, where the inputs are words."""


def split(keys: Sequence[Hashable], *, seed: int) -> tuple[list[int], list[int], list[int]]:
    """Return the numbers of the rows of train, validation and test. Rows of equal key are dealt out in equal shares."""
    chance = random.Random(seed)  # noqa: S311  # a split, not a secret
    train: list[int] = []
    validation: list[int] = []
    test: list[int] = []
    rows_of: dict[Hashable, list[int]] = {}
    for row, key in enumerate(keys):
        rows_of.setdefault(key, []).append(row)
    for key in sorted(rows_of, key=repr):
        rows = rows_of[key]
        chance.shuffle(rows)
        first, second = round(len(rows) * TRAIN_SHARE), round(len(rows) * (TRAIN_SHARE + VALIDATION_SHARE))
        train += rows[:first]
        validation += rows[first:second]
        test += rows[second:]
    for part in (train, validation, test):
        chance.shuffle(part)
    return train, validation, test


def digest_of(*parts: bytes) -> str:
    """Return the SHA-256 of the data's parts, one after the other."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8))
        whole.update(part)
    return whole.hexdigest()
