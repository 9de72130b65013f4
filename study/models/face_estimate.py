"""The answer about one face of a photograph."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FaceEstimate:
    """What a model says about one face of a photograph.

    Parameters
    ----------
    box : tuple of float
        x0, y0, x1, y1 in px.
    age, age_low, age_high : float
        Years; the interval holds 90% of faces like the training data's.
    p_female : float
        Calibrated probability of the annotation "female".
    yaw, pitch, roll : float
        Degrees: yaw > 0 nose to larger x, pitch > 0 up, roll > 0 clockwise.
    presence : float
        Probability that there is a face at all.
    warnings : tuple of str
        Where this face lies outside of what the model was trained on.

    Examples
    --------
    >>> import study
    >>> model = study.load("runs/demo/models/cnn")                 # doctest: +SKIP
    >>> model.estimate(data.find_faces(photo), photo.shape)[0].age  # doctest: +SKIP
    31.4
    """

    box: tuple[float, float, float, float]
    age: float
    age_low: float
    age_high: float
    p_female: float
    yaw: float
    pitch: float
    roll: float
    presence: float
    warnings: tuple[str, ...]
