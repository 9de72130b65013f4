"""Squares, settling and doubt, by hand: no network, no picture of a person."""

import dataclasses

import numpy as np
import pytest

from data.pose import boxes, track
from data.pose.track import (
    Face,
    Square,
    Track,
    disagreement,
    most_central,
    square_of_chip,
    square_of_face,
    square_of_landmarks,
)


def face(box=(0, 0, 1, 1), keypoints=None):
    points = np.zeros((6, 2)) if keypoints is None else np.array(keypoints, float)
    return Face(np.array(box, float), 0.9, points)


def mesh(points):
    """Return a mesh of 468 points in the middle, but for these."""
    out = np.full((468, 3), (25.0, 30.0, 500.0))
    for number, place in points.items():
        out[number, :2] = place
    return out


def turned(points, degrees, about):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    out = points.copy()
    out[:, :2] = (points[:, :2] - about) @ np.array([[c, s], [-s, c]]) + about
    return out


def test_a_detected_face_is_enlarged_and_its_eyes_are_level():
    wide = square_of_face(face((10, 20, 70, 60), [(15, 30), (25, 40), *[(9, 9)] * 4]))
    assert (wide.x, wide.y, wide.side) == (40, 40, 90)
    assert wide.angle == pytest.approx(np.pi / 4)
    high = square_of_face(face((10, 20, 40, 100), [(30, 30), (10, 30), *[(9, 9)] * 4]))
    assert (high.x, high.y, high.side) == (25, 60, 120)
    assert high.angle == pytest.approx(np.pi)


def test_a_chip_begins_where_tracking_ends_in_the_median():
    assert square_of_chip((100, 200, 3)) == Square(98.0, 47.0, 300.0, 0.0)
    assert square_of_chip((200, 100)) == Square(49.0, 94.0, 300.0, 0.0)


@pytest.mark.parametrize("degrees", [0, 30, -70, 150])
def test_the_next_square_holds_the_mesh_along_the_line_of_the_eyes(degrees):
    """Outer eye corners are landmarks 33 and 263; the mesh is 50 wide and 60 high."""
    level = mesh({33: (10, 20), 263: (30, 20), 5: (0, 0), 6: (50, 60)})
    found = square_of_landmarks(turned(level, degrees, (7, 11)))
    middle = turned(np.array([[25.0, 30.0]]), degrees, (7, 11))[0]
    assert (found.x, found.y) == pytest.approx(tuple(middle))
    assert found.side == pytest.approx(90)
    assert found.angle == pytest.approx(np.radians(degrees))


@pytest.mark.parametrize(
    ("moved", "presence", "settled", "certain"),
    [
        (0.008, 0.999, True, True),
        (0.0081, 0.9999, False, False),
        (0.008, 0.9989, True, False),
        (0.0, 1.0, True, True),
    ],
)
def test_a_mesh_is_certain_once_it_has_settled_and_is_sure(moved, presence, settled, certain):
    found = Track(np.zeros((468, 3)), presence, moved)
    assert (found.settled, found.certain) == (settled, certain)


def around(x, y, width, height=2.0):
    return face((x - width / 2, y - height / 2, x + width / 2, y + height / 2))


@pytest.mark.parametrize(
    "others",
    [
        [(30, 61, 0)],  # further off
        [(41, 50, 0)],
        [(19, 50, 0)],
        [(30, 36.1, 8)],  # 13.9 - 4 is 9.9, but 10 - 0.2 is less
        [(30, 69, 18)],  # 19 - 9
        [(50, 30, 2), (0, 0, 6)],  # the centre, were height and width exchanged; and the origin
        [(60, 100, 4), (20, 33.3, 2)],  # twice as far, and a third
    ],
)
def test_the_most_central_face_of_a_picture_60_wide_and_100_high(others):
    wanted = around(30, 60, 0.4)
    faces = [around(*other) for other in others]
    assert most_central([*faces, wanted], (100, 60, 3)) is wanted
    assert most_central([wanted, *faces], (100, 60, 3)) is wanted


def test_a_larger_face_may_lie_a_little_further_out():
    small, large = around(30, 60, 0.4), around(30, 61.2, 3)  # 9.8, and 11.2 - 1.5
    assert most_central([small, large], (100, 60, 3)) is large


def agreeing():
    """Return a mesh 100 px wide and a face whose keypoints lie on it."""
    points = mesh({7: (0, 0), 8: (100, 300)})
    return points, face(keypoints=[(25, 30)] * 4 + [(900, 900)] * 2)


@pytest.mark.parametrize("number", [33, 133, 362, 263, 1, 4, 13, 14])
def test_mesh_and_detector_are_compared_at_eyes_nose_and_mouth(number):
    points, seen = agreeing()
    assert disagreement(points, seen) == 0
    points[number, :2] += (-12, 16)  # 20 px: the mean of two moves by half
    assert disagreement(points, seen) == pytest.approx(0.1)
    points[number, :2] -= (-12, 16)
    points[[number - 1, number + 1], 2] += 50  # depth has no say
    assert disagreement(points, seen) == 0


def test_other_landmarks_are_not_compared_and_the_largest_distance_counts():
    points, seen = agreeing()
    others = np.setdiff1d(np.arange(468), [33, 133, 362, 263, 1, 4, 13, 14, 7, 8])
    points[others, 1] += 90
    assert disagreement(points, seen) == 0
    seen.keypoints[:4, 1] += [10, 40, 20, 5]
    assert disagreement(points, seen) == pytest.approx(0.4)
    line = np.zeros((468, 3))
    assert disagreement(line, face(keypoints=[(0, 3)] * 6)) == pytest.approx(3e6)


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (face(), "score"),
        (Square(1, 2, 3, 0), "x"),
        (boxes.Candidates(np.empty((0, 4)), np.empty(0), np.empty((0, 6, 2))), "scores"),
    ],
)
def test_what_is_passed_on_cannot_be_changed(thing, name):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(thing, name, 0)
    assert track.MARGIN == 1.5  # what the landmark network was trained with
