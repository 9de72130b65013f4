"""Faces on their way into a network: checks, augmentation, batches."""
