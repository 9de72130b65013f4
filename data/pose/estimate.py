"""Head pose: yaw, pitch and roll of faces, with their measured error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from basis.faces import ANGLES, MIN_PRESENCE
from data.bins import YAW_BINS, yaw_bin
from data.cache import Progress

from .geometry import angles, fit_rotation
from .mesh import FaceMesh
from .models import MODELS


def head_pose(landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rotation of heads from their face meshes.

    Weighted Procrustes fit of MediaPipe's canonical face to the landmarks; pure geometry.

    Parameters
    ----------
    landmarks : ndarray, shape (..., 468, 3)
        Face meshes as :meth:`data.pose.mesh.FaceMesh.landmarks` returns them.

    Returns
    -------
    yaw : ndarray of float64, shape (...)
        Degrees, positive with the nose to larger x; NaN where a mesh has NaN.
    pitch : ndarray of float64, shape (...)
        Degrees, positive with the nose up.
    roll : ndarray of float64, shape (...)
        Degrees, positive clockwise in the image.

    Raises
    ------
    ValueError
        Landmarks of another shape.

    Examples
    --------
    >>> import data
    >>> import numpy as np
    >>> angles = data.head_pose(data.FaceLandmarks().canonical)
    >>> bool(np.allclose(angles, 0, atol=1e-6))
    True
    """
    meshes = np.asarray(landmarks, dtype=np.float64)
    if meshes.shape[-2:] != (468, 3):
        raise ValueError(f"landmarks must have shape (..., 468, 3), not {meshes.shape}")
    known = np.isfinite(meshes).all(axis=(-2, -1))
    rotations = np.full((*meshes.shape[:-2], 3, 3), np.nan)
    rotations[known] = fit_rotation(meshes[known])
    return angles(rotations)


class HeadPose(TransformerMixin, BaseEstimator):
    """Head pose of pictures of one face each, as a scikit-learn transformer.

    Parameters
    ----------
    n_jobs : int, optional
        Threads, as scikit-learn counts them.

    Notes
    -----
    Nothing is learned, and ``transform`` works without ``fit``.

    Examples
    --------
    >>> import data
    >>> data.HeadPose().get_feature_names_out().tolist()
    ['yaw', 'pitch', 'roll', 'presence']
    >>> X = data.load("embedded").images(200)[:10]      # doctest: +SKIP
    >>> data.HeadPose().transform(X).shape              # doctest: +SKIP
    (10, 4)
    """

    __module__ = "data"

    def __init__(self, n_jobs: int | None = None) -> None:
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> HeadPose:
        """Return self; nothing is learned and the data is not looked at.

        Parameters
        ----------
        X : sequence of images
            Not used.
        y : object, optional
            Not used.

        Returns
        -------
        HeadPose
            Itself.
        """
        return self

    def transform(self, X: Sequence[Any] | np.ndarray) -> np.ndarray:
        """Estimate the pose of every image.

        Parameters
        ----------
        X : sequence of images, or ndarray of shape (n, H, W, 3) or (n, H, W)
            Each anything :func:`data.pose.crop.as_rgb` reads.

        Returns
        -------
        ndarray of float32, shape (n, 4)
            yaw, pitch, roll in degrees (NaN where no face is found) and presence in 0..1.
        """
        return estimate_pose(X, n_jobs=self.n_jobs).to_numpy()

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns of ``transform``.

        Parameters
        ----------
        input_features : object, optional
            Not used.

        Returns
        -------
        ndarray of object, shape (4,)
            ``yaw``, ``pitch``, ``roll``, ``presence``.
        """
        return np.array([*ANGLES, "presence"], dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return True


def estimate_pose(
    images: Sequence[Any] | np.ndarray,
    *,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Estimate the head pose of pictures of one face each.

    Parameters
    ----------
    images : sequence of images, or ndarray of shape (n, H, W, 3) or (n, H, W)
        Read one by one: a memory map stays on disk.
    n_jobs : int, optional
        Threads, as scikit-learn counts them (None is 1, -1 all cores).
    progress : callable, optional
        Called as ``progress("face mesh", done, total)``.

    Returns
    -------
    DataFrame of float32
        ``yaw, pitch, roll`` in degrees, NaN where ``presence`` is below 0.5, and ``presence``.

    Raises
    ------
    ValueError
        If one of the images is none; the message says which.

    Examples
    --------
    >>> import data
    >>> import numpy as np
    >>> nobody = data.estimate_pose(np.full((1, 64, 64, 3), 128, np.uint8))
    >>> bool(nobody["yaw"].isna().all() and (nobody["presence"] < 0.5).all())
    True
    """
    points, presence = FaceMesh().landmarks_batch(images, n_jobs=n_jobs, progress=progress)
    points[presence < MIN_PRESENCE] = np.nan
    table = dict(zip(ANGLES, head_pose(points), strict=True))
    return pd.DataFrame({**table, "presence": presence}).astype(np.float32)


def measured_pose_error() -> pd.DataFrame:
    """Return the shipped error of the pose labels by kind of head, where the pose is known.

    As from :func:`pose_error`, for each kind in ``heads``: ``photographed`` (renders of a head scan
    with its photographed texture) and ``drawn`` (the embedded faces). Made by
    ``benchmarks/pose_error.py``.
    """
    return pd.read_csv(MODELS / "pose_error.csv")


def pose_error(true: pd.DataFrame, estimated: pd.DataFrame) -> pd.DataFrame:
    """Compare estimated with true angles, by bin of the true absolute yaw.

    Angles in degrees, the same faces in the same order; NaN estimates (no face found) are left out
    and show in ``n``. Columns ``angle, yaw_bin, n, mae, bias, slope``; ``yaw_bin`` also has the
    rows ``all``. ``bias`` is the mean of estimated minus true; ``slope`` is that of the
    least-squares line of estimated on true, NaN where the true angle varies by less than 1 degree.
    """
    if len(true) != len(estimated):
        raise ValueError(f"{len(true)} true and {len(estimated)} estimated poses; one row a face")
    bins = np.asarray(yaw_bin(true["yaw"].to_numpy()), dtype=object)
    rows = []
    for angle in ANGLES:
        t = true[angle].to_numpy(dtype=np.float64)
        e = estimated[angle].to_numpy(dtype=np.float64)
        known = np.isfinite(t) & np.isfinite(e)
        for name in ("all", *YAW_BINS):
            chosen = known & ((bins == name) | (name == "all"))
            if chosen.any():
                rows.append({"angle": angle, "yaw_bin": name, **_errors(t[chosen], e[chosen])})
    return pd.DataFrame(rows, columns=["angle", "yaw_bin", "n", "mae", "bias", "slope"])


def _errors(true: np.ndarray, estimated: np.ndarray) -> dict[str, float]:
    difference = estimated - true
    varies = len(true) > 2 and true.std() >= 1
    return {
        "n": len(true),
        "mae": float(np.abs(difference).mean()),
        "bias": float(difference.mean()),
        "slope": float(np.polyfit(true, estimated, 1)[0]) if varies else float("nan"),
    }
