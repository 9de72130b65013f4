"""What is done about what was found: ids, copies, contradictions and their notes, by hand."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from data.audit.findings import Findings
from data.audit.policy import Policy, apply_policy, conflicts, faces_with_ids

NEAR = ["row_a", "row_b", "mirrored", "hamming", "similarity", "verified"]


def faces(n=4, **columns):
    """Return ``n`` different, well-labelled faces of 50 x 50 pixels."""
    table = pd.DataFrame(
        {
            "path": [f"{i}.jpg" for i in range(n)],
            "face_id": [str(i) for i in range(n)],
            "age": 30.0,
            "gender": "male",
            "usable": True,
            "pixel_sha256": [f"pixels {i}" for i in range(n)],
            "sha256": [f"{i}" * 64 for i in range(n)],
            "height": 50,
            "width": 50,
        }
    )
    texts = dict.fromkeys(("problem", "detail", "conversions", "file_problem", "file_detail"), "")
    return table.assign(age_low=np.nan, age_high=np.nan, **texts).assign(**columns)


def pairs(*rows):
    return pd.DataFrame(list(rows), columns=NEAR).astype({"verified": bool, "mirrored": bool})


def judged(table, near=None, **policy):
    """Return faces and the audit's rows ``(file, problem, action, detail)``."""
    findings = Findings()
    near = pairs() if near is None else near
    out = apply_policy(table, near, Policy(**policy), findings)
    return out, list(findings.frame().itertuples(index=False, name=None))


def named(listing):
    findings = Findings()
    out = faces_with_ids(listing, findings)
    return out, list(findings.frame().itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("bits", "alike", "same"),
    [
        (24, 0.7, True), (24, 0.69, False), (25, 0.7, False), (25, 0.9, True), (25, 0.89, False),
        (40, 0.9, True), (41, 0.99, False), (0, 0.69, False),
    ],
)  # fmt: skip
def test_two_rules_make_one_photo(bits, alike, same):
    assert Policy().same_photo(pd.Series([bits]), pd.Series([alike])).tolist() == [same]


def test_a_broken_file_is_noted_and_has_no_row():
    listing = faces(3, file_problem=["", "truncated", ""], file_detail=["", "cut at 9", ""])
    out, audit = named(listing.drop(columns=["age_low", "age_high"]))
    assert out["face_id"].tolist() == ["0", "2"]
    assert audit == [("1.jpg", "truncated", "excluded", "cut at 9")]
    assert out[["age_low", "age_high"]].isna().all(axis=None)
    assert out[["age_low", "age_high"]].dtypes.tolist() == [np.float64] * 2


def test_an_id_is_the_name_up_to_its_first_dot():
    paths = ["b/x.tar.jpg", "a/.jpg", " y .png", "a/b/z", "Ame\u0301lie.jpg"]
    out, audit = named(faces(5, path=paths).drop(columns="face_id"))
    assert out["face_id"].tolist() == ["Am\u00e9lie", "face", "x", "y", "z"]
    assert out.index.tolist() == list(range(5)) and audit == []
    given, _ = named(faces(2, path=["p.jpg", "q.jpg"], face_id=["named", None]))
    assert given["face_id"].tolist() == ["named", "q"]


def test_a_file_that_is_there_again_under_its_name_is_left_out():
    """Equal names, pixels and labels, the unknown ones too: the first by path stands for all."""
    alike = {"face_id": "x", "pixel_sha256": "p", "age": np.nan, "gender": None}
    listing = faces(3, path=["c/x.jpg", "a/x.jpg", "b/x.jpg"], **alike)
    out, audit = named(listing)
    assert list(out) == list(listing)
    assert out["path"].tolist() == ["a/x.jpg"] and out["face_id"].tolist() == ["x"]
    detail = "same name and pixels as a/x.jpg"
    assert audit == [(f"{p}/x.jpg", "repeated file", "excluded", detail) for p in "bc"]


