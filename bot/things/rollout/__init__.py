"""Bringing a model to an endpoint, step by step."""
