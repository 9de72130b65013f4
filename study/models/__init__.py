"""Saved models put to use: prediction, evaluation elsewhere, cards, export."""
