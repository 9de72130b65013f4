"""Pages over several runs: the comparison and the index."""
