"""GPU hours: what a requirement has left of its own."""

from dataclasses import dataclass

from bot.core.said import Said
from bot.things.requirement import words


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

    @property
    def said(self) -> Said:
        """What is used, promised and left, for a card."""
        spent = {"used": self.used_gpu_h, "promised": self.promised_gpu_h}
        if self.gpu_h is None:
            return words.SPENT(**spent)
        return words.SPENT_OF(**spent, left=self.left_gpu_h, limit=self.gpu_h)
