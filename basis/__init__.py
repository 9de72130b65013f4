"""What all four packages need: decoded pictures, files written whole, near words, constants.

This room imports nothing of ours, and holds only what would otherwise be written more than once.
"""
