"""What was computed: the run directory, its provenance, the index of runs."""
