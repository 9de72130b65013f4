"""Boxes, anchors and windows of the detector by hand: no network, no picture of a person."""

import numpy as np
import pytest

from data.pose import boxes
from data.pose.boxes import Candidates, anchors, overlap, propose, shared_area, suppress

BOX = np.array([0.0, 0, 10, 20])


def test_anchors_stand_in_the_middle_of_their_cells():
    found = anchors()
    assert found.shape == (16 * 16 * 2 + 8 * 8 * 6, 2)
    assert found[[0, 1, 2]].tolist() == [[1 / 32, 1 / 32], [1 / 32, 1 / 32], [3 / 32, 1 / 32]]
    assert found[32].tolist() == [1 / 32, 3 / 32]  # the next row: y grows
    assert found[512].tolist() == [1 / 16, 1 / 16]
    assert found[518].tolist() == [3 / 16, 1 / 16]
    assert found[-1].tolist() == [15 / 16, 15 / 16]


@pytest.mark.parametrize(
    ("box", "iou", "share"),
    [
        ([0, 0, 10, 20], 1.0, 1.0),
        ([5, 0, 15, 20], 100 / 300, 0.5),
        ([0, 10, 10, 30], 100 / 300, 0.5),
        ([2, 2, 4, 6], 8 / 200, 1.0),
        ([10, 0, 20, 20], 0.0, 0.0),
        ([40, 40, 50, 60], 0.0, 0.0),
        ([5, 5, 5, 9], 0.0, 0.0),
        ([8, 4, 2, 9], 0.0, 0.0),
    ],
)
def test_what_two_boxes_share(box, iou, share):
    other = np.array(box, float)
    assert overlap(BOX, np.stack([other, BOX])) == pytest.approx([iou, 1.0])
    assert shared_area(BOX, other) == shared_area(other, BOX) == pytest.approx(share)


def test_overlapping_candidates_become_their_weighted_mean():
    """The second overlaps the first by 0.6, the third by a hair less than 0.3, the fourth not."""
    rows = np.array([[0, 0, 10, 10], [2.5, 0, 12.5, 10], [5.4, 0, 15.4, 10], [40, 0, 50, 10]])
    scores = np.array([0.5, 0.75, 0.4, 0.9])
    points = np.arange(4.0)[:, None, None] * np.ones((4, 6, 2))
    found = suppress(Candidates(rows, scores, points))
    assert found.scores.tolist() == [0.9, 0.75]
    # around the surest, the second: the first overlaps it by 0.6, the third by 0.55
    weight = np.array([0.5, 0.75, 0.4]) / 1.65
    np.testing.assert_allclose(found.boxes, [rows[3], weight @ rows[:3]])
    np.testing.assert_allclose(found.keypoints[:, 0, 0], [3, weight @ [0, 1, 2]])
    apart = suppress(Candidates(rows[[0, 2]], scores[[0, 2]], points[[0, 2]]))
    assert len(apart) == 2  # 4.6 of 15.4 is less than 0.3
    near = suppress(Candidates(rows[[0, 2]], scores[[0, 2]], points[[0, 2]]), min_overlap=0.29)
    assert len(near) == 1
    nothing = Candidates(np.empty((0, 4)), np.empty(0), np.empty((0, 6, 2)))
    assert len(suppress(nothing)) == 0


@pytest.mark.parametrize(
    ("length", "starts"),
    [
        (128, [0]), (100, [-14]), (101, [-13]), (129, [0, 1]), (192, [0, 64]), (193, [0, 32, 65]),
        (256, [0, 64, 128]),
    ],
)  # fmt: skip
def test_windows_overlap_by_half_and_reach_both_ends(length, starts):
    assert boxes._starts(length) == starts


def test_a_window_beyond_the_picture_is_black():
    picture = np.full((100, 140, 3), 7, np.uint8)
    window = boxes._window(picture, 12, -14)
    assert window.shape == (128, 128, 3)
    inside = window[:, :, 0] == 7
    assert np.flatnonzero(inside.any(axis=1)).tolist() == list(range(14, 114))
    assert inside[14].all()
    left = boxes._window(picture, -5, 0)
    assert np.flatnonzero(left[0, :, 0] == 7).tolist() == list(range(5, 128))


