"""Head pose: geometry, transformer, labels of the embedded faces, error table."""

import pickle

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from skimage.data import astronaut
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from data.pose.canonical import canonical_face
from data.pose.estimate import HeadPose, estimate_pose, head_pose, measured_pose_error, pose_error
from data.pose.geometry import angles, fit_rotation, rotation

NOSE_TIP, CHIN, EYE_SMALLER_X, EYE_LARGER_X = 1, 152, 33, 263


@pytest.fixture(scope="module")
def portrait():
    """One face, about as tight as a UTKFace chip."""
    return astronaut()[40:220, 135:315]


@pytest.fixture(scope="module")
def blank():
    return np.full((120, 120, 3), 128, dtype=np.uint8)


def turned(yaw, pitch, roll):
    """The canonical face in that pose, enlarged and moved as a picture would show it."""
    return canonical_face().points @ rotation(yaw, pitch, roll).T * 9.3 + (104, 97, 3)


@settings(max_examples=200, deadline=None)
@given(
    yaw=st.floats(-85, 85),
    pitch=st.floats(-80, 80),
    roll=st.floats(-175, 175),
)
def test_known_rotation_is_recovered(yaw, pitch, roll):
    np.testing.assert_allclose(head_pose(turned(yaw, pitch, roll)), (yaw, pitch, roll), atol=0.01)


def test_convention():
    frontal = turned(0, 0, 0)
    assert turned(20, 0, 0)[NOSE_TIP, 0] > frontal[NOSE_TIP, 0] + 10  # nose to larger x
    assert turned(0, 20, 0)[NOSE_TIP, 1] < frontal[NOSE_TIP, 1] - 10  # nose up
    clockwise = turned(0, 0, 20)
    assert clockwise[EYE_LARGER_X, 1] > clockwise[EYE_SMALLER_X, 1] + 10


def test_many_meshes_at_once_equal_one_by_one():
    poses = [(10, 5, 0), (-40, -10, 20), (0, 0, 0)]
    stacked = np.array([turned(*pose) for pose in poses]).reshape(3, 1, 468, 3)
    np.testing.assert_allclose(np.stack(head_pose(stacked), axis=-1)[:, 0], poses, atol=1e-4)


def test_mesh_with_nan_has_no_pose_and_leaves_others_alone():
    meshes = np.array([turned(10, 5, 0)] * 2)
    meshes[0, 7, 1] = np.nan
    yaw, pitch, roll = head_pose(meshes)
    assert np.isnan([yaw[0], pitch[0], roll[0]]).all()
    np.testing.assert_allclose((yaw[1], pitch[1], roll[1]), (10, 5, 0), atol=1e-4)


def test_wrong_shape_is_refused():
    with pytest.raises(ValueError, match=r"468, 3\), not \(10, 3\)"):
        head_pose(np.zeros((10, 3)))


def test_mirroring_negates_yaw_and_roll(portrait):
    matrix = cv2.getRotationMatrix2D((90, 90), -12, 0.9)
    tilted = cv2.warpAffine(portrait, matrix, (180, 180), borderMode=cv2.BORDER_REPLICATE)
    table = estimate_pose([tilted, tilted[:, ::-1]])
    assert table["roll"][0] > 8
    assert table["yaw"][0] == pytest.approx(-table["yaw"][1], abs=3)
    assert table["pitch"][0] == pytest.approx(table["pitch"][1], abs=3)
    assert table["roll"][0] == pytest.approx(-table["roll"][1], abs=3)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_turning_the_picture_turns_the_roll(portrait, quarters):
    upright = estimate_pose([portrait]).iloc[0]
    turned_picture = estimate_pose([np.rot90(portrait, -quarters)]).iloc[0]  # clockwise
    roll = (turned_picture["roll"] - upright["roll"] - 90 * quarters + 180) % 360 - 180
    assert abs(roll) < 3
    assert turned_picture["yaw"] == pytest.approx(upright["yaw"], abs=3)
    assert turned_picture["pitch"] == pytest.approx(upright["pitch"], abs=4)


def test_no_face_is_nan_with_low_presence(portrait, blank):
    table = estimate_pose([blank, portrait])
    assert table.loc[0, ["yaw", "pitch", "roll"]].isna().all()
    assert table["presence"][0] < 0.5 < 0.99 < table["presence"][1]
    assert list(table.columns) == ["yaw", "pitch", "roll", "presence"]
    assert set(table.dtypes.astype(str)) == {"float32"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rgb: rgb[:, :60],
        lambda rgb: rgb[110:],
        lambda rgb: np.concatenate([rgb, rgb[:, ::-1], rgb], axis=1),
        lambda rgb: cv2.resize(rgb, (10, 10), interpolation=cv2.INTER_AREA),
        lambda rgb: rgb[:1, :1],
        lambda rgb: rgb[:, :, 1],
        lambda rgb: np.dstack([rgb, np.zeros(rgb.shape[:2], np.uint8)]),
        lambda rgb: np.random.default_rng(0).random(rgb.shape),
    ],
    ids=["half", "no eyes", "three faces", "10x10", "one pixel", "grey", "transparent", "noise"],
)
def test_any_picture_has_a_pose_or_none(portrait, spoil):
    row = estimate_pose([spoil(portrait)]).iloc[0]
    angles = row[["yaw", "pitch", "roll"]].to_numpy()
    assert 0 <= row["presence"] <= 1
    assert np.isfinite(angles).all() if row["presence"] >= 0.5 else np.isnan(angles).all()


def test_grey_picture_has_the_pose_of_the_coloured_one(portrait):
    grey = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)
    coloured, uncoloured = estimate_pose([portrait, grey]).to_numpy()
    np.testing.assert_allclose(coloured, uncoloured, atol=4)


