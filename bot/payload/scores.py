"""How good the network is on rows it has not seen, and how fast on one.

Legend: N rows, C classes.
"""

import time

import torch
from data import Rows
from recipe import Recipe
from torch import nn

TIMED_ROWS = 200
CHUNK_ROWS = 1024


def predict(recipe: Recipe, network: nn.Module, rows: Rows, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Return confidence_N and the labels, on the CPU. The network is left in training mode."""
    parts = _decided(recipe, network, rows, device)
    return torch.cat([confidence for confidence, _ in parts]).cpu(), torch.cat([labels for _, labels in parts]).cpu()


def _decided(
    recipe: Recipe, network: nn.Module, rows: Rows, device: torch.device
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    network.eval()
    with torch.inference_mode():
        parts = [recipe.decide(network(part.to(device))) for part in rows.inputs.split(CHUNK_ROWS)]
    network.train()
    return parts


def measured(recipe: Recipe, network: nn.Module, rows: Rows, device: torch.device, *, class_count: int) -> float:
    """Return the recipe's metric on these rows, 0 to 1."""
    parts = [labels for _, labels in _decided(recipe, network, rows, device)]
    labels, truth = torch.cat(parts).cpu() if len(parts) > 1 else parts[0].cpu(), rows.labels.cpu()
    if recipe.metric == "accuracy" and labels.ndim == 1:  # of the others nobody asks after each epoch
        return int((labels == truth).sum()) / len(truth)
    return measures(labels, truth, class_count=class_count)[recipe.metric]


def measures(labels: torch.Tensor, truth: torch.Tensor, *, class_count: int) -> dict[str, float]:
    """Return the measures, each 0 to 1.

    Accuracy is the share of rows of which all is right; precision, recall and F1 are means over the classes. Where a
    row may have many labels, `f1_micro` is that of all decisions together.
    """
    said_NC, true_NC = _hot(labels, class_count), _hot(truth, class_count)
    hits_C = (said_NC & true_NC).sum(dim=0).double()
    said_C, true_C = said_NC.sum(dim=0).double(), true_NC.sum(dim=0).double()
    recall_C, precision_C = hits_C / true_C.clamp(min=1), hits_C / said_C.clamp(min=1)
    f1_C = 2 * precision_C * recall_C / (precision_C + recall_C).clamp(min=1e-12)
    found = {
        "accuracy": (said_NC == true_NC).all(dim=1).double().mean().item(),
        "precision": precision_C.mean().item(),
        "recall": recall_C.mean().item(),
        "f1": f1_C.mean().item(),
        "recall_worst_class": recall_C.min().item(),
    }
    if labels.ndim > 1:
        found["f1_micro"] = (2 * hits_C.sum() / (said_C.sum() + true_C.sum()).clamp(min=1)).item()
    return found


def _hot(labels: torch.Tensor, class_count: int) -> torch.Tensor:
    if labels.ndim > 1:
        return labels.bool()
    return nn.functional.one_hot(labels, class_count).bool()


def latency_p95_ms(recipe: Recipe, network: nn.Module, rows: Rows, device: torch.device) -> float:
    """Return the 95th percentile of the time for one row, in milliseconds, as measured on this machine."""
    network.eval()
    times_s = []
    with torch.inference_mode():
        for number in range(TIMED_ROWS):
            began = time.perf_counter()
            row = rows.inputs[number % len(rows)][None].to(device)
            recipe.decide(network(row))[0].cpu()  # .cpu() waits for the device
            times_s.append(time.perf_counter() - began)
    network.train()
    return sorted(times_s)[int(0.95 * len(times_s))] * 1000
