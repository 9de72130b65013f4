"""Batches of images: checks, grey conversion, loading from paths, simple filters."""