def test_boxes_are_brought_back_to_pixels_of_the_picture(monkeypatch):
    """A face found at (10, 20) of every window, in a picture of twice the window's size."""

    def detect(window, min_score):
        points = np.tile([10.0, 20.0], (1, 6, 1))
        return Candidates(np.array([[10.0, 20, 14, 24]]), np.array([0.5]), points)

    monkeypatch.setattr(boxes, "_detect", detect)
    found = propose(np.zeros((256, 512, 3), np.uint8), [256], 0.5)
    # windows begin at 0, 64 and 128 of the small picture, 256 wide: twice that in the large one
    assert sorted(found.boxes.tolist()) == [
        [20, 40, 28, 48],
        [148, 40, 156, 48],
        [276, 40, 284, 48],
    ]
    assert sorted(found.keypoints[:, 0].tolist()) == [[20, 40], [148, 40], [276, 40]]


def test_scores_and_boxes_from_raw_numbers(monkeypatch):
    """Anchor 2 (3/32, 1/32): centre moved by (2, -1) px, 8 by 4 px; logits of 0 and -1."""
    scores, raw = np.full((1, 896, 1), -100.0), np.zeros((1, 896, 16))
    scores[0, 2], scores[0, 5] = 0.0, -1.0
    raw[0, 2] = [2, -1, 8, 4, *[1, 3] * 6]
    answers = {boxes._SCORES: scores, boxes._BOXES: raw}
    seen = []
    monkeypatch.setattr(boxes, "network", lambda file, names: lambda x: seen.append(x) or answers)
    window = np.zeros((128, 128, 3), np.uint8)
    window[0, 0] = 255
    found = boxes._detect(window, 0.5)
    assert found.scores.tolist() == [0.5]
    assert found.boxes.tolist() == [[12 + 2 - 4, 4 - 1 - 2, 12 + 2 + 4, 4 - 1 + 2]]
    assert found.keypoints[0, 0].tolist() == [12 + 1, 4 + 3]
    assert (seen[0].min(), seen[0].max(), seen[0].shape) == (-1.0, 1.0, (1, 128, 128, 3))
    assert len(boxes._detect(window, 0.2)) == 2


def test_a_picture_is_shrunk_by_averaging_and_no_side_to_nothing(monkeypatch):
    """A board of single pixels becomes grey; of a strip 4,000 px long a row of 128 is left."""
    windows = []
    nothing = Candidates(np.empty((0, 4)), np.empty(0), np.empty((0, 6, 2)))
    monkeypatch.setattr(boxes, "_detect", lambda window, _: windows.append(window) or nothing)
    board = np.repeat((np.indices((512, 512)).sum(0) % 2 * 255)[:, :, None], 3, axis=2)
    propose(board.astype(np.uint8), [512], 0.5)
    assert len(windows) == 1 and np.abs(windows.pop().astype(int) - 128).max() <= 1
    for shape in ((1, 4000, 3), (4000, 1, 3)):
        propose(np.full(shape, 9, np.uint8), [4000], 0.5)
        assert (windows.pop() == 9).sum() == 128 * 3 and not windows
    propose(np.full((64, 64, 3), 9, np.uint8), [64, 128], 0.5)  # enlarged, and as it is
    assert [(window == 9).mean() for window in windows] == [1, 0.25]


def test_boxes_much_smaller_than_a_pixel_and_boxes_without_area():
    small = np.array([0, 0, 0.01, 0.01])
    assert overlap(small, small[None]) == pytest.approx([1.0])
    assert shared_area(small, small) == pytest.approx(1.0)
    point = np.array([3.0, 3, 3, 3])
    assert overlap(point, point[None]).tolist() == [0.0] and shared_area(point, point) == 0
    rows = np.stack([point, point])
    alone = suppress(Candidates(rows, np.array([0.5, 0.6]), np.zeros((2, 6, 2))))
    assert alone.scores.tolist() == [0.6, 0.5]


def test_an_overlap_of_exactly_the_least_is_too_small():
    """(0, 0, 2, 1) and (1, 0, 2, 1) share one half of what they cover."""
    rows = np.array([[0, 0, 2, 1], [1, 0, 2, 1.0]])
    both = Candidates(rows, np.array([0.5, 0.6]), np.zeros((2, 6, 2)))
    assert len(suppress(both, 0.5)) == 2 and len(suppress(both, 0.49)) == 1
