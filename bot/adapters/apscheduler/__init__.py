"""The timer, provided by APScheduler."""
