"""Faces found in photographs."""

import numpy as np
import pytest
from skimage import data as pictures
from skimage.transform import resize

from data.pose.boxes import MIN_SHARE, Candidates, anchors, overlap, propose, shared_area, suppress
from data.pose.detect import find_faces, window_sides

ASTRONAUT = np.array([179, 69, 273, 177])  # the mesh's extent in the picture, read off it


@pytest.fixture(scope="module")
def astronaut():
    return pictures.astronaut()


def scaled(picture, factor):
    shape = (round(picture.shape[0] * factor), round(picture.shape[1] * factor))
    return (resize(picture, shape, anti_aliasing=True) * 255).astype(np.uint8)


def test_one_face_with_everything_a_contender_needs(astronaut):
    (face,) = find_faces(astronaut)
    assert overlap(face.box, ASTRONAUT[None].astype(float))[0] > 0.8
    assert face.score > 0.8
    assert face.presence > 0.99
    assert face.landmarks.shape == (468, 3)
    assert face.chip.shape == (200, 200, 3)
    assert face.chip.dtype == np.uint8
    assert abs(face.yaw) < 15
    assert abs(face.pitch) < 25
    assert abs(face.roll) < 15


def test_grey_photograph_of_a_half_profile():
    (face,) = find_faces(pictures.camera(), size=96)  # the cameraman looks to larger x
    assert face.yaw > 30
    assert face.chip.shape == (96, 96, 3)


@pytest.mark.parametrize(
    "name", ["brick", "chelsea", "coffee", "coins", "grass", "page", "rocket", "text"]
)
def test_no_face_is_an_empty_list(name):
    assert find_faces(getattr(pictures, name)()) == []


def test_small_faces_among_large_ones(astronaut):
    head = astronaut[0:230, 110:340]
    picture = np.full((600, 900, 3), 90, dtype=np.uint8)
    picture[200:430, 60:290] = head
    picture[250:365, 420:535] = scaled(head, 0.5)
    picture[60:164, 700:804] = scaled(head, 0.45)
    faces = find_faces(picture)
    assert len(faces) == 3
    widths = [face.box[2] - face.box[0] for face in faces]
    assert widths == sorted(widths, reverse=True)
    np.testing.assert_allclose(widths, [94, 47, 42], rtol=0.15)
    assert widths[2] / 900 < 0.055  # of the picture's width


def test_smaller_faces_than_asked_for_are_not_searched(astronaut):
    picture = np.full((500, 500, 3), 90, dtype=np.uint8)
    picture[200:269, 200:269] = scaled(astronaut[0:230, 110:340], 0.3)
    assert len(find_faces(picture, min_size=0.04)) == 1
    assert find_faces(picture, min_size=0.9) == []


@pytest.mark.parametrize("quarters", [1, 3])
def test_turned_picture_gives_the_upright_chip(astronaut, quarters):
    (expected,) = find_faces(astronaut)
    (face,) = find_faces(np.rot90(astronaut, quarters))
    assert np.abs(face.chip.astype(float) - expected.chip)[50:150, 50:150].mean() < 25


def test_panorama_costs_what_it_shows(astronaut):
    panorama = np.full((512, 20_000, 3), 128, dtype=np.uint8)
    panorama[:, 12_000:12_512] = astronaut
    (face,) = find_faces(panorama, min_size=0.15)
    assert face.box[0] == pytest.approx(12_179, abs=8)


@pytest.mark.parametrize("shape", [(1, 1, 3), (10, 10, 3), (2, 300, 3), (300, 2)])
def test_tiny_pictures_have_no_face(shape):
    assert find_faces(np.full(shape, 100, dtype=np.uint8)) == []


@pytest.mark.parametrize("min_size", [0, -1, 1.5])
def test_impossible_size_is_refused(astronaut, min_size):
    with pytest.raises(ValueError, match="min_size must be above 0 and at most 1"):
        find_faces(astronaut, min_size=min_size)


@pytest.mark.parametrize("shape", [(480, 640), (3000, 20_000), (100, 100), (200, 40_000)])
def test_windows_reach_from_the_picture_to_the_smallest_face(shape):
    sides = window_sides(*shape, min_size=0.06)
    assert sides[0] == min(max(shape), 2 * min(shape))
    assert sides[-1] == pytest.approx(max(0.06 * min(shape), 12) / MIN_SHARE)
    assert (np.divide(sides[:-1], sides[1:]) <= 2.0001).all()


def test_anchors_cover_the_window():
    assert anchors().shape == (896, 2)
    assert anchors().min() == pytest.approx(1 / 32)
    np.testing.assert_allclose(anchors().mean(0), 0.5)


def test_overlap_and_shared_area_by_hand():
    box = np.array([0, 0, 2, 2.0])
    others = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6], [0, 0, 1, 1.0]])
    np.testing.assert_allclose(overlap(box, others), [1, 1 / 3, 0, 1 / 4])
    assert shared_area(box, others[3]) == 1
    assert shared_area(box, others[1]) == pytest.approx(0.5)


def test_suppression_merges_by_score():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60.0]])
    keypoints = boxes[:, None, :2].repeat(6, axis=1)
    merged = suppress(Candidates(boxes, np.array([0.6, 0.9, 0.7]), keypoints))
    np.testing.assert_allclose(merged.scores, [0.9, 0.7])
    np.testing.assert_allclose(merged.boxes[0], [0.6, 0, 10.6, 10])
    np.testing.assert_allclose(merged.keypoints[0, 0], [0.6, 0])


def test_no_candidates_stay_none():
    assert len(propose(np.zeros((64, 64, 3), np.uint8), [64], 0.5)) == 0
