"""Files, paths, memory: the machine below everything else."""
