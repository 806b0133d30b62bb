"""See `bot.core.cards`."""

from bot.core.cards import Button, ButtonStyle, Card, File, Tone

__all__ = ["Button", "ButtonStyle", "Card", "File", "Tone"]
