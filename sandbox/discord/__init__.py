"""A Discord server on loopback that an unmodified discord.py bot and people talk to."""
