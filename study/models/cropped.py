"""Whether a data set is cropped as UTKFace is, judged by some of its faces."""

from __future__ import annotations

import numpy as np
import pandas as pd

import data
from basis.faces import MIN_PRESENCE
from basis.pictures import decode, to_square
from data.pose.align import TEMPLATE_SIZE, utkface_template
from data.pose.estimate import head_pose
from data.pose.mesh import FaceMesh

N_LOOKED_AT = (40, 160)  # pictures, and those looked at where too few of the first are frontal
CROPPED_WITHIN = 12.0  # px of a 200 px chip: UTKFace itself has 3, other crops 20 and more
FRONTAL_YAW = 20.0  # degrees: landmarks of a head that is turned farther lie elsewhere in its chip
FEWEST_FRONTAL = 10


def is_cropped(faces: data.Faces, table: pd.DataFrame) -> tuple[bool, str]:
    """Tell whether a data set is cropped as UTKFace is.

    The median distance of 43 landmarks of frontal faces to their places in a chip of UTKFace
    decides; a data set of pictures that are not square is not.

    Parameters
    ----------
    faces : data.Faces
    table : DataFrame
        Those of its rows that are asked about.

    Returns
    -------
    bool
    str
        What it was judged by: the sentence for the page.
    """
    if (table["height"] != table["width"]).mean() > 0.5:
        return False, "most pictures are not square"
    away, yaw = np.empty(0), np.empty(0)
    for number in N_LOOKED_AT:
        away, yaw = _looked_at(faces, table, number)
        frontal = np.abs(yaw) <= FRONTAL_YAW
        if frontal.sum() >= FEWEST_FRONTAL or number >= len(table):
            break
    sure = np.isfinite(yaw)
    if sure.mean() <= 0.5:
        return False, f"in {int((~sure).sum())} of {len(sure)} pictures no face fills the frame"
    n_frontal = int(frontal.sum())
    if n_frontal >= min(FEWEST_FRONTAL, sure.sum()):
        middle, judges = np.median(away[frontal]), f"{n_frontal} frontal faces"
    else:  # turned heads err to "not cropped", and then the detector finds out
        middle = np.median(away[sure])
        judges = f"{int(sure.sum())} faces, of which only {n_frontal} are frontal"
    where = f"landmarks of {judges} lie {middle:.0f} px from their places in a chip of 200 px"
    return bool(middle < CROPPED_WITHIN), where


def _looked_at(
    faces: data.Faces, table: pd.DataFrame, number: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far landmarks are from their places, px, and yaw, degrees, NaN without a face."""
    rows = np.unique(np.linspace(0, len(table) - 1, number).astype(int))
    chips = np.stack([whole(faces, face_id) for face_id in table["face_id"].iloc[rows]])
    points, presence = FaceMesh().landmarks_batch(chips)
    landmarks, places = utkface_template()
    away = np.linalg.norm(points[:, landmarks, :2] - places, axis=2).mean(axis=1)
    yaw = np.where(np.asarray(presence) >= MIN_PRESENCE, head_pose(points)[0], np.nan)
    return away, yaw


def whole(faces: data.Faces, face_id: str) -> np.ndarray:
    """Return the central square of a picture, 200 x 200."""
    return to_square(decode(faces.path(face_id).read_bytes()).pixels, TEMPLATE_SIZE)
