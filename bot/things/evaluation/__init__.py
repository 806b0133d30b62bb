"""An evaluation: what was measured of a model."""
