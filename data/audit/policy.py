"""From what was found to what is done about it: the faces table and the audit.

Everything here is a pure function of the reader's labels, the fingerprints and the near pairs, so
a changed policy reads no file again.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.bins import age_labels
from data.labels import as_text

from .findings import Findings
from .groups import components, equal_value_edges, group_numbers


@dataclass(frozen=True)
class Policy:
    """What the audit does with what it finds.

    Parameters
    ----------
    sure_distance, sure_similarity : int, float
        Two pictures are near duplicates if they differ in at most this many of the 256 bits of
        the difference hash and their details correlate at least this much ...
    near_distance, near_similarity : int, float
        ... or if they differ in more bits but correlate more (see ``data.audit.details``). On
        UTKFace hardly a pair that the two rules find are two photos; between them (25 to 40 bits,
        correlation .84 to .9) most are.
    age_tolerance : float
        Copies of one photo whose ages differ by more years than this contradict each other.
    drop_copies : bool
        Keep one file of every set of identical pictures.
    drop_conflicts : bool
        Keep no file of a photo whose copies contradict each other.
    min_side : int
        Images with a shorter side than this many pixels are dropped.

    Examples
    --------
    >>> import data
    >>> strict = data.Policy(min_side=100, drop_copies=False)
    >>> faces = data.load("embedded", policy=strict)    # doctest: +SKIP
    """

    __module__ = "data"

    sure_distance: int = 24
    sure_similarity: float = 0.7
    near_distance: int = 40
    near_similarity: float = 0.9
    age_tolerance: float = 2.0
    drop_copies: bool = True
    drop_conflicts: bool = True
    min_side: int = 32

    def same_photo(self, hamming: pd.Series, similarity: pd.Series) -> pd.Series:
        """Tell for each pair whether the two rules call it one photo.

        Parameters
        ----------
        hamming : Series of int
            Bits of 256 in which the difference hashes differ.
        similarity : Series of float
            Correlation of details, -1 to 1.

        Returns
        -------
        Series of bool
            One value per pair.

        Examples
        --------
        >>> import data
        >>> import pandas as pd
        >>> bits, alike = pd.Series([20, 30, 30]), pd.Series([0.8, 0.8, 0.95])
        >>> data.Policy().same_photo(bits, alike).tolist()
        [True, False, True]
        """
        sure = (hamming <= self.sure_distance) & (similarity >= self.sure_similarity)
        return sure | ((hamming <= self.near_distance) & (similarity >= self.near_similarity))


def has_age(faces: pd.DataFrame) -> pd.Series:
    """Tell for each face whether its age, or at least a range of ages, is known, bool."""
    return faces["age"].notna() | faces["age_high"].notna()


def faces_with_ids(listing: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Return the readable images with their ``face_id``, sorted by it; note the others.

    ``listing`` holds the reader's columns beside the fingerprints, whose own ``problem`` and
    ``detail`` are named ``file_problem``, ``file_detail``. ``findings`` receive every file that
    gets no row.
    """
    broken = listing["file_problem"] != ""
    bad = listing[broken]
    findings.add(bad["path"], bad["file_problem"], "excluded", bad["file_detail"])
    faces = listing[~broken].copy()
    for column in (
        "age_low",
        "age_high",
    ):  # readers of data sets without ranges have no such column
        faces[column] = faces[column].astype("float64") if column in faces else np.nan
    # Sorting by content beside the name makes the choice among equals independent of file order.
    stems = pd.Series([_stem(path) for path in faces["path"].tolist()], faces.index, dtype="str")
    if "face_id" in faces:  # named by the reader
        stems = as_text(faces["face_id"]).fillna(stems)
    faces["face_id"] = stems
    faces = faces.sort_values(["face_id", "pixel_sha256", "path"], kind="stable", ignore_index=True)
    labels = ["face_id", "pixel_sha256", "age", "age_low", "age_high", "gender"]
    again = faces.duplicated(labels)
    identities = [c for c in faces if str(c).startswith("identity")]
    if identities:
        # a row that is left out as a repeat may be the only one that says who somebody is
        row = faces.groupby(labels, observed=True, dropna=False, sort=False).ngroup()
        edges = [equal_value_edges(values) for values in (row, *(faces[c] for c in identities))]
        faces["person"] = components(len(faces), np.concatenate(edges))
        faces = faces.drop(columns=[c for c in identities if c != "identity"])
    if again.any():
        original = faces.groupby(labels, observed=True, dropna=False)["path"].transform("first")
        detail = "same name and pixels as " + original[again]
        findings.add(faces.loc[again, "path"], "repeated file", "excluded", detail)
        faces = faces[~again].reset_index(drop=True)
    faces["face_id"] = _unique_ids(faces)
    return faces.sort_values("face_id", ignore_index=True)


