"""Where a run stands, complete: from it the run goes on to the same weights, to the bit, as if it had not stopped."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from files import write_whole
from spec import BAD_SPEC, Problem


@dataclass
class Position:
    """How far the loop has come."""

    epoch: int = 0
    """Whole epochs that are done."""
    step: int = 0
    """Steps of the epoch after those that are done."""
    loss_sum: float = 0.0
    """Of the steps of this epoch."""
    elapsed_s: float = 0.0
    """Of all attempts together."""
    curve: list[dict[str, float]] = field(default_factory=list)


def save(path: Path, identity: dict[str, object], position: Position, **parts: Any) -> None:
    """Write the checkpoint whole: each part's state_dict, the position, and the states of all random generators."""
    content = {
        "identity": identity,
        "position": vars(position),
        "parts": {name: part.state_dict() for name, part in parts.items()},
        "cpu_random": torch.get_rng_state(),
        "gpu_random": torch.cuda.get_rng_state_all(),
    }
    written = io.BytesIO()
    torch.save(content, written)
    write_whole(path, written.getvalue())


def resume(path: Path, identity: dict[str, object], **parts: Any) -> Position:
    """Load the checkpoint into the parts and return its position; the start, when there is none.

    Raises:
        Problem: it is of a run with other parameters, whose weights would be mixed into this one's.
    """
    if not path.exists():
        return Position()
    content = torch.load(path, map_location="cpu", weights_only=True)
    if content["identity"] != identity:
        raise Problem(f"{path} is of another spec; empty the run's directory or take a new one", BAD_SPEC)
    for name, part in parts.items():
        part.load_state_dict(content["parts"][name])
    torch.set_rng_state(content["cpu_random"])
    if len(content["gpu_random"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(content["gpu_random"])
    return Position(**content["position"])
