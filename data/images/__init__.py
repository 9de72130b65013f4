"""Pixels: one decoder for every picture, and the store that keeps a data set decoded."""