def _stem(path: str) -> str:
    """Return the name of a file up to its first dot, ``face`` where that is nothing.

    Accents are composed in one way, so that the same file has the same id on every system.
    """
    name = unicodedata.normalize("NFC", path.rsplit("/", 1)[-1])
    return name.split(".", 1)[0].strip() or "face"


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

    ``photo`` numbers the pictures (copies and verified near duplicates share it), ``group`` also
    joins pictures of one identity. ``near`` has ``row_a``, ``row_b`` (positions in ``faces``),
    ``mirrored``, ``hamming``, ``similarity``, ``verified``. ``findings`` receive everything that is
    dropped, repaired or marked.
    """
    faces = faces.copy()
    near_edges = near.loc[near["verified"], ["row_a", "row_b"]].to_numpy(np.int64)
    photo_edges = np.concatenate([equal_value_edges(faces["pixel_sha256"]), near_edges])
    faces["photo"] = components(len(faces), photo_edges)
    told = next((column for column in ("person", "identity") if column in faces), None)
    same_person = np.empty((0, 2), np.int64) if told is None else equal_value_edges(faces[told])
    faces = faces.drop(columns="person", errors="ignore")
    joined = components(len(faces), np.concatenate([photo_edges, same_person]))
    faces["group"] = group_numbers(faces["face_id"], joined)
    faces["drop_reason"] = _drop_reasons(faces, policy)
    faces["keep"] = faces["drop_reason"] == ""
    _note_labels_and_files(faces, findings)
    _note_ranges(faces, findings)
    _note_duplicates(faces, near, policy, findings)
    return faces


def conflicts(faces: pd.DataFrame, tolerance: float) -> pd.Series:
    """Tell for each face whether copies of its photo contradict each other, bool.

    A contradiction is another gender, or ages (or ranges of ages) more than ``tolerance`` years
    apart. Labels that the reader could not use have no say.
    """
    low = faces["age"].fillna(faces["age_low"]).where(faces["usable"])
    high = faces["age"].fillna(faces["age_high"]).where(faces["usable"])
    photo = faces["photo"]
    gap = low.groupby(photo).transform("max") - high.groupby(photo).transform("min")
    genders = faces["gender"].where(faces["usable"]).astype("object")
    return (gap > tolerance) | (genders.groupby(faces["photo"]).transform("nunique") > 1)


def _drop_reasons(faces: pd.DataFrame, policy: Policy) -> pd.Series:
    """Return why each face is dropped, '' for those kept; the gravest reason wins."""
    reason = pd.Series("", index=faces.index, dtype="object")
    side = faces[["height", "width"]].min(axis=1)
    reason[side < policy.min_side] = "tiny"
    if policy.drop_conflicts:
        reason[(reason == "") & conflicts(faces, policy.age_tolerance)] = "conflicting labels"
    unlabelled = ~faces["usable"] | ~has_age(faces) | faces["gender"].isna()
    reason[unlabelled] = faces["problem"].where(faces["problem"] != "", "label missing")[unlabelled]
    if policy.drop_copies:
        candidate = reason == ""
        copies = faces[candidate].duplicated("pixel_sha256")
        reason[copies[copies].index] = "exact copy"
    return reason.astype("str")


def _note_labels_and_files(faces: pd.DataFrame, findings: Findings) -> None:
    action = faces["keep"].map({True: "noted", False: "dropped"})
    size = faces["width"].astype("str") + " x " + faces["height"].astype("str") + " pixels"
    for chosen, problem, done, detail in (
        (faces["problem"] != "", faces["problem"], action, faces["detail"]),
        (faces["drop_reason"] == "tiny", "tiny", "dropped", size),
        (faces["conversions"] != "", "unusual format", "converted", faces["conversions"]),
        (faces["height"] != faces["width"], "not square", "cropped", size),
    ):
        reason = problem if isinstance(problem, str) else problem[chosen]
        what = done if isinstance(done, str) else done[chosen]
        findings.add(faces.loc[chosen, "path"], reason, what, detail[chosen])


def _note_ranges(faces: pd.DataFrame, findings: Findings) -> None:
    ranged = faces["age"].isna() & faces["age_high"].notna()
    detail = (
        f"{ranged.sum():,} of {len(faces):,} faces are labelled with a range of ages: they "
        "neither train nor calibrate age"
    )
    findings.add(faces.loc[ranged, "path"].iloc[:1], "age range", "reported", detail)


def _note_duplicates(
    faces: pd.DataFrame, near: pd.DataFrame, policy: Policy, findings: Findings
) -> None:
    """Note copies, contradictions, near duplicates and the largest group."""
    same_pixels = faces.groupby("pixel_sha256")["path"]
    original, copies = same_pixels.transform("first"), same_pixels.transform("size")
    copy = (faces["drop_reason"] == "exact copy") | (faces["keep"] & (faces["path"] != original))
    action = faces["keep"].map({True: "kept", False: "dropped"})
    findings.add(
        faces.loc[copy, "path"], "exact copy", action[copy], "same pixels as " + original[copy]
    )
    against = faces[faces["drop_reason"] == "conflicting labels"]
    label = age_labels(against) + " " + against["gender"].astype("str")
    labels = against["photo"].map(label.groupby(against["photo"]).agg(", ".join)).astype("str")
    findings.add(against["path"], "conflicting labels", "dropped", "copies are labelled " + labels)
    told = near[near["verified"] | (near["hamming"] <= policy.sure_distance)].reset_index()
    first = faces["path"].iloc[told["row_a"]].reset_index(drop=True)
    second = faces["path"].iloc[told["row_b"]].reset_index(drop=True)
    bits = told["hamming"].astype("str") + " bits, detail correlation "
    turned = told["mirrored"].map({True: " mirrored", False: ""})
    detail = first + turned + ": " + bits + told["similarity"].map("{:.2f}".format).astype("str")
    problem = told["verified"].map({True: "near duplicate", False: "similar image"})
    findings.add(second, problem, told["verified"].map({True: "grouped", False: "marked"}), detail)
    sizes = faces["group"].value_counts()
    if len(sizes) and sizes.iloc[0] > 1:
        member = faces.loc[faces["group"] == sizes.index[0], "path"].iloc[:1]
        detail = f"{sizes.iloc[0]} faces; of identical pixels at most {copies.max()}"
        findings.add(member, "largest group", "reported", detail)
