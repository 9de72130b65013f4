"""What all four packages need: writing files whole, hashes of files, near words, constants.

This room imports nothing of ours, and holds only what would otherwise be written more than once.
"""
