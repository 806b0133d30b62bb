"""Trains a classifier of tables of numbers, by the command `python tabular_classifier.py spec.json`.

What it reads, what it leaves and how it ends is said in command.py; how it trains, in training.py.
"""

import sys
from pathlib import Path

import tabular_network
from command import run
from data import Dataset
from recipe import Recipe
from spec import Spec
from tables import load_table
from tabular_network import Shape, TabularNetwork
from torch import nn


def build(spec: Spec, dataset: Dataset) -> tuple[Shape, nn.Module]:
    """Return a network with the mean and the spread of each column of the training rows."""
    inputs_NF = dataset.train.inputs
    spread_F = inputs_NF.std(dim=0)
    shape = Shape(
        columns=list(dataset.columns),
        class_names=[str(name) for name in dataset.class_names],
        means=inputs_NF.mean(dim=0).tolist(),
        scales=spread_F.masked_fill(spread_F == 0, 1.0).tolist(),
        hidden=spec.parameters["hidden"],
        dropout=spec.parameters["dropout"],
    )
    return shape, TabularNetwork(shape)


RECIPE = Recipe(
    name="tabular_classifier",
    load=load_table,
    build=build,
    loss=nn.functional.cross_entropy,
    decide=tabular_network.decide,
    metric="accuracy",
    code=Path(tabular_network.__file__),
)

if __name__ == "__main__":
    sys.exit(run(RECIPE, sys.argv[1:]))