def test_no_images_give_an_empty_table():
    table = estimate_pose([])
    assert len(table) == 0
    assert list(table.columns) == ["yaw", "pitch", "roll", "presence"]


def test_threads_and_progress_do_not_change_the_result(portrait, blank):
    images = [portrait, blank, portrait[:, ::-1], portrait[:150]]
    calls = []
    one = estimate_pose(images, progress=lambda *call: calls.append(call))
    pd.testing.assert_frame_equal(one, estimate_pose(images, n_jobs=2))
    assert calls == [("face mesh", i, 4) for i in range(1, 5)]


def test_transformer_follows_scikit_learn(portrait, blank):
    X = [portrait, blank]
    transformer = HeadPose()
    out = transformer.transform(X)  # nothing is learned: no fit needed
    assert out.shape == (2, 4)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, clone(transformer).fit(X).transform(X))
    np.testing.assert_array_equal(out, pickle.loads(pickle.dumps(transformer)).transform(X))
    np.testing.assert_array_equal(out, estimate_pose(X).to_numpy())
    assert list(transformer.get_feature_names_out()) == ["yaw", "pitch", "roll", "presence"]
    assert HeadPose(n_jobs=2).get_params() == {"n_jobs": 2}


def test_transformer_in_a_pipeline(portrait):
    X = np.stack([portrait, portrait[:, ::-1]])
    pipeline = make_pipeline(HeadPose(), FunctionTransformer(np.abs)).fit(X)
    assert pipeline.transform(X).shape == (2, 4)
    table = HeadPose().set_output(transform="pandas").fit_transform(X)
    assert list(table.columns) == ["yaw", "pitch", "roll", "presence"]


def test_error_table_by_hand():
    rng = np.random.default_rng(0)
    true = pd.DataFrame(rng.uniform(-20, 20, (400, 3)), columns=["yaw", "pitch", "roll"])
    true.loc[:99, "yaw"] = np.linspace(46, 60, 100)
    estimated = pd.DataFrame(
        {"yaw": 0.9 * true["yaw"] + 2, "pitch": true["pitch"] - 5, "roll": 1.2 * true["roll"]}
    )
    estimated.loc[:9, ["yaw", "pitch", "roll"]] = np.nan  # not found: left out
    table = pose_error(true, estimated).set_index(["angle", "yaw_bin"])
    assert list(pose_error(true, estimated).columns) == [
        "angle", "yaw_bin", "n", "mae", "bias", "slope",
    ]  # fmt: skip
    assert table.loc[("yaw", "all"), "n"] == 390
    assert table.loc[("yaw", "45+"), "n"] == 90
    assert table.loc[("yaw", "all"), "slope"] == pytest.approx(0.9)
    assert table.loc[("pitch", "all")].tolist() == pytest.approx([390, 5, -5, 1])
    expected = np.abs(0.2 * true["roll"][10:]).mean()
    assert table.loc[("roll", "all"), "mae"] == pytest.approx(expected)
    assert ("yaw", "30-45") not in table.index


def test_error_table_needs_equal_lengths():
    frame = pd.DataFrame({"yaw": [0.0], "pitch": [0.0], "roll": [0.0]})
    with pytest.raises(ValueError, match="1 true and 2 estimated"):
        pose_error(frame, pd.concat([frame, frame]))


def test_shipped_error_of_the_pose_labels_reaches_what_is_promised():
    """On photographed heads yaw within 2 degrees to 20 and 3 to 45, pitch 4, roll 2.5."""
    table = measured_pose_error()
    assert list(table["heads"].unique()) == ["photographed", "drawn"]
    people = table[table["heads"] == "photographed"].set_index(["angle", "yaw_bin"])
    near, middle = ["0-10", "10-20"], ["20-30", "30-45"]
    assert (people.loc["yaw", "mae"][near] <= 2).all()
    assert (people.loc["yaw", "mae"][middle] <= 3).all()
    assert (people.loc["pitch", "mae"][near + middle] <= 4).all()
    assert (people.loc["roll", "mae"][near + middle] <= 2.5).all()
    assert people.loc["yaw", "slope"][near + middle].between(0.9, 1.1).all()


@settings(max_examples=100, deadline=None)
@given(yaw=st.floats(-85, 85), pitch=st.floats(-80, 80), roll=st.floats(-175, 175))
def test_a_mirrored_head_has_the_opposite_yaw_and_roll(yaw, pitch, roll):
    mirror = np.diag([-1.0, 1.0, 1.0])
    seen = angles(mirror @ rotation(yaw, pitch, roll) @ mirror)
    np.testing.assert_allclose(seen, (-yaw, pitch, -roll), atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(yaw=st.floats(-85, 85), pitch=st.floats(-80, 80), turn=st.floats(-90, 90))
def test_turning_the_picture_adds_to_roll_alone(yaw, pitch, turn):
    seen = angles(rotation(0, 0, turn) @ rotation(yaw, pitch, 10))
    np.testing.assert_allclose(seen, (yaw, pitch, 10 + turn), atol=1e-6)


def test_the_fit_of_many_meshes_is_scipys_of_one():
    face = canonical_face()
    meshes = np.random.default_rng(0).normal(size=(5, 468, 3)) + face.points
    weights = face.weights / face.weights.sum()
    model = face.points[face.basis] - weights @ face.points[face.basis]
    for mesh, fitted in zip(meshes, fit_rotation(meshes), strict=True):
        found = mesh[face.basis] - weights @ mesh[face.basis]
        expected = Rotation.align_vectors(found, model, weights=weights)[0].as_matrix()
        np.testing.assert_allclose(fitted, expected, atol=1e-10)
