"""Where a run stands, complete: from it the run goes on to the same weights, to the bit, as if it had not stopped."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from ends import BAD_CHECKPOINT, BAD_SPEC, Problem
from files import write_whole
from ranks import Ranks
from sealed import sealed, unsealed


@dataclass
class Position:
    """How far the loop has come."""

    epoch: int = 0
    """Whole epochs that are done."""
    step: int = 0
    """Steps of the epoch after those that are done."""
    loss_sum: float = 0.0
    """Of this rank in the steps of this epoch."""
    elapsed_s: float = 0.0
    """Of all attempts together."""
    value: float | None = None
    """The recipe's metric on the validation rows when it was last looked at."""
    curve: list[dict[str, float]] = field(default_factory=list)


def older(path: Path) -> Path:
    """Return where the checkpoint before this one is kept."""
    return path.with_name(f"{path.stem}.old{path.suffix}")


def save(path: Path, identity: dict[str, object], position: Position, ranks: Ranks, **parts: Any) -> None:
    """Write the checkpoint whole: each part's state_dict, the position, and every rank's own state.

    The first rank writes; none goes on before it has written. The checkpoint before stays beside it.
    """
    own = ranks.everyone(_own_state(position, ranks.device()))
    if ranks.is_first:
        content = {
            "identity": {**identity, "ranks": ranks.count},
            "position": vars(position),
            "parts": {name: part.state_dict() for name, part in parts.items()},
            "own": own,
        }
        kept = older(path)
        if path.exists():
            kept.unlink(missing_ok=True)
            os.link(path, kept)
        write_whole(path, sealed(content))
    ranks.everyone(None)


def resume(path: Path, identity: dict[str, object], position: Position, ranks: Ranks, **parts: Any) -> None:
    """Load the checkpoint into the parts and the position; they stay as they are when there is none.

    Raises:
        Problem: it is of a run with other parameters, whose weights would be mixed into this one's; or it is damaged,
            and so is the one before it.
    """
    content = _newest_whole(path)
    if content is not None:
        if content["identity"] != {**identity, "ranks": ranks.count}:
            raise Problem(f"{path} is of another spec; empty the run's directory or take a new one", BAD_SPEC)
        for name, part in parts.items():
            part.load_state_dict(content["parts"][name])
        own = content["own"][ranks.rank]
        torch.set_rng_state(own["cpu_random"])
        if own["gpu_random"] is not None and torch.cuda.is_available():
            torch.cuda.set_rng_state(own["gpu_random"], ranks.device())
        vars(position).update(content["position"], loss_sum=own["loss_sum"])
    places = ranks.everyone((position.epoch, position.step))
    if len(set(places)) > 1:
        raise Problem(f"the ranks see different checkpoints at {path}: {places}; start the run again", BAD_CHECKPOINT)


def _own_state(position: Position, device: torch.device) -> dict[str, object]:
    return {
        "cpu_random": torch.get_rng_state(),
        "gpu_random": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
        "loss_sum": position.loss_sum,
    }


def _newest_whole(path: Path) -> dict[str, Any] | None:
    """Return the content of the checkpoint, or of the one before when it is damaged; None when there is neither."""
    damaged: list[str] = []
    for candidate in (path, older(path)):
        if not candidate.exists():
            continue
        content: dict[str, Any] | None = unsealed(candidate.read_bytes())
        if content is not None:
            if damaged:
                print(f"{path} is damaged; going on from the checkpoint before it, {candidate.name}", flush=True)
            return content
        damaged.append(candidate.name)
    if damaged:
        said = f"{' and '.join(damaged)} in {path.parent} cannot be read: damaged or cut off"
        raise Problem(f"{said}; remove it to start from the beginning", BAD_CHECKPOINT)
    return None
