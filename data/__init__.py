"""Faces in: readers, audit, pixel store, head pose, alignment and splits."""
