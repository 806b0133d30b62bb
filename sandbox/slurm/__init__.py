"""A login node with SLURM's commands that really runs what is submitted, as processes of this machine."""
