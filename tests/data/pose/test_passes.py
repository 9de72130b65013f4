"""From passes of the landmark network to an answer; what the network says is written by hand."""

import numpy as np
import pandas as pd
import pytest

from data.pose import estimate
from data.pose import mesh as module
from data.pose.align import chip_to_image, similarity, utkface_template
from data.pose.boxes import Candidates
from data.pose.canonical import canonical_face
from data.pose.estimate import HeadPose, estimate_pose, pose_error
from data.pose.mesh import FaceMesh
from data.pose.track import Face, Square, Track

PICTURE = np.zeros((60, 100, 3), np.uint8)


def spread_mesh(x, y, z):
    """Return 468 points in a square of 100 px at x, y, the middle of which most of them are."""
    points = np.full((468, 3), (x + 50.0, y + 50.0, z))
    points[0, :2], points[467, :2] = (x, y), (x + 100, y + 100)
    points[[33, 263], 0] = x + 40, x + 60
    return points


def agreeing_face(x, off, y=0.0):
    """Return a detection of 90 px whose keypoints lie on that mesh, the mouth ``off`` px below."""
    middles = np.array([(45, 50), (55, 50), (50, 50), (50, 50 + off), (0, 0), (0, 0)], float)
    return Face(np.array([x, y, x + 90, y + 80], float), 0.9, middles + np.array([x, y]))


def test_the_answer_of_the_network_in_pixels_of_the_picture(monkeypatch):
    """A square of 384 px turned by a quarter, so that the crop's right is the picture's down."""
    raw = np.zeros((468, 3))
    raw[0], raw[1], raw[2] = [96, 96, 5], [192, 96, 0], [96, 0, -3]
    answers = {"conv2d_21": raw.reshape(1, 1, 1, -1), "conv2d_31": np.array([[[[1.0]]]])}
    asked = []

    def network(file, names):
        asked.append((file, tuple(names)))
        return lambda image: asked.append(image) or answers

    monkeypatch.setattr(module, "network", network)
    picture = np.full((60, 100, 3), 255, np.uint8)
    points, presence = FaceMesh()._landmarks_in(picture, Square(50, 30, 384, np.pi / 2))
    np.testing.assert_allclose(points[:3], [[50, 30, 10], [50, 222, 0], [242, 30, -6]], atol=1e-4)
    assert points.dtype == np.float32
    assert presence == pytest.approx(1 / (1 + np.exp(-1)))
    assert asked[0] == ("face_landmark.tflite", ("conv2d_21", "conv2d_31"))
    assert asked[1].shape == (1, 192, 192, 3) and asked[1].dtype == np.float32
    assert (asked[1] == 1).all()  # the border is repeated, and levels are shares
    answers["conv2d_31"] = np.array([-2.0])
    assert FaceMesh()._landmarks_in(picture, Square(50, 30, 384, 0))[1] == pytest.approx(
        1 / (1 + np.exp(2))
    )


def scripted(monkeypatch, places, **options):
    """Return a FaceMesh whose passes answer with these places, and the squares asked for."""
    asked = []

    def landmarks_in(self, pixels, square):
        asked.append(square)
        return spread_mesh(*places[min(len(asked), len(places)) - 1]), 0.25 * len(asked)

    monkeypatch.setattr(FaceMesh, "_landmarks_in", landmarks_in)
    return FaceMesh(**options), asked


def test_passes_end_when_one_moves_the_mesh_by_less_than_a_hundredth(monkeypatch):
    """The second moves it by 1 across and 3 down, the third by half a pixel; depth is free."""
    mesh, asked = scripted(monkeypatch, [(0, 0, 0), (1, 3, 90), (1.5, 3, 7)])
    track = mesh._track(PICTURE, Square(1, 2, 3, 0))
    assert len(asked) == 3 and asked[0] == Square(1, 2, 3, 0)
    assert track.moved == pytest.approx(0.25 / 100) and track.settled
    assert track.presence == 0.75 and track.points[0, 0] == 1.5
    assert asked[1].x == 50 and asked[2].x == 51  # where the pass before left it


@pytest.mark.parametrize(
    ("options", "n"), [({}, 6), ({"max_passes": 2}, 2), ({"max_passes": 3}, 3)]
)
def test_passes_end_after_six_or_as_many_as_asked_for(monkeypatch, options, n):
    mesh, asked = scripted(monkeypatch, [(4 * k, 0, 0) for k in range(20)], **options)
    track = mesh._track(PICTURE, Square(1, 2, 3, 0))
    assert len(asked) == n
    assert track.moved == pytest.approx(0.02) and not track.settled


def test_a_mesh_in_one_place_has_not_settled_by_its_width(monkeypatch):
    places = iter([np.zeros((468, 3)), np.full((468, 3), 2.0)] * 3)
    monkeypatch.setattr(FaceMesh, "_landmarks_in", lambda *_: (next(places), 1.0))
    assert FaceMesh()._track(PICTURE, Square(1, 2, 3, 0)).moved == pytest.approx(2e6)


