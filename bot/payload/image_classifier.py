"""Trains an image classifier, by the command `python image_classifier.py spec.json`.

What it reads, what it leaves and how it ends is said in command.py; how it trains, in training.py.
"""

import math
import sys
from pathlib import Path

import image_network
from command import run
from data import Dataset
from image_network import ImageNetwork, Shape
from recipe import Recipe
from spec import Spec
from tables import load_table
from torch import nn


def shape_of(spec: Spec, dataset: Dataset) -> Shape:
    """Return the shape for square images as large as the dataset's."""
    parameters = spec.parameters
    side = math.isqrt(len(dataset.columns))
    brightest = float(dataset.train.inputs.max())
    return Shape(side, len(dataset.class_names), parameters["hidden"], parameters["dropout"], brightest)


RECIPE = Recipe(
    name="image_classifier",
    load=load_table,
    shape=shape_of,
    network=ImageNetwork,
    loss=nn.functional.cross_entropy,
    decide=image_network.decide,
    metric="accuracy",
    code=Path(image_network.__file__),
)

if __name__ == "__main__":
    sys.exit(run(RECIPE, sys.argv[1:]))
