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


def build(spec: Spec, dataset: Dataset) -> tuple[Shape, nn.Module]:
    """Return a network for square images as large as the dataset's."""
    parameters = spec.parameters
    side = math.isqrt(len(dataset.columns))
    brightest = float(dataset.train.inputs.max())
    shape = Shape(side, len(dataset.class_names), parameters["hidden"], parameters["dropout"], brightest)
    return shape, ImageNetwork(shape)


RECIPE = Recipe(
    name="image_classifier",
    load=load_table,
    build=build,
    loss=nn.functional.cross_entropy,
    decide=image_network.decide,
    metric="accuracy",
    code=Path(image_network.__file__),
)

if __name__ == "__main__":
    sys.exit(run(RECIPE, sys.argv[1:]))
