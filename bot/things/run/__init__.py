"""One training run on the cluster, with its attempts."""
