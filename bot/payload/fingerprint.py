"""What a run was made of, so that another can be told to be the same experiment, and equal to the bit."""

import hashlib
import platform
from pathlib import Path

import torch
from data import Dataset
from ranks import Ranks
from spec import Spec

CODE = Path(__file__).parent


def code_digest() -> str:
    """Return the SHA-256 over `<sha256 of the file>  <path>` lines of all that is shipped to the cluster."""
    relative = (path.relative_to(CODE) for path in CODE.rglob("*") if path.is_file() and path.suffix != ".pyc")
    shipped = sorted(path for path in relative if not any(part.startswith((".", "__pycache__")) for part in path.parts))
    whole = hashlib.sha256()
    for path in shipped:
        whole.update(f"{hashlib.sha256((CODE / path).read_bytes()).hexdigest()}  {path.as_posix()}\n".encode())
    return whole.hexdigest()


def fingerprint(spec: Spec, dataset: Dataset, ranks: Ranks, *, weights: Path) -> dict[str, object]:
    """Return hashes of code, data and final weights; seed, parameters and surroundings in words."""
    device = ranks.device()
    is_gpu = device.type == "cuda"
    return {
        "code": code_digest(),
        "dataset": dataset.digest,
        "seed": spec.seed,
        "parameters": " ".join(f"{name}={value}" for name, value in sorted(spec.parameters.items())),
        "weights": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "environment": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "device": torch.cuda.get_device_name(device) if is_gpu else platform.machine(),
            "world_size": ranks.count,
        },
    }
