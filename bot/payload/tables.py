"""Datasets that scikit-learn ships as tables of numbers with one class for each row.

Legend: N rows, F features.
"""

import re

import numpy as np
import torch
from cache import cached
from data import Dataset, Rows, digest_of, split
from ends import DATA_MISSING, Problem
from library import package, version
from spec import Spec

DIGITS = "datasets/data/digits.csv.gz"


def load_table(spec: Spec) -> Dataset:
    """Return `digits` (8 x 8 pixels from 0 to 16), `breast_cancer` (30 measures of cells) or `wine` (13 of wines).

    The measures are kept for the next run: scikit-learn, which has their names, takes as long to import as torch does.

    Raises:
        Problem: DATA_MISSING, when scikit-learn, in whose package the tables lie, is not there.
    Source:
        https://archive.ics.uci.edu/dataset/80, 17 and 109, as packaged by scikit-learn.
    """
    made_of = (spec.dataset, version(spec.dataset), spec.seed)
    return cached(spec.cache, made_of, lambda: _made(spec))


def _made(spec: Spec) -> Dataset:
    try:
        inputs_NF, labels_N, names, classes = _digits() if spec.dataset == "digits" else _measures(spec.dataset)
    except (ImportError, OSError) as error:
        sentence = f"the dataset {spec.dataset!r} is not on this machine ({error}); install scikit-learn"
        raise Problem(sentence, DATA_MISSING) from error
    parts = split(labels_N.tolist(), seed=spec.seed)
    train, validation, test = (Rows(inputs_NF[rows], labels_N[rows]) for rows in parts)
    return Dataset(
        train,
        validation,
        test,
        columns=dict.fromkeys(names, "double"),
        test_table=test.inputs.tolist(),
        class_names=classes,
        digest=digest_of(inputs_NF.numpy().tobytes(), labels_N.numpy().tobytes()),
    )


def _digits() -> tuple[torch.Tensor, torch.Tensor, list[str], list[int | str]]:
    table = np.loadtxt(package("digits") / DIGITS, delimiter=",")  # the class is the last column
    inputs_NF, labels_N = torch.tensor(table[:, :-1], dtype=torch.float32), torch.tensor(table[:, -1]).long()
    return inputs_NF, labels_N, [f"pixel_{number}" for number in range(inputs_NF.shape[1])], list(range(10))


def _measures(name: str) -> tuple[torch.Tensor, torch.Tensor, list[str], list[int | str]]:
    from sklearn import datasets  # noqa: PLC0415  # its absence is a missing dataset, not a crash

    found = getattr(datasets, f"load_{name}")()
    names = [re.sub(r"\W+", "_", name) for name in found.feature_names]
    classes: list[int | str] = [str(name) for name in found.target_names]
    return torch.tensor(found.data, dtype=torch.float32), torch.tensor(found.target).long(), names, classes
