"""What a recipe is: the functions that the training loop, which is one for all, calls for it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from data import Dataset
from spec import Spec
from torch import nn


@dataclass(frozen=True)
class Recipe:
    """One kind of model."""

    name: str
    load: Callable[[Spec], Dataset]
    shape: Callable[[Spec, Dataset], Any]
    """Returns the dataclass that makes the same network again: it is kept beside the weights."""
    network: Callable[[Any], nn.Module]
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    """Of logits and labels: the mean over the rows."""
    decide: Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
    """Returns, of logits, each row's confidence and label (N,) or labels (N, C)."""
    metric: str
    """What is shown of the validation rows while it trains."""
    code: Path
    """The one file with network and MLflow loader that goes into the model."""
