"""The registry, provided by MLflow."""
