"""Advice to retrain, for a person to decide on."""
