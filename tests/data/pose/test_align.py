"""Alignment to the crop of UTKFace."""

import os
import tarfile

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from data.pose.align import align, chip_to_image, similarity, utkface_template
from data.pose.mesh import FaceMesh


@pytest.fixture(scope="module")
def photo():
    mesh, picture = FaceMesh(), astronaut()
    (face,) = mesh.detect(picture)
    return picture, mesh.landmarks(picture, face)[0]


def landmarks_at(positions):
    """A mesh whose inner points lie there."""
    points = np.zeros((468, 3), dtype=np.float32)
    points[utkface_template()[0], :2] = positions
    return points


def test_template_is_a_face():
    landmarks, positions = utkface_template()
    assert len(set(landmarks)) == len(positions) == 43
    assert (positions > 0).all()
    assert (positions < 200).all()
    at = dict(zip(landmarks.tolist(), positions.tolist(), strict=True))
    assert at[33][0] < at[133][0] < at[362][0] < at[263][0]  # eye corners in order
    assert at[168][1] < at[2][1] < at[17][1]  # bridge, base of the nose, lower lip


def test_similarity_recovers_turn_scale_and_shift():
    rng = np.random.default_rng(0)
    source = rng.normal(size=(20, 2))
    c, s = np.cos(0.7), np.sin(0.7)
    expected = np.array([[3 * c, -3 * s, 5], [3 * s, 3 * c, -2]])
    target = source @ expected[:, :2].T + expected[:, 2]
    np.testing.assert_allclose(similarity(source, target), expected, atol=1e-12)


def test_similarity_never_mirrors():
    source = np.array([[0, 0], [1, 0], [0, 2.0]])
    assert np.linalg.det(similarity(source, source * (-1, 1))[:, :2]) > 0


def test_face_that_lies_on_the_template_is_left_alone():
    picture = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    chip = align(picture, landmarks_at(utkface_template()[1]))
    assert np.abs(chip.astype(int) - picture).max() <= 1


def test_chip_does_not_depend_on_place_turn_and_size_in_the_picture(photo):
    picture, landmarks = photo
    chip = align(picture, landmarks)
    assert chip.shape == (200, 200, 3)
    matrix = cv2.getRotationMatrix2D((226, 123), 25, 1.7)
    moved = cv2.warpAffine(picture, matrix, (512, 512), flags=cv2.INTER_CUBIC)
    points = landmarks.copy()
    points[:, :2] = landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    again = align(moved, points)
    assert np.abs(again.astype(float) - chip)[20:180, 20:180].mean() < 4


def test_mesh_of_the_chip_lies_on_the_template(photo):
    points, presence = FaceMesh().landmarks(align(*photo))
    landmarks, positions = utkface_template()
    assert presence > 0.99
    assert np.abs(points[landmarks, :2] - positions).mean() < 4
    corners = np.array([[0, 0, 1], [199, 0, 1], [0, 199, 1], [199, 199, 1]])
    shift = corners @ chip_to_image(points).T - corners[:, :2]
    assert np.linalg.norm(shift, axis=1).mean() < 3  # aligning again changes next to nothing


def test_size_scales_the_same_crop(photo):
    large, small = align(*photo, size=200), align(*photo, size=50)
    assert small.shape == (50, 50, 3)
    shrunk = cv2.resize(large, (50, 50), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(float) - small).mean() < 6


def test_outside_of_the_picture_is_black(photo):
    picture, landmarks = photo
    points = landmarks.copy()
    points[:, 0] -= landmarks[:, 0].min()  # the face touches the left edge
    chip = align(picture, points)
    assert (chip[60:140, :5] == 0).all()
    assert chip[:, 150:].any()


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (np.zeros((43, 2)), r"\(468, 2\) or \(468, 3\), not \(43, 2\)"),
        (np.zeros((468, 3)), "not all in one place"),
        (np.full((468, 3), np.nan), "must be finite"),
    ],
)
def test_wrong_landmarks_are_refused(points, sentence):
    with pytest.raises(ValueError, match=sentence):
        align(astronaut(), points)


@pytest.mark.utkface
@pytest.mark.skipif("UTKFACE" not in os.environ, reason="UTKFACE is not set")
def test_utkface_chips_are_reproduced():
    """Aligning a chip of UTKFace moves it by less than 3 px in the median."""
    chips = []
    with tarfile.open(os.environ["UTKFACE"]) as archive:
        for member in archive:
            if member.name.endswith(".jpg") and len(chips) < 150:
                content = np.frombuffer(archive.extractfile(member).read(), np.uint8)
                chips.append(cv2.imdecode(content, cv2.IMREAD_COLOR)[:, :, ::-1])
            if len(chips) == 150:
                break
    points, presence = FaceMesh().landmarks_batch(chips)
    assert (presence >= 0.5).mean() > 0.98
    steps = np.arange(5, 200, 10)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    shifts = []
    for mesh in points[presence >= 0.5]:
        matrix = chip_to_image(mesh)
        moved = grid @ matrix[:, :2].T + matrix[:, 2]
        shifts.append(np.linalg.norm(moved - grid, axis=1).mean())
    assert np.median(shifts) < 3
