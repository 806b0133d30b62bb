"""One process for each GPU: who this one is among them, and what they tell one another beside gradients."""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

PATIENCE = timedelta(minutes=10)
NAMES = {"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0"}
"""Who a process is among its peers, and what it is without any.

Source:
    https://docs.pytorch.org/docs/stable/elastic/run.html#environment-variables
"""
LOST_WORDS = ("connection closed", "connection reset", "connection refused", "timed out", "broken pipe", "nccl")


@dataclass
class Ranks:
    """This rank and its peers. What they tell one another goes by the CPU, so that no GPU waits for it."""

    rank: int = 0
    count: int = 1
    local: int = 0
    _group: Any = None
    _asked: Any = field(default=None, repr=False)
    """The question of the step before: its work and its tensor."""

    @property
    def is_first(self) -> bool:
        """Whether this rank is the one that writes."""
        return self.rank == 0

    def device(self) -> torch.device:
        """Return this rank's GPU, or the CPU where there is none. ROCm calls itself cuda."""
        if not torch.cuda.is_available():
            return torch.device("cpu")
        return torch.device("cuda", self.local % torch.cuda.device_count())

    def join(self) -> None:
        """Meet the other ranks at MASTER_ADDR and MASTER_PORT."""
        if self.count > 1:
            backend = "nccl" if torch.cuda.is_available() else "gloo"  # RCCL calls itself nccl
            distributed.init_process_group(backend, rank=self.rank, world_size=self.count, timeout=PATIENCE)
            self._group = distributed.new_group(backend="gloo", timeout=PATIENCE)

    def leave(self) -> None:
        """Part from the other ranks, who leave too."""
        if self.count > 1:
            distributed.destroy_process_group()

    def wrap(self, network: nn.Module, device: torch.device) -> nn.Module:
        """Return the network such that each backward pass leaves the mean gradient of all ranks."""
        if self.count == 1:
            return network
        return DistributedDataParallel(network, device_ids=[device] if device.type == "cuda" else None)

    def heard(self, number: int) -> int:
        """Return the largest number that any rank said a step ago: the same for all, and without a wait."""
        if self.count == 1:
            return number
        answer = self._answer()
        said = torch.tensor(number)
        self._asked = distributed.all_reduce(said, distributed.ReduceOp.MAX, group=self._group, async_op=True), said
        return answer

    def largest(self, number: int) -> int:
        """Return the largest number that any rank says now."""
        if self.count == 1:
            return number
        self._answer()
        said = torch.tensor(number)
        distributed.all_reduce(said, distributed.ReduceOp.MAX, group=self._group)
        return int(said)

    def mean(self, number: float) -> float:
        """Return the mean of what the ranks say."""
        if self.count == 1:
            return number
        said = torch.tensor(number, dtype=torch.float64)
        distributed.all_reduce(said, group=self._group)
        return float(said) / self.count

    def everyone(self, value: object) -> list[Any]:
        """Return what each rank says, in their order."""
        values: list[Any] = [value] * self.count
        if self.count > 1:
            distributed.all_gather_object(values, value, group=self._group)
        return values

    def _answer(self) -> int:
        if self._asked is None:
            return 0
        work, said = self._asked
        self._asked = None
        work.wait()
        return int(said)


def find_ranks() -> Ranks:
    """Return who this process is by the environment, which is that of torchrun; alone where none of it is there."""
    rank, count, local = (int(os.environ.get(name, nothing)) for name, nothing in NAMES.items())
    return Ranks(rank, count, local)


def is_loss_of_a_rank(error: Exception, ranks: Ranks) -> bool:
    """Return whether this is what torch raises when a peer is gone: that one's end is the cause, not ours."""
    said = str(error).lower()
    return ranks.count > 1 and isinstance(error, RuntimeError) and any(word in said for word in LOST_WORDS)
