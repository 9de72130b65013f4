"""Constants about faces that must be the same wherever they are used."""

from __future__ import annotations

OLDEST_AGE = 130.0
"""Years: no label may say more, no answer does."""

ANGLES = ("yaw", "pitch", "roll")
"""Head pose in degrees: nose to larger x, nose up, and clockwise in the image are positive."""

GENDERS = ("male", "female")
"""As annotated; the position is the code in arrays: 0 male, 1 female."""

PARTS = ("train", "select", "calibrate", "test")
"""Parts of a split, in the order in which they are used."""

MIN_PRESENCE = 0.5
"""Below this probability the face mesh has found no face."""
