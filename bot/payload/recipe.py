"""What a recipe is: the functions that the training loop, which is one for all, calls for it."""

from collections.abc import Callable, Sequence
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
    build: Callable[[Spec, Dataset], tuple[Any, nn.Module]]
    """Returns the dataclass that makes the same network again, which is kept beside the weights, and the network."""
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    """Of logits and labels: the mean over the rows."""
    decide: Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
    """Returns, of logits, each row's confidence and label (N,) or labels (N, C)."""
    metric: str
    """What is shown of the validation rows while it trains."""
    code: Path
    """The one file with network and MLflow loader that goes into the model."""
    add: Callable[[Spec, Path], Sequence[str]] = lambda _spec, _directory: ()
    """Writes what else the model needs into its data folder, and returns what else serving it requires."""
