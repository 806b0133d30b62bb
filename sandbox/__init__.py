"""The outside world on this machine, speaking the real protocols. It imports nothing of the bot."""
