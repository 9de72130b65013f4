"""From what was found to what is done about it: the faces table and the audit.

Everything here is a pure function of the reader's labels, the fingerprints and the near pairs, so
a changed policy costs no second look at the files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .findings import AUDIT_COLUMNS, Findings
from .groups import components, equal_value_edges, group_numbers


@dataclass(frozen=True)
class Policy:
    """What the audit does with what it finds.

    Parameters
    ----------
    near_distance : int
        Near duplicates differ in at most this many of the 256 bits of the difference hash ...
    near_similarity : float
        ... and their details correlate at least this much (see ``data.similarity``).
    age_tolerance : float
        Copies of one photo whose ages differ by more years than this contradict each other.
    drop_copies : bool
        Keep one file of every set of identical pictures.
    drop_conflicts : bool
        Keep no file of a photo whose copies contradict each other.
    min_side : int
        Images with a shorter side than this many pixels are dropped.
    """

    near_distance: int = 24
    near_similarity: float = 0.8
    age_tolerance: float = 2.0
    drop_copies: bool = True
    drop_conflicts: bool = True
    min_side: int = 32


def faces_with_ids(listing: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Return the readable images with their ``face_id``, sorted by it; note the others.

    Parameters
    ----------
    listing : DataFrame
        The reader's columns (``path``, labels, ``problem``, ``detail``, ``usable``) beside the
        fingerprints, whose own ``problem`` and ``detail`` are named ``file_problem``,
        ``file_detail``.
    findings : Findings
        Receives a row for every file that gets no row in the table.
    """
    broken = listing["file_problem"] != ""
    for row in listing[broken].itertuples():
        findings.add(row.path, row.file_problem, "excluded", row.file_detail)
    faces = listing[~broken].copy()
    # Sorting by content beside the name makes the choice among equals independent of file order.
    names = faces["path"].str.rsplit("/", n=1).str[-1]
    faces["face_id"] = names.str.split(".", n=1).str[0].str.strip().where(names != "", "face")
    faces = faces.sort_values(["face_id", "pixel_sha256", "path"], kind="stable", ignore_index=True)
    labels = ["face_id", "pixel_sha256", "age", "gender"]
    again = faces.duplicated(labels)
    original = faces.groupby(labels, observed=True, dropna=False)["path"].transform("first")
    for row, first in zip(faces[again].itertuples(), original[again], strict=True):
        findings.add(row.path, "repeated file", "excluded", f"same name and pixels as {first}")
    faces = faces[~again].reset_index(drop=True)
    faces["face_id"] = _unique_ids(faces)
    return faces.sort_values("face_id", ignore_index=True)


def _unique_ids(faces: pd.DataFrame) -> pd.Series:
    """Add ``~`` and eight digits of the file's sha256 to every id that is taken already."""
    ids = faces["face_id"].copy()
    again = ids.duplicated()
    ids[again] = ids[again] + "~" + faces.loc[again, "sha256"].str[:8]
    number = ids.groupby(ids).cumcount()
    # Same name, same bytes, other labels: a label table that lists one file twice.
    return ids.where(number == 0, ids + "~" + (number + 1).astype("str"))


def apply_policy(
    faces: pd.DataFrame, near: pd.DataFrame, policy: Policy, findings: Findings
) -> pd.DataFrame:
    """Return the faces with ``group``, ``photo``, ``keep`` and ``drop_reason``.

    Parameters
    ----------
    faces : DataFrame
        From :func:`faces_with_ids`.
    near : DataFrame
        Rows ``row_a``, ``row_b`` (positions in ``faces``), ``hamming``, ``similarity``,
        ``verified``.
    policy : Policy
    findings : Findings
        Receives a row for everything that is dropped, repaired or marked.

    Returns
    -------
    DataFrame
        ``photo`` numbers the pictures (copies and verified near duplicates share it), ``group``
        also joins pictures of one identity.
    """
    faces = faces.copy()
    near_edges = near.loc[near["verified"], ["row_a", "row_b"]].to_numpy(np.int64)
    photo_edges = np.concatenate([equal_value_edges(faces["pixel_sha256"]), near_edges])
    faces["photo"] = components(len(faces), photo_edges)
    same_person = equal_value_edges(faces["identity"]) if "identity" in faces else np.empty((0, 2))
    joined = components(len(faces), np.concatenate([photo_edges, same_person.astype(np.int64)]))
    faces["group"] = group_numbers(faces["face_id"], joined)
    faces["drop_reason"] = _drop_reasons(faces, policy)
    faces["keep"] = faces["drop_reason"] == ""
    _note_labels_and_files(faces, findings)
    _note_duplicates(faces, near, findings)
    return faces