@pytest.mark.parametrize(
    ("presence", "off", "moved", "kept"),
    [
        (0.999, 90, 0.008, True),  # certain: believed
        (0.99, 15, 0.008, True),
        (0.99, 15.1, 0.008, False),
        (0.999, 15, 0.5, True),
        (0.999, 16, 0.5, False),
    ],
)
def test_a_doubtful_mesh_is_believed_where_the_detector_agrees(
    monkeypatch, presence, off, moved, kept
):
    """As far as 15% of the mesh's width, which is 100 px."""
    points = spread_mesh(0, 0, 0)
    seen = agreeing_face(0, off)
    asked = []
    track = Track(points, presence, moved)
    monkeypatch.setattr(FaceMesh, "_track", lambda self, p, square: asked.append(square) or track)
    found = FaceMesh()._confirmed(PICTURE, seen)
    assert found.presence == (presence if kept else 0.0) and found.points is points
    assert asked[0].side == 1.5 * 90  # the face's square


def searched(monkeypatch, upright, faces=(), turned=(), confirmed=None):
    """Search with these answers; return what was found and what was looked at."""
    seen = {"squares": [], "detect": [], "confirmed": []}
    answers = iter(turned)

    def track(self, pixels, square):
        seen["squares"].append(square)
        return next(answers)

    def detect(self, pixels):
        seen["detect"].append(pixels)
        return list(faces)

    def confirm(self, pixels, face):
        seen["confirmed"].append((pixels.shape, face))
        return confirmed

    monkeypatch.setattr(FaceMesh, "_track", track)
    monkeypatch.setattr(FaceMesh, "detect", detect)
    monkeypatch.setattr(FaceMesh, "_confirmed", confirm)
    picture = np.arange(60 * 100 * 3).reshape(60, 100, 3).astype(np.uint8)
    return FaceMesh()._search(picture, upright), seen


def at(x, presence, moved=0.0):
    return Track(spread_mesh(x, 0, 0), presence, moved)


@pytest.mark.parametrize(("off", "presence"), [(0, 0.5), (15, 0.9)])
def test_an_upright_mesh_that_the_detector_agrees_with_is_the_answer(monkeypatch, off, presence):
    """The detector sees the picture with a border of a quarter of its longer side, 25 px."""
    upright = at(0, presence)
    far = agreeing_face(400, 0)
    (points, sure), seen = searched(monkeypatch, upright, [far, agreeing_face(25, off, 25)])
    assert points is upright.points and sure == presence
    assert seen["squares"] == [] and seen["confirmed"] == []
    (padded,) = seen["detect"]
    assert padded.shape == (110, 150, 3)
    picture = np.arange(60 * 100 * 3).reshape(60, 100, 3).astype(np.uint8)
    expected = np.pad(picture, ((25, 25), (25, 25), (0, 0)), mode="edge")
    np.testing.assert_array_equal(padded, expected)


@pytest.mark.parametrize(
    ("presence", "moved", "off"), [(0.49, 0, 0), (0.9, 0.5, 0), (0.9, 0, 16), (0.9, 0, None)]
)
def test_otherwise_the_picture_is_turned_by_quarters(monkeypatch, presence, moved, off):
    faces = [] if off is None else [agreeing_face(25, off, 25)]
    turned = [at(1, 0.2), at(2, 0.95), at(3, 0.99, 0.5)]  # the last never settled
    (points, sure), seen = searched(monkeypatch, at(0, presence, moved), faces, turned, at(40, 0.3))
    assert points[0, 0] == 2 and sure == 0.95
    expected = [Square(49.0, 28.2, 150.0, k * np.pi / 2) for k in (1, 2, 3)]
    assert seen["squares"] == expected
    assert [shape for shape, _ in seen["confirmed"]] == [(110, 150, 3)] * len(faces)


def test_a_face_of_the_detector_comes_back_to_the_picture(monkeypatch):
    far, near = agreeing_face(0, 0), agreeing_face(40, 0, 20)  # in the picture with its border
    turned = [at(k, 0.2) for k in (1, 2, 3)]
    (points, sure), seen = searched(monkeypatch, at(0, 0.4), [far, near], turned, at(60, 0.8))
    assert sure == 0.8 and points[0].tolist() == [35, -25, 0]
    assert seen["confirmed"][0][1] is near


def test_what_never_settles_is_no_face(monkeypatch):
    (_, sure), _ = searched(monkeypatch, at(0, 0.9, 0.5), turned=[at(1, 0.9, 0.5)] * 3)
    assert sure == 0.0


def test_a_certain_mesh_is_not_questioned(monkeypatch):
    certain, doubtful = at(3, 0.9995), at(3, 0.99)
    monkeypatch.setattr(FaceMesh, "_search", lambda self, pixels, upright: ("asked", upright))
    for track, asked in ((certain, False), (doubtful, True)):
        monkeypatch.setattr(FaceMesh, "_track", lambda self, p, square, track=track: track)
        first, second = FaceMesh().landmarks(PICTURE)
        assert (first, second) == ("asked", doubtful) if asked else second == 0.9995


