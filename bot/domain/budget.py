"""GPU hours: what a request may take, and what a requirement has left of its own."""

from dataclasses import dataclass

from bot.domain.model import Resources


def gpu_hours(amount: float) -> str:
    """Return so many GPU hours in words."""
    return f"{amount:g} GPU hour{'' if amount == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Budget:
    """A requirement's GPU hours."""

    gpu_h: float | None
    """That all its runs together may take; None for no limit."""
    used_gpu_h: float
    """By attempts that have ended."""
    promised_gpu_h: float
    """To runs that have not ended, if each goes to its time limit."""

    @property
    def left_gpu_h(self) -> float:
        """GPU hours that nobody has used or been promised, at least 0; infinite without a limit."""
        if self.gpu_h is None:
            return float("inf")
        return max(self.gpu_h - self.used_gpu_h - self.promised_gpu_h, 0.0)

    def __str__(self) -> str:
        spent = f"{self.used_gpu_h:.1f} used, {self.promised_gpu_h:.1f} promised to open runs"
        if self.gpu_h is None:
            return f"{spent}, no limit set"
        return f"{spent}, {self.left_gpu_h:.1f} of {self.gpu_h:g} left"


def gpu_h_at_most(asked: Resources) -> float:
    """Return the GPU hours that a run takes if it goes to its time limit."""
    return asked.nodes * asked.gpus * asked.time_limit_min / 60