def conflicts(faces: pd.DataFrame, tolerance: float) -> pd.Series:
    """Tell for each face whether copies of its photo contradict each other, bool.

    A contradiction is another gender, or ages more than ``tolerance`` years apart. Labels that
    the reader could not use have no say.
    """
    labels = faces[["age", "gender"]].where(faces["usable"]).groupby(faces["photo"])
    gap = labels["age"].transform("max") - labels["age"].transform("min")
    genders = faces["gender"].where(faces["usable"]).astype("object")
    return (gap > tolerance) | (genders.groupby(faces["photo"]).transform("nunique") > 1)


def _drop_reasons(faces: pd.DataFrame, policy: Policy) -> pd.Series:
    """Return why each face is dropped, '' for those kept; the gravest reason wins."""
    reason = pd.Series("", index=faces.index, dtype="object")
    side = faces[["height", "width"]].min(axis=1)
    reason[side < policy.min_side] = "tiny"
    if policy.drop_conflicts:
        reason[(reason == "") & conflicts(faces, policy.age_tolerance)] = "conflicting labels"
    unlabelled = ~faces["usable"] | faces["age"].isna() | faces["gender"].isna()
    reason[unlabelled] = faces["problem"].where(faces["problem"] != "", "label missing")[unlabelled]
    if policy.drop_copies:
        candidate = reason == ""
        copies = faces[candidate].duplicated("pixel_sha256")
        reason[copies[copies].index] = "exact copy"
    return reason.astype("str")


def _note_labels_and_files(faces: pd.DataFrame, findings: Findings) -> None:
    for row in faces[faces["problem"] != ""].itertuples():
        findings.add(row.path, row.problem, "noted" if row.keep else "dropped", row.detail)
    for row in faces[faces["drop_reason"] == "tiny"].itertuples():
        findings.add(row.path, "tiny", "dropped", f"{row.width} x {row.height} pixels")
    for row in faces[faces["conversions"] != ""].itertuples():
        findings.add(row.path, "unusual format", "converted", row.conversions)
    for row in faces[faces["height"] != faces["width"]].itertuples():
        findings.add(row.path, "not square", "cropped", f"{row.width} x {row.height} pixels")


def _note_duplicates(faces: pd.DataFrame, near: pd.DataFrame, findings: Findings) -> None:
    """Note copies, contradictions, near duplicates and the largest group."""
    same_pixels = faces.groupby("pixel_sha256")["path"]
    first, copies = same_pixels.transform("first"), same_pixels.transform("size")
    for row, original in zip(faces.itertuples(), first, strict=True):
        if row.drop_reason == "exact copy" or (row.keep and row.path != original):
            action = "kept" if row.keep else "dropped"
            findings.add(row.path, "exact copy", action, f"same pixels as {original}")
    contradicting = faces[faces["drop_reason"] == "conflicting labels"]
    for _, photo in contradicting.groupby("photo"):
        ages = ", ".join(f"{age:g} {gender}" for age, gender in photo[["age", "gender"]].values)
        for path in photo["path"]:
            findings.add(path, "conflicting labels", "dropped", f"copies are labelled {ages}")
    for pair in near[near["hamming"] > 0].itertuples():
        other, action = faces["path"].iloc[pair.row_a], "grouped" if pair.verified else "marked"
        detail = f"{other}: {pair.hamming} bits, detail correlation {pair.similarity:.2f}"
        problem = "near duplicate" if pair.verified else "similar image"
        findings.add(faces["path"].iloc[pair.row_b], problem, action, detail)
    sizes = faces["group"].value_counts()
    if len(sizes) and sizes.iloc[0] > 1:
        member = faces.loc[faces["group"] == sizes.index[0], "path"]
        detail = f"{sizes.iloc[0]} faces; of identical pixels at most {copies.max()}"
        findings.add(member.iloc[0], "largest group", "reported", detail)


__all__ = ["AUDIT_COLUMNS", "Policy", "apply_policy", "conflicts", "faces_with_ids"]
