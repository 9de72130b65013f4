"""Pixels: the store that keeps a data set decoded at one size."""