@pytest.mark.parametrize(
    "other",
    [
        {"pixel_sha256": ["p", "q"]}, {"age": [30, 31]}, {"gender": ["male", "female"]},
        {"age_low": [1.0, 2]}, {"age_high": [1.0, 2]},
    ],
)  # fmt: skip
def test_one_name_for_two_faces_becomes_two_ids(other):
    alike = {"face_id": "x", "pixel_sha256": "p", "sha256": "0123456789"}
    out, audit = named(faces(2, **(alike | other)))
    assert out["face_id"].tolist() == ["x", "x~01234567"] and audit == []


def test_one_file_with_three_labels_has_three_ids():
    alike = {"face_id": "x", "pixel_sha256": "p", "sha256": "0123456789"}
    out, _ = named(faces(4, age=[30, 31, 32, 33], **alike))
    wanted = ["x", "x~01234567", "x~01234567~2", "x~01234567~3"]
    assert out["face_id"].tolist() == wanted
    assert out["age"].tolist() == [30, 31, 32, 33]


def test_copies_and_verified_pairs_are_one_photo_and_people_one_group():
    """0 and 1 are the same pixels, 1 and 2 alike, 3 and 4 hardly; 4 and 5 are of one person."""
    pixels, who = ["p", "p", "q", "r", "s", "t"], [None, None, "A", None, "B", "B"]
    near = pairs((1, 2, False, 10, 0.95, True), (3, 4, False, 10, 0.3, False))
    out, audit = judged(faces(6, pixel_sha256=pixels, identity=who), near, drop_copies=False)
    assert out["photo"].tolist() == [0, 0, 0, 1, 2, 3]
    number = {c: int(hashlib.sha256(c.encode()).hexdigest()[:16], 16) // 2 for c in "034"}
    assert out["group"].tolist() == [number[c] for c in "000344"]
    assert out["keep"].all()
    assert audit == [
        ("1.jpg", "exact copy", "kept", "same pixels as 0.jpg"),
        ("0.jpg", "largest group", "reported", "3 faces; of identical pixels at most 2"),
        ("2.jpg", "near duplicate", "grouped", "1.jpg: 10 bits, detail correlation 0.95"),
        ("4.jpg", "similar image", "marked", "3.jpg: 10 bits, detail correlation 0.30"),
    ]


def test_what_the_notes_on_near_pairs_say():
    """Unverified pairs are told to the sure distance only."""
    near = pairs(
        (0, 1, True, 40, 0.904, True), (0, 2, False, 24, 0.5, False), (0, 3, False, 25, 0.5, False)
    )
    _, audit = judged(faces(4), near)
    assert audit[1:] == [
        ("1.jpg", "near duplicate", "grouped", "0.jpg mirrored: 40 bits, detail correlation 0.90"),
        ("2.jpg", "similar image", "marked", "0.jpg: 24 bits, detail correlation 0.50"),
    ]


def test_nothing_wrong_is_nothing_noted():
    out, audit = judged(faces(3))
    assert audit == [] and out["keep"].all() and (out["drop_reason"] == "").all()
    nobody, audit = judged(faces(0, path=pd.Series(dtype="str"), face_id=pd.Series(dtype="str")))
    assert nobody.empty and audit == []


def test_of_copies_the_first_that_may_stay_is_kept():
    """The first is tiny as nothing else is; of the others the first stays."""
    table = faces(4, pixel_sha256=["p", "p", "q", "p"], width=[31, 32, 50, 40])
    out, audit = judged(table)
    assert out["drop_reason"].tolist() == ["tiny", "", "", "exact copy"]
    assert out["keep"].tolist() == [False, True, True, False]
    assert [row for row in audit if row[1] != "not square"] == [
        ("1.jpg", "exact copy", "kept", "same pixels as 0.jpg"),
        ("3.jpg", "exact copy", "dropped", "same pixels as 0.jpg"),
        ("0.jpg", "largest group", "reported", "3 faces; of identical pixels at most 3"),
        ("0.jpg", "tiny", "dropped", "31 x 50 pixels"),
    ]
    both, _ = judged(table, drop_copies=False)
    assert both["drop_reason"].tolist() == ["tiny", "", "", ""]


@pytest.mark.parametrize(("ages", "against"), [((20, 22), False), ((20, 22.5), True)])
def test_copies_contradict_each_other_beyond_the_tolerance(ages, against):
    table = faces(3, pixel_sha256=["p", "p", "q"], age=[*ages, 60.0], photo=[0, 0, 1])
    assert conflicts(table, 2.0).tolist() == [against, against, False]
    out, audit = judged(table, drop_copies=False)
    assert out["keep"].tolist() == [not against, not against, True]
    notes = [row for row in audit if row[1] == "conflicting labels"]
    words = f"copies are labelled {ages[0]} male, {ages[1]:g} male"
    assert (
        notes
        == [(f"{i}.jpg", "conflicting labels", "dropped", words) for i in (0, 1)][: 2 * against]
    )
    assert judged(table, drop_copies=False, drop_conflicts=False)[0]["keep"].all()


def test_ranges_contradict_by_their_nearer_ends_and_unusable_labels_not_at_all():
    ranges = {"age": np.nan, "age_low": [20.0, 32, 40, 43], "age_high": [29.0, 39, 45, 50]}
    found = conflicts(faces(4, photo=[0, 0, 1, 1], **ranges), 2.0)
    assert found.tolist() == [True, True, False, False]
    genders = faces(4, photo=[0, 0, 1, 1], gender=["male", "female"] * 2)
    assert conflicts(genders.assign(usable=[True, True, True, False]), 2.0).tolist() == [
        True, True, False, False,
    ]  # fmt: skip
    ages = faces(2, photo=0, age=[20.0, 60], usable=[True, False])
    assert not conflicts(ages, 2.0).any()


def test_the_gravest_reason_is_told():
    """No label comes before contradiction and size, and these two in the other order."""
    table = faces(
        6,
        pixel_sha256=["p", "p", "q", "r", "s", "t"],
        age=[20.0, 50, np.nan, 30, np.nan, 30],
        age_high=[np.nan] * 4 + [39, np.nan],
        age_low=[np.nan] * 4 + [30, np.nan],
        gender=["male"] * 3 + [None, "male", "male"],
        usable=[True] * 5 + [False],
        problem=["", "", "", "odd gender", "", "malformed name"],
        detail=["", "", "", "the gender is 7", "", "six parts"],
        height=[31, 50, 31, 50, 50, 50],
        width=[31, 50, 31, 50, 50, 50],
    )
    out, audit = judged(table)
    wanted = ["tiny", "conflicting labels", "label missing", "odd gender", "", "malformed name"]
    assert out["drop_reason"].tolist() == wanted
    ranged = "1 of 6 faces are labelled with a range of ages: they neither train nor calibrate age"
    assert ("4.jpg", "age range", "reported", ranged) in audit
    assert ("3.jpg", "odd gender", "dropped", "the gender is 7") in audit
    assert ("5.jpg", "malformed name", "dropped", "six parts") in audit
    assert ("0.jpg", "tiny", "dropped", "31 x 31 pixels") in audit
    assert ("1.jpg", "conflicting labels", "dropped", "copies are labelled 50 male") in audit
    assert len([row for row in audit if row[1] == "tiny"]) == 1


def test_ranges_of_ages_are_told_once():
    ranged = faces(
        3, age=[np.nan, 40, np.nan], age_low=[20.0, np.nan, 30], age_high=[29.0, np.nan, 39]
    )
    _, audit = judged(ranged)
    sentence = (
        "2 of 3 faces are labelled with a range of ages: they neither train nor calibrate age"
    )
    assert audit == [("0.jpg", "age range", "reported", sentence)]


def test_odd_files_are_noted_and_stay():
    table = faces(
        3, problem=["two dates", "", ""], detail=["both of 2017", "", ""],
        conversions=["", "greyscale", ""], width=[50, 50, 70],
    )  # fmt: skip
    out, audit = judged(table)
    assert out["keep"].all()
    assert audit == [
        ("2.jpg", "not square", "cropped", "70 x 50 pixels"),
        ("0.jpg", "two dates", "noted", "both of 2017"),
        ("1.jpg", "unusual format", "converted", "greyscale"),
    ]
