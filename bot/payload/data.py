"""The images: loaded, and split into train, validation and test rows in equal class shares, by seed.

Legend: N rows, F features (pixels of one image, row by row).
"""

import random
from dataclasses import dataclass

import torch
from spec import DATA_MISSING, Problem

TRAIN_SHARE, VALIDATION_SHARE = 0.6, 0.2  # the rest is the test set: never looked at before the end


@dataclass(frozen=True)
class Images:
    """One split. Pixels are raw, as the endpoint will get them: scaling is the network's own business."""

    pixels_NF: torch.Tensor
    labels_N: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels_N)


@dataclass(frozen=True)
class Dataset:
    """All splits, and what the network must know of them."""

    train: Images
    validation: Images
    test: Images
    class_count: int
    pixel_maximum: float


def load(name: str, *, seed: int) -> Dataset:
    """Return the dataset `digits`: 1797 images of handwritten digits, 8 x 8 pixels from 0 to 16.

    Raises:
        Problem: DATA_MISSING, when scikit-learn, in whose package the images lie, is not there.
    Source:
        https://archive.ics.uci.edu/dataset/80, as packaged by scikit-learn.
    """
    try:
        from sklearn.datasets import load_digits  # noqa: PLC0415  # its absence is a missing dataset, not a crash

        digits = load_digits()
    except (ImportError, OSError) as error:
        sentence = f"the dataset {name!r} is not on this machine ({error}); install scikit-learn"
        raise Problem(sentence, DATA_MISSING) from error
    pixels_NF = torch.tensor(digits.data, dtype=torch.float32)
    labels_N = torch.tensor(digits.target, dtype=torch.int64)
    parts = _stratified(labels_N.tolist(), seed=seed)
    train, validation, test = (Images(pixels_NF[rows], labels_N[rows]) for rows in parts)
    return Dataset(train, validation, test, class_count=10, pixel_maximum=16.0)


def _stratified(labels: list[int], *, seed: int) -> tuple[list[int], list[int], list[int]]:
    chance = random.Random(seed)  # noqa: S311  # a split, not a secret
    train: list[int] = []
    validation: list[int] = []
    test: list[int] = []
    for label in sorted(set(labels)):
        rows = [row for row, its in enumerate(labels) if its == label]
        chance.shuffle(rows)
        first, second = round(len(rows) * TRAIN_SHARE), round(len(rows) * (TRAIN_SHARE + VALIDATION_SHARE))
        train += rows[:first]
        validation += rows[first:second]
        test += rows[second:]
    for part in (train, validation, test):
        chance.shuffle(part)
    return train, validation, test
