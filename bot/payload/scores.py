"""How good the network is on rows it has not seen, and how fast on one.

Legend: N rows, F features (pixels), C classes.
"""

import time

import torch
from data import Images
from image_network import ImageNetwork

TIMED_ROWS = 200
CHUNK_ROWS = 1024


def predict(network: ImageNetwork, images: Images, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Return confidence_N and label_N, on the CPU. The network is left in training mode."""
    network.eval()
    with torch.inference_mode():
        parts = [network(part.to(device)).softmax(dim=1).max(dim=1) for part in images.pixels_NF.split(CHUNK_ROWS)]
    network.train()
    return torch.cat([part.values for part in parts]).cpu(), torch.cat([part.indices for part in parts]).cpu()


def accuracy(label_N: torch.Tensor, images: Images) -> float:
    """Return the share of rows whose label is right, 0 to 1."""
    return float((label_N == images.labels_N).double().mean())


def measured_accuracy(network: ImageNetwork, images: Images, device: torch.device) -> float:
    """Return the share of these rows that the network gets right, 0 to 1."""
    return accuracy(predict(network, images, device)[1], images)


def by_class(label_N: torch.Tensor, images: Images, *, class_count: int) -> dict[str, float]:
    """Return precision, recall and F1 as means over the classes, and the recall of the worst class, each 0 to 1."""
    confusion_CC = torch.zeros(class_count, class_count, dtype=torch.float64)
    confusion_CC.index_put_((images.labels_N, label_N), torch.ones(len(images), dtype=torch.float64), accumulate=True)
    hits_C = confusion_CC.diagonal()
    recall_C = hits_C / confusion_CC.sum(dim=1).clamp(min=1)
    precision_C = hits_C / confusion_CC.sum(dim=0).clamp(min=1)
    f1_C = 2 * precision_C * recall_C / (precision_C + recall_C).clamp(min=1e-12)
    return {
        "precision": precision_C.mean().item(),
        "recall": recall_C.mean().item(),
        "f1": f1_C.mean().item(),
        "recall_worst_class": recall_C.min().item(),
    }


def latency_p95_ms(network: ImageNetwork, images: Images, device: torch.device) -> float:
    """Return the 95th percentile of the time for one row, in milliseconds, as measured on this machine."""
    network.eval()
    times_s = []
    with torch.inference_mode():
        for row_F in images.pixels_NF.repeat(2, 1)[:TIMED_ROWS]:
            began = time.perf_counter()
            network(row_F[None].to(device)).softmax(dim=1).cpu()  # .cpu() waits for the device
            times_s.append(time.perf_counter() - began)
    network.train()
    return sorted(times_s)[int(0.95 * len(times_s))] * 1000
