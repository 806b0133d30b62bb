"""Slipway: takes a machine-learning model from a business requirement to monitored production, in Discord."""

__version__ = "0.1.0"
