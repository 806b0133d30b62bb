"""A model: what everybody promotes."""
