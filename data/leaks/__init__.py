"""Copies on two sides of a split: finding them, and measuring what they would be worth."""
