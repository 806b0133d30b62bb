"""The cluster, provided by SLURM over SSH."""
