"""The network, and its MLflow loader. This one file is trained, shipped inside the model, and served.

Legend: B batch, F features (pixels, row by row), S side of the square image, C classes.
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

    side: int
    """Pixels along one side of the square image."""
    class_count: int
    hidden: int
    dropout: float
    pixel_maximum: float


class ImageNetwork(nn.Module):
    """Two convolutions and one hidden layer for small square grey images."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, kernel_size=3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32 * (shape.side // 2) ** 2, shape.hidden),
            nn.ReLU(),
            nn.Dropout(shape.dropout),
            nn.Linear(shape.hidden, shape.class_count),
        )

    def forward(self, pixels_BF: torch.Tensor) -> torch.Tensor:
        """Return the logits of each class.

        Shape:
            pixels_BF: (B, side * side), from 0 to pixel_maximum. Result: (B, C).
        """
        image_B1SS = pixels_BF.view(-1, 1, self.shape.side, self.shape.side) / self.shape.pixel_maximum
        logits_BC: torch.Tensor = self.layers(image_B1SS)
        return logits_BC


def decide(logits_BC: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return confidence_B and label_B: the likeliest class."""
    confidence_B, label_B = logits_BC.softmax(dim=1).max(dim=1)
    return confidence_B, label_B


class Served:
    """What MLflow calls: a table of pixels in, a table of labels and confidences out."""

    def __init__(self, network: ImageNetwork) -> None:
        self.network = network.eval()
        self.columns = [f"pixel_{number}" for number in range(network.shape.side**2)]

    def predict(self, table: Any, params: object = None) -> Any:  # noqa: ARG002  # MLflow's signature
        """Return a DataFrame with `label` and `confidence` for a DataFrame with one column for each pixel."""
        import pandas as pd  # noqa: PLC0415  # there where models are served, and perhaps not where they are trained

        pixels_BF = torch.tensor(table[self.columns].to_numpy(dtype="float32"))
        with torch.inference_mode():
            confidence_B, label_B = decide(self.network(pixels_BF))
        return pd.DataFrame({"label": label_B.numpy(), "confidence": confidence_B.double().numpy()}, index=table.index)


def _load_pyfunc(path: str) -> Served:
    """Load the served model from MLflow's data path; the name is MLflow's."""
    directory = Path(path)
    network = ImageNetwork(Shape(**json.loads((directory / "network.json").read_text(encoding="utf-8"))))
    network.load_state_dict(torch.load(directory / "weights.pt", map_location="cpu", weights_only=True))
    return Served(network)
