"""Calibration of the face mesh's angles against heads of known pose.

The mesh flattens depth, so a fit to it turns too little: its yaw is 0.89 of the true one. On
UTKFace the same fit turns 0.87 times as far as one that leaves the mesh's depth out, on the
rendered heads 0.89 times: the flattening is the network's, not the renderer's. Its pitch looks
down by six degrees, more from the front than from the side, because level is defined by
MediaPipe's canonical face and not by the way people hold their heads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

MAX_YAW = 45.0  # beyond it half of the face is hidden and the errors are no longer systematic


@dataclass(frozen=True)
class Calibration:
    """What is taken out of the angles of :func:`data.pose.estimate.head_pose`.

    Parameters
    ----------
    yaw_slope : float
        Estimated over true yaw. It has no offset: a mirrored picture has the opposite yaw.
    pitch_bias : float
        Estimated minus true pitch of a frontal head, degrees.
    pitch_bias_by_yaw : float
        Its change for each degree of absolute yaw.

    Notes
    -----
    The slope of pitch (0.87) is left alone: most of the error in pitch is the shape of the head,
    which dividing by the slope would enlarge (mean absolute error 4.2 instead of 3.9 degrees).
    Roll needs nothing (slope 1.00, bias 0.0 degrees).
    """

    yaw_slope: float
    pitch_bias: float
    pitch_bias_by_yaw: float

    def __call__(
        self, yaw: np.ndarray, pitch: np.ndarray, roll: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the calibrated yaw, pitch and roll in degrees."""
        yaw = yaw / self.yaw_slope
        bias = self.pitch_bias + self.pitch_bias_by_yaw * np.minimum(np.abs(yaw), MAX_YAW)
        return yaw, pitch - bias, roll


NONE = Calibration(yaw_slope=1.0, pitch_bias=0.0, pitch_bias_by_yaw=0.0)

# Fitted by benchmarks/pose_error.py to the 1,794 embedded heads within 45 degrees of yaw; a fit to
# half of the identities is confirmed on the other half: mean absolute error of yaw 2.3, of pitch
# 3.9, of roll 1.1 degrees.
EMBEDDED_HEADS = Calibration(yaw_slope=0.889, pitch_bias=-7.4, pitch_bias_by_yaw=0.04)


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
        By least squares: the slope of yaw through the origin, then the bias of pitch as a
        straight line over the calibrated absolute yaw.
    """
    used = (true["yaw"].abs() <= MAX_YAW).to_numpy() & estimated["yaw"].notna().to_numpy()
    if used.sum() < 3:
        raise ValueError(
            f"a calibration needs at least three heads that were found, not {used.sum()}"
        )
    t = true.loc[used, ["yaw", "pitch"]].to_numpy(dtype=np.float64)
    e = estimated.loc[used, ["yaw", "pitch"]].to_numpy(dtype=np.float64)
    slope = float(t[:, 0] @ e[:, 0] / (t[:, 0] @ t[:, 0]))
    by_yaw, bias = np.polyfit(np.abs(e[:, 0]) / slope, e[:, 1] - t[:, 1], 1)
    return Calibration(slope, float(bias), float(by_yaw))
