"""Histograms of oriented gradients: the transformer, its compiled kernels, its picture."""
