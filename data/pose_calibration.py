"""Calibration of the face mesh's angles against heads of known pose.

The mesh flattens depth, so a fit to it turns too little: its yaw is 0.89 of the true one. On
UTKFace the same fit turns 0.87 times as far as one that leaves the mesh's depth out, on the
rendered heads 0.89 times: the flattening is the network's, not the renderer's. Its pitch looks
down by six degrees, because level is defined by MediaPipe's canonical face and not by the way
people hold their heads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

MAX_YAW = 45.0  # beyond it half of the face is hidden and the errors are no longer systematic


@dataclass(frozen=True)
class Calibration:
    """What is taken out of the angles of :func:`data.pose.head_pose`.

    Parameters
    ----------
    yaw_slope : float
        Estimated over true yaw. It has no offset: a mirrored picture has the opposite yaw.
    pitch_bias : float
        Estimated minus true pitch, degrees. Its slope (0.88) is left alone: most of the error in
        pitch is the shape of the head, which dividing by the slope would enlarge (mean absolute
        error 4.2 instead of 3.8 degrees).

    Notes
    -----
    Roll needs nothing (slope 1.01, bias -0.1 degrees).
    """

    yaw_slope: float
    pitch_bias: float

    def __call__(
        self, yaw: np.ndarray, pitch: np.ndarray, roll: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the calibrated yaw, pitch and roll in degrees."""
        return yaw / self.yaw_slope, pitch - self.pitch_bias, roll


NONE = Calibration(yaw_slope=1.0, pitch_bias=0.0)

# Fitted by benchmarks/pose_error.py on one half of the identities of the embedded heads and
# confirmed on the other.
EMBEDDED_HEADS = Calibration(yaw_slope=0.89, pitch_bias=-6.4)


def fit_calibration(true: pd.DataFrame, estimated: pd.DataFrame) -> Calibration:
    """Fit a calibration to heads of known pose.

    Parameters
    ----------
    true, estimated : DataFrame
        Columns ``yaw, pitch, roll`` in degrees, the same heads in the same order; ``estimated``
        uncalibrated. Heads beyond 45 degrees of true yaw, or not found, are left out.

    Returns
    -------
    Calibration
        Least-squares slope through the origin for yaw, median difference for pitch.
    """
    used = (true["yaw"].abs() <= MAX_YAW).to_numpy() & estimated["yaw"].notna().to_numpy()
    if used.sum() < 2:
        raise ValueError(
            f"a calibration needs at least two heads that were found, not {used.sum()}"
        )
    t, e = true.loc[used], estimated.loc[used]
    yaw_true, yaw_found = t["yaw"].to_numpy(np.float64), e["yaw"].to_numpy(np.float64)
    difference = e["pitch"].to_numpy(np.float64) - t["pitch"].to_numpy(np.float64)
    return Calibration(
        yaw_slope=float(yaw_true @ yaw_found / (yaw_true @ yaw_true)),
        pitch_bias=float(np.median(difference)),
    )
