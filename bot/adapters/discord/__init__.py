"""The chat, provided by Discord."""
