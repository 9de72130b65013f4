"""How sure an answer is: conformal age intervals and calibrated probabilities."""