def test_the_whole_picture_is_one_window_by_default(monkeypatch):
    asked = []

    def propose(pixels, sides, min_score):
        asked.append((sides, min_score))
        return Candidates(np.array([[1, 2, 3, 4.0]]), np.array([0.75]), np.zeros((1, 6, 2)))

    monkeypatch.setattr(module, "propose", propose)
    (face,) = FaceMesh().detect(PICTURE)
    assert face.score == 0.75 and face.box.tolist() == [1, 2, 3, 4]
    FaceMesh(min_score=0.25).detect(PICTURE, [30, 20])
    assert asked == [([100], 0.5), ([30, 20], 0.25)]


def test_the_hash_of_the_models_is_16_digits():
    assert len(module.models_hash()) == 16


def test_a_pose_is_known_from_a_presence_of_one_half(monkeypatch):
    points = np.stack([canonical_face().points] * 2).astype(np.float32)
    answer = points, np.array([0.5, 0.49], np.float32)
    monkeypatch.setattr(estimate.FaceMesh, "landmarks_batch", lambda *_, **__: answer)
    found = estimate_pose([PICTURE, PICTURE])
    np.testing.assert_allclose(found.iloc[0], [0, 0, 0, 0.5], atol=1e-4)
    assert found.iloc[1, :3].isna().all()


def test_what_scikit_learn_is_told():
    tags = HeadPose().__sklearn_tags__()
    assert not tags.requires_fit and not tags.input_tags.two_d_array
    assert tags.input_tags.three_d_array and HeadPose().__sklearn_is_fitted__()


@pytest.mark.parametrize(
    ("true", "slope"),
    [([0.0, 2], np.nan), ([0.0, 0, 3], 2), ([-1.0, 1, -1, 1], 2), ([-0.9, 0.9, -0.9, 0.9], np.nan)],
)
def test_a_slope_needs_three_heads_that_differ_by_a_degree(true, slope):
    """The standard deviation of the third is 1; answers are twice the truth and one more."""
    frame = pd.DataFrame({"yaw": true, "pitch": 0.0, "roll": 5.0})
    found = pose_error(frame, frame * 2 + 1).set_index(["angle", "yaw_bin"])
    row = found.loc[("yaw", "all")]
    assert row["slope"] == pytest.approx(slope, nan_ok=True)
    assert row["bias"] == pytest.approx(np.mean(true) + 1)
    assert row["mae"] == pytest.approx(np.abs(np.array(true) + 1).mean())
    assert row["n"] == len(true) and np.isnan(found.loc[("roll", "all"), "slope"])
    assert ("yaw", "0-10") in found.index and ("yaw", "10-20") not in found.index


def test_the_canonical_face_is_mediapipes_with_y_and_z_turned():
    """As published: the first vertices, and the first of the 33 points with their weights."""
    face = canonical_face()
    np.testing.assert_allclose(face.points[0], [0, 3.406404, -5.979507])
    np.testing.assert_allclose(face.points[1], [0, 1.126865, -7.475604])
    right, left = face.points[33], face.points[263]
    np.testing.assert_allclose(right, [-4.445859, -2.663991, -3.173422], atol=1e-6)
    np.testing.assert_allclose(left, right * [-1, 1, 1], atol=1e-6)
    assert face.basis[:3].tolist() == [4, 6, 10]
    np.testing.assert_allclose(face.weights[:2], [0.070909939706326, 0.032100144773722], rtol=1e-6)
    assert face.weights.dtype == np.float64


@pytest.mark.parametrize("columns", [2, 3])
def test_pixel_centres_of_a_chip_lie_at_half_integers(columns):
    """Of a chip at half the size the first pixel is the mean of four: its centre is at 0.5, 0.5."""
    inner, positions = utkface_template()
    landmarks = np.zeros((468, columns))
    landmarks[inner, :2] = positions
    whole = [[1, 0, 0], [0, 1, 0]]
    np.testing.assert_allclose(chip_to_image(landmarks), whole, atol=1e-9)
    half = [[2, 0, 0.5], [0, 2, 0.5]]
    np.testing.assert_allclose(chip_to_image(landmarks, 100), half, atol=1e-9)
    for wrong in (landmarks[:467], landmarks[None], landmarks[:, 0]):
        with pytest.raises(ValueError, match=r"must have shape \(468, 2\) or \(468, 3\)"):
            chip_to_image(wrong)


def test_a_similarity_needs_points_that_are_known_and_apart():
    source = np.array([[0, 0], [1, 0], [0, 2.0]])
    small = similarity(source, source * 1e-4 + 7)
    np.testing.assert_allclose(small, [[1e-4, 0, 7], [0, 1e-4, 7]], atol=1e-9)
    spoilt = source.copy()
    spoilt[1, 1] = np.nan
    for pair in ((spoilt, source), (source, spoilt), (source, source * 1e-8), (source * 0, source)):
        with pytest.raises(ValueError, match="finite and not all in one place"):
            similarity(*pair)
