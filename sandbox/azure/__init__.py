"""An Azure Machine Learning workspace on loopback: real host names, the real protocol, models that really serve."""
