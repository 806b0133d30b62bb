"""Datasets that scikit-learn ships as tables of numbers with one class for each row.

Legend: N rows, F features.
"""

import re
from typing import Any

import torch
from cache import cached
from data import Dataset, Rows, digest_of, split
from ends import DATA_MISSING, Problem
from library import version
from spec import Spec


def load_table(spec: Spec) -> Dataset:
    """Return `digits` (8 x 8 pixels from 0 to 16), `breast_cancer` (30 measures of cells) or `wine` (13 of wines).

    The second run takes them from the cache: scikit-learn takes as long to import as torch does.

    Raises:
        Problem: DATA_MISSING, when scikit-learn, in whose package the tables lie, is not there.
    Source:
        https://archive.ics.uci.edu/dataset/80, 17 and 109, as packaged by scikit-learn.
    """
    made_of = (spec.dataset, version(spec.dataset), spec.seed)
    return cached(spec.cache, made_of, lambda: _made(spec))


def _made(spec: Spec) -> Dataset:
    found = _bunch(spec.dataset)
    inputs_NF = torch.tensor(found.data, dtype=torch.float32)
    labels_N = torch.tensor(found.target, dtype=torch.int64)
    parts = split(labels_N.tolist(), seed=spec.seed)
    train, validation, test = (Rows(inputs_NF[rows], labels_N[rows]) for rows in parts)
    if spec.dataset == "digits":
        names = [f"pixel_{number}" for number in range(inputs_NF.shape[1])]
        classes: list[int | str] = list(range(10))
    else:
        names = [re.sub(r"\W+", "_", name) for name in found.feature_names]
        classes = [str(name) for name in found.target_names]
    return Dataset(
        train,
        validation,
        test,
        columns=dict.fromkeys(names, "double"),
        test_table=test.inputs.tolist(),
        class_names=classes,
        digest=digest_of(inputs_NF.numpy().tobytes(), labels_N.numpy().tobytes()),
    )


def _bunch(name: str) -> Any:
    try:
        from sklearn import datasets  # noqa: PLC0415  # its absence is a missing dataset, not a crash

        return getattr(datasets, f"load_{name}")()
    except (ImportError, OSError) as error:
        sentence = f"the dataset {name!r} is not on this machine ({error}); install scikit-learn"
        raise Problem(sentence, DATA_MISSING) from error
