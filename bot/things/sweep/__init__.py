"""A set of runs over a parameter space."""
