"""Error by head pose, raw."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.statistics import breakdowns

from ..evaluation import POSE_COLUMNS, Evaluation
from . import by_group

TITLE = "{variant}"
SECTION = "pose"
ORDER = 30
NOTE = (
    "As measured, before standardisation. Pose is in degrees; yaw is taken without its sign. "
    "Number of faces in brackets; groups of fewer than 30 faces are faint. A baseline "
    "may lie outside."
)


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Two charts a pose angle whose pose is known for some face."""
    return [
        (f"{column}:{metric}", f"{by_group.WORDS[metric]} by {breakdowns.label(column)}")
        for column in known_pose(evaluation)
        for metric in by_group.AXES
    ]


def known_pose(evaluation: Evaluation) -> list[str]:
    """Return the pose breakdowns that hold anything but ``unknown``."""
    faces = evaluation.panel.faces
    return [
        c
        for c in POSE_COLUMNS
        if c in evaluation.columns and (faces[c].dropna().astype(str) != "unknown").any()
    ]


def frame(evaluation: Evaluation, variant: str = "yaw_bin:mae") -> pd.DataFrame:
    """Return ``level, contender, n, value, value_low, value_high``."""
    return by_group.frame(evaluation, variant)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "yaw_bin:mae") -> Figure:
    """Draw pose bins as rows, contenders dodged within them."""
    return by_group.plot(frame, looks, variant)
