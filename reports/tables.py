"""What a report is made from: the tables of one run, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from data import tables

OPTIONAL_COLUMNS: dict[str, tuple[str, ...]] = {
    "audit": ("file", "problem", "action", "detail"),
    "pose_error": ("angle", "yaw_bin", "n", "mae", "bias", "slope"),
    "explanations": ("face_id", "kind", "image"),
    "group_maps": ("contender", "target", "group", "n", "image"),
    "near_duplicates": ("face_id_a", "face_id_b"),
    "part_scores": ("contender", "seed", "part", "metric", "value"),
    "curves": ("curve", "contender", "seed", "x", "metric", "value"),
}


@dataclass(eq=False)
class OtherSet:
    """What the trained models answered for another data set.

    Parameters
    ----------
    faces : DataFrame
        Contract ``FACES``; a face may lack its age or have a range of ages only.
    predictions : DataFrame
        Contract ``PREDICTIONS``; protocol, seed and fold name the cell whose model answered.
    facts : dict
        All optional: ``title``, ``licence``, ``n_faces``, ``aligned``, ``judged_by``,
        ``n_without_face``, ``n_seen``, ``n_near``, ``sharpness``, ``home_sharpness``.
    recalibration : DataFrame, optional
        ``contender``, ``k``, ``draw``, ``coverage``, ``width``.

    Examples
    --------
    >>> import reports
    >>> there = reports.from_predictions(
    ...     {"age": [30, 40], "gender": ["male", "female"]},
    ...     {"mine": {"age": [31.0, 44.0], "p_female": [0.1, 0.8]}},
    ... )
    >>> other = reports.OtherSet(there.faces, there.predictions, {"title": "Passports"})
    >>> len(other.faces)
    2
    """

    faces: pd.DataFrame
    predictions: pd.DataFrame
    facts: Mapping[str, Any] = field(default_factory=dict)
    recalibration: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        self.faces = tables.FACES.validate(self.faces)
        self.predictions = tables.PREDICTIONS.validate(self.predictions)
        unknown = pd.Index(self.predictions["face_id"]).difference(pd.Index(self.faces["face_id"]))
        if len(unknown):
            raise tables.ContractError(
                f"predictions of another data set: face {unknown[0]!r} is not in its faces "
                f"({len(unknown)} such faces)"
            )


@dataclass(eq=False)
class RunTables:
    """Everything one page is made from; anybody's predictions of age and gender fit in.

    Parameters
    ----------
    faces : DataFrame
        Contract ``FACES``; every categorical column beyond ``gender`` is a breakdown.
    predictions : DataFrame
        Contract ``PREDICTIONS``: the test part of all cells, stacked.
    costs : DataFrame
        Contract ``COSTS``, one row a cell; may be empty.
    provenance : dict
        Known keys, all optional: ``plan_name``, ``plan`` (text or dict), ``seeds``,
        ``contenders`` (name -> ``summary``, ``family`` in {'baseline', 'classical', 'cnn',
        'fusion', 'off-the-shelf'}, ``trained``, ``options``, ``builds_on``: contenders whose
        answers it needs), ``data_sets`` (name -> ``title``, ``licence``, ``content_hash`` ...),
        ``select_scores`` (contender -> ``mae``, ``accuracy``), ``pair`` (two), ``versions``,
        ``machine``, ``command``, ``started``, ``finished``, ``interval_level``, ``n_asked``
        (faces that were asked for), ``extras_left_out`` (list of ``extra``, ``reason``).
    splits : DataFrame, optional
        Contract ``SPLITS``.
    audit : DataFrame, optional
        ``file``, ``problem``, ``action``, ``detail``: what the reader did with each odd file.
    pose_error : DataFrame, optional
        ``angle``, ``yaw_bin``, ``n``, ``mae``, ``bias``, ``slope``: pose labels against truth.
    leak : DataFrame, optional
        What stands on both sides of a split (``data.find_leaks``), or what that is worth; shown
        as it is.
    curves : DataFrame, optional
        ``curve``, ``contender``, ``seed``, ``x``, ``metric``, ``value``. ``curve`` is 'learning'
        (x: training faces) or 'training' (x: epoch).
    label_noise : dict, optional
        ``age_mae_floor`` (years no prediction can go below), ``gender_error_floor``,
        ``n_photos``; or a dict ``exact`` of these (``data.label_noise_floor``).
    failures : list of dict
        ``cell`` and ``error`` of each cell that failed.
    explanations : DataFrame, optional
        ``face_id``, ``kind`` ('hog', 'grad-cam' ...), ``contender``, ``image`` (PNG bytes).
    group_maps : DataFrame, optional
        ``contender``, ``target`` ('age', 'gender'), ``group``, ``n`` faces, ``image`` (PNG or
        JPEG bytes): where a network looks, averaged over a group.
    near_duplicates : DataFrame, optional
        ``face_id_a``, ``face_id_b``: pairs of pictures taken for one (``data`` finds them); with
        ``verified``, only pairs for which it holds.
    part_scores : DataFrame, optional
        ``contender``, ``seed``, ``part`` ('train', 'select' ...), ``metric`` ('mae' in years,
        'accuracy'), ``value``: scores on faces the contender was fitted or chosen on; with
        ``protocol`` if the run has several.
    stress : DataFrame, optional
        Contract ``STRESS``: answers to changed copies of test faces. What the conditions are
        called stands under ``stress`` in the provenance (``conditions``: name -> ``title``,
        ``unit``, ``levels``).
    also : dict of str to OtherSet, optional
        Other data sets by name.
    thumbnails : dict of str to bytes, optional
        PNG, JPEG or WebP by ``face_id``; give them only where the licence of the data allows it.

    Raises
    ------
    data.tables.ContractError
        A table breaks its contract, a prediction names an unknown or unlabelled face, or there
        is no prediction at all.

    Examples
    --------
    Tables of a run are read by ``study``; those of other people's numbers are made here:

    >>> import reports
    >>> run = reports.from_predictions(
    ...     {"age": [30, 40, 25], "gender": ["male", "female", "female"]},
    ...     {"mine": {"age": [31.0, 44.0, 24.5], "p_female": [0.1, 0.8, 0.7]}},
    ... )
    >>> more = reports.RunTables(run.faces, run.predictions, run.costs, {"plan_name": "mine"})
    >>> more.predictions["age_pred"].tolist()
    [31.0, 44.0, 24.5]
    """

    faces: pd.DataFrame
    predictions: pd.DataFrame
    costs: pd.DataFrame
    provenance: dict[str, Any]
    splits: pd.DataFrame | None = None
    audit: pd.DataFrame | None = None
    pose_error: pd.DataFrame | None = None
    leak: pd.DataFrame | None = None
    curves: pd.DataFrame | None = None
    label_noise: Mapping[str, Any] | None = None
    failures: Sequence[Mapping[str, Any]] = ()
    explanations: pd.DataFrame | None = None
    group_maps: pd.DataFrame | None = None
    near_duplicates: pd.DataFrame | None = None
    part_scores: pd.DataFrame | None = None
    stress: pd.DataFrame | None = None
    also: Mapping[str, OtherSet] = field(default_factory=dict)
    thumbnails: Mapping[str, bytes] | None = None
    cache: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self.faces = tables.FACES.validate(self.faces)
        if self.predictions.empty:
            raise tables.ContractError(
                "predictions: the table is empty, there is nothing to report"
            )
        self.predictions = tables.PREDICTIONS.validate(self.predictions)
        self.costs = (
            tables.concat([], tables.COSTS)
            if self.costs.empty
            else tables.COSTS.validate(self.costs)
        )
        if self.splits is not None:
            self.splits = tables.SPLITS.validate(self.splits)
        if self.stress is not None:
            self.stress = tables.STRESS.validate(self.stress)
        self._check_predicted_faces()
        for name, columns in OPTIONAL_COLUMNS.items():
            self._check_columns(name, columns)
        self._check_points("curves", ["curve", "contender", "seed", "x", "metric"])
        self._check_points("part_scores", ["contender", "seed", "part", "metric"])

    def _check_predicted_faces(self) -> None:
        """Every predicted face must be known and labelled: else its error cannot be computed."""
        ids = pd.Index(self.predictions["face_id"].unique())
        unknown = ids.difference(pd.Index(self.faces["face_id"]))
        if len(unknown):
            raise tables.ContractError(
                f"predictions: face {unknown[0]!r} is not in faces ({len(unknown)} such faces); "
                "give the faces table the predictions were made from"
            )
        labelled = self.faces.loc[self.faces["face_id"].isin(ids)]
        no_age = labelled["age"].isna()
        if {"age_low", "age_high"} <= set(labelled.columns):
            no_age &= labelled["age_low"].isna() | labelled["age_high"].isna()
        bare = no_age | labelled["gender"].isna()
        if bare.any():
            raise tables.ContractError(
                f"predictions: face {labelled.loc[bare, 'face_id'].iloc[0]!r} has no age or no "
                f"gender in faces ({int(np.sum(bare))} such faces); leave such faces out"
            )

    def _check_points(self, name: str, keys: list[str]) -> None:
        """Refuse two values of one point: their mean would be of two protocols, or of nothing."""
        frame = getattr(self, name)
        if frame is None:
            return
        keys = [*keys, *(c for c in ("data_set", "protocol", "fold") if c in frame.columns)]
        twice = frame.duplicated(keys)
        if twice.any():
            point = ", ".join(f"{k} {frame.loc[twice, k].iloc[0]}" for k in keys)
            raise tables.ContractError(
                f"{name}: more than one value of {point} ({int(twice.sum())} such rows); if they "
                "come from several protocols, add a column 'protocol'"
            )

    def _check_columns(self, name: str, columns: tuple[str, ...]) -> None:
        frame = getattr(self, name)
        if frame is None:
            return
        missing = [c for c in columns if c not in frame.columns]
        if missing:
            raise tables.ContractError(
                f"{name}: column {missing[0]!r} is missing; expected {', '.join(columns)}"
            )
