"""The network for tables of numbers, and its MLflow loader. This one file is trained, shipped in the model, and served.

Legend: B batch, F features (columns), C classes.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn


@dataclass(frozen=True)
class Shape:
    """What makes the same network again."""

    columns: list[str]
    class_names: list[str]
    means: list[float]
    """Of each column in the training rows."""
    scales: list[float]
    """Standard deviation of each column in the training rows; 1 for a column that never changes."""
    hidden: int
    dropout: float


class TabularNetwork(nn.Module):
    """Two hidden layers on standardised columns."""

    means_F: torch.Tensor
    scales_F: torch.Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("means_F", torch.tensor(shape.means))
        self.register_buffer("scales_F", torch.tensor(shape.scales))
        self.layers = nn.Sequential(
            nn.Linear(len(shape.columns), shape.hidden),
            nn.LayerNorm(shape.hidden),
            nn.ReLU(),
            nn.Dropout(shape.dropout),
            nn.Linear(shape.hidden, shape.hidden),
            nn.ReLU(),
            nn.Dropout(shape.dropout),
            nn.Linear(shape.hidden, len(shape.class_names)),
        )

    def forward(self, table_BF: torch.Tensor) -> torch.Tensor:
        """Return the logits of each class, of the columns as they come: (B, F) to (B, C)."""
        logits_BC: torch.Tensor = self.layers((table_BF - self.means_F) / self.scales_F)
        return logits_BC


def decide(logits_BC: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return confidence_B and label_B: the likeliest class."""
    confidence_B, label_B = logits_BC.softmax(dim=1).max(dim=1)
    return confidence_B, label_B


class Served:
    """What MLflow calls: a table of numbers in, a table of class names and confidences out."""

    def __init__(self, network: TabularNetwork) -> None:
        self.network = network.eval()

    def predict(self, table: Any, params: object = None) -> Any:  # noqa: ARG002  # MLflow's signature
        """Return a DataFrame with `label` and `confidence` for a DataFrame with the columns trained on."""
        import pandas as pd  # noqa: PLC0415  # there where models are served, and perhaps not where they are trained

        shape = self.network.shape
        table_BF = torch.tensor(table[shape.columns].to_numpy(dtype="float32"))
        with torch.inference_mode():
            confidence_B, label_B = decide(self.network(table_BF))
        names = [shape.class_names[label] for label in label_B.tolist()]
        return pd.DataFrame({"label": names, "confidence": confidence_B.double().numpy()}, index=table.index)


def _load_pyfunc(path: str) -> Served:
    """Load the served model from MLflow's data path; the name is MLflow's."""
    directory = Path(path)
    network = TabularNetwork(Shape(**json.loads((directory / "network.json").read_text(encoding="utf-8"))))
    network.load_state_dict(torch.load(directory / "weights.pt", map_location="cpu", weights_only=True))
    return Served(network)
