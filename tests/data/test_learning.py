"""Faces in two lines of a notebook: parts, arrays and folds."""

import numpy as np
import pandas as pd
import pytest
from face_folders import chip, load, photo, save
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score

import data
from data.bins import age_bin


@pytest.fixture
def faces(folder, tmp_path):
    """Thirty pictures, an identical copy that is dropped, and one without an age."""
    save(folder / "20_0_0_20180101000000000.jpg", photo(0), quality=95)
    (folder / "20_0_0_20180101000000001.jpg").write_bytes((folder / chip(20, 0, 0)).read_bytes())
    return load(folder, tmp_path)


def test_kept_faces_are_those_the_audit_keeps(faces):
    kept = faces.kept()
    assert 0 < len(kept) == faces.table["keep"].sum() < len(faces)
    assert kept.table["keep"].all() and kept.table.index.tolist() == list(range(len(kept)))
    assert kept.name == faces.name and repr(kept).endswith(f"{len(kept)} kept>")


@pytest.mark.parametrize("kind", ["mask", "series", "positions", "slice"])
def test_a_part_has_the_rows_and_pictures_asked_for(faces, kind):
    mask = np.arange(len(faces)) % 3 == 1
    chosen = {
        "mask": mask,
        "series": pd.Series(mask, index=range(100, 100 + len(faces))),
        "positions": np.flatnonzero(mask),
        "slice": slice(1, None, 3),
    }[kind]
    part = faces[chosen]
    expected = faces.table[mask].reset_index(drop=True)
    pd.testing.assert_frame_equal(part.table, expected)
    np.testing.assert_array_equal(part.images(16), faces.images(16)[mask])
    again = part[[True] + [False] * (len(part) - 1)]
    np.testing.assert_array_equal(again.images(16)[0], faces.images(16)[1])
    assert part.paths() == [p for p, m in zip(faces.paths(), mask, strict=True) if m]
    assert part.content_hash != faces.content_hash
    assert set(part.near_duplicates["face_id_a"]) <= set(part.table["face_id"])


def test_a_mask_of_another_length_is_refused(faces):
    with pytest.raises(data.DataError, match=f"the mask has 3 values for {len(faces)} faces"):
        faces[[True, False, True]]


def test_arrays_hold_what_a_model_can_learn(faces):
    X, y, groups = faces.arrays(16, "age")
    kept = faces.table[faces.table["keep"]]
    assert X.shape == (len(kept), 16, 16, 3) and X.dtype == np.uint8
    np.testing.assert_array_equal(y, kept["age"])
    np.testing.assert_array_equal(groups, kept["group"])
    both = faces.arrays(16)[1]
    np.testing.assert_array_equal(both[:, 0], y)
    np.testing.assert_array_equal(both[:, 1], faces.arrays(16, "gender")[1])
    np.testing.assert_array_equal(both[:, 1], (kept["gender"] == "female").astype(float))


def test_rows_without_an_age_do_not_walk_into_fit(tmp_path):
    rows = ["path,age,gender"]
    for i in range(12):
        save(tmp_path / "set" / f"{i}.png", photo(i))
        rows.append(f"{i}.png,{('', '20-29', 30 + i)[i % 3]},{'mf'[i % 2]}")
    (tmp_path / "set" / "labels.csv").write_text("\n".join(rows))
    faces = load(tmp_path / "set", tmp_path)
    assert [len(faces.arrays(16, target)[1]) for target in ("age", "gender", "both")] == [4, 8, 4]
    assert sum(len(test) for _, test in faces.cv(2, "gender")) == 8


def test_an_unknown_target_is_met_with_the_known_ones(faces):
    with pytest.raises(data.DataError, match="unknown target 'sex'"):
        faces.arrays(16, "sex")


def test_folds_are_grouped_stratified_and_shuffled():
    faces = data.load("embedded", pose=False)
    table = faces.labelled().table
    folds = faces.cv(5)
    tested = np.concatenate([test for _, test in folds])
    assert sorted(tested) == list(range(len(table)))
    bins = pd.Series(age_bin(table["age"]))
    overall = bins.value_counts(normalize=True)
    for train, test in folds:
        assert len(np.intersect1d(train, test)) == 0
        assert not set(table["group"].iloc[train]) & set(table["group"].iloc[test])
        shares = bins.iloc[test].value_counts(normalize=True)
        assert (shares - overall).abs().max() < 0.06
        assert (table["gender"].iloc[test] == "female").mean() == pytest.approx(0.5, abs=0.06)
    assert all((a[1] == b[1]).all() for a, b in zip(folds, faces.cv(5), strict=True))
    other = faces.cv(5, random_state=1)
    assert any(
        len(a[1]) != len(b[1]) or (a[1] != b[1]).any() for a, b in zip(folds, other, strict=True)
    )


def test_folds_go_with_arrays_in_scikit_learn(faces):
    X, y, _ = faces.arrays(16, "age")
    scores = cross_val_score(Ridge(), X.reshape(len(X), -1), y, cv=faces.cv(3, "age"))
    assert len(scores) == 3 and np.isfinite(scores).all()


@pytest.mark.parametrize("n_splits", [1, 1000])
def test_impossible_folds_are_refused(faces, n_splits):
    with pytest.raises(data.DataError, match=f"do not make {n_splits} folds"):
        faces.cv(n_splits)
