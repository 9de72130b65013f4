"""The network: backbone, weights, heads for age and gender, and reading its answers."""
