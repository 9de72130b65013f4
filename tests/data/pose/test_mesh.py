"""Face mesh: vendored files, threads, pixels of every kind."""

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from data.pose import models as mesh_models
from data.pose.canonical import canonical_face
from data.pose.crop import as_rgb, crop, square_to_image
from data.pose.mesh import FaceMesh, models_hash

LEFT_OUT = {"LICENSE", "NOTICE", "SOURCES.md", "pose_error.csv", "utkface_template.csv"}


@pytest.fixture(scope="module")
def portrait():
    return astronaut()[40:220, 135:315]


def test_every_model_is_listed_with_its_hash_and_source():
    files = {path.name for path in mesh_models.MODELS.iterdir()} - LEFT_OUT
    assert files == set(mesh_models.SHA256)
    sources = (mesh_models.MODELS / "SOURCES.md").read_text()
    for name, sha256 in mesh_models.SHA256.items():
        assert mesh_models.model_path(name).stat().st_size > 10_000
        assert name in sources
        assert sha256 in sources


def test_damaged_or_missing_model_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(mesh_models, "MODELS", tmp_path)
    mesh_models.model_path.cache_clear()
    with pytest.raises(FileNotFoundError, match=r"face_landmark.tflite is missing; reinstall"):
        mesh_models.model_path("face_landmark.tflite")
    (tmp_path / "face_landmark.tflite").write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"face_landmark.tflite is damaged"):
        mesh_models.model_path("face_landmark.tflite")
    mesh_models.model_path.cache_clear()


def test_models_hash_follows_the_models(monkeypatch):
    before = models_hash()
    assert before == models_hash()
    assert int(before, 16) >= 0
    changed = {**mesh_models.SHA256, "face_landmark.tflite": "0" * 64}
    monkeypatch.setattr("data.pose.mesh.SHA256", changed)
    assert models_hash() != before


def test_canonical_face_is_symmetric_upright_and_weighted():
    face = canonical_face()
    assert face.points.shape == (468, 3)
    mirrored = face.points * (-1, 1, 1)
    nearest = np.linalg.norm(face.points[:, None] - mirrored[None], axis=2).min(1)
    assert nearest.max() < 0.05  # cm
    nose, chin, forehead = face.points[4], face.points[152], face.points[10]
    assert forehead[1] < nose[1] < chin[1]  # y down
    assert nose[2] == face.points[:, 2].min()  # z into the scene: the nose is nearest
    assert face.basis.shape == face.weights.shape == (33,)
    assert (face.weights > 0).all()


def test_landmarks_lie_on_the_face(portrait):
    points, presence = FaceMesh().landmarks(portrait)
    assert points.shape == (468, 3)
    assert points.dtype == np.float32
    assert presence > 0.99
    # Read off the picture: middles of the eyes, nose tip and mouth of the astronaut.
    eyes = points[[33, 133], :2].mean(0), points[[362, 263], :2].mean(0)
    np.testing.assert_allclose(eyes, [(68, 62), (112, 64)], atol=3)
    np.testing.assert_allclose(points[1, :2], (88, 91), atol=3)
    np.testing.assert_allclose(points[[13, 14], :2].mean(0), (88, 106), atol=3)


def test_landmarks_do_not_depend_on_resolution(portrait):
    points, _ = FaceMesh().landmarks(portrait)
    large = cv2.resize(portrait, None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC)
    again, _ = FaceMesh().landmarks(large)
    assert np.abs(again[:, :2] / 6 - points[:, :2]).mean() < 1


def test_detected_face_leads_to_the_same_landmarks():
    mesh, picture = FaceMesh(), astronaut()
    (face,) = mesh.detect(picture)
    assert face.score > 0.8
    assert face.keypoints.shape == (6, 2)
    from_photo, presence = mesh.landmarks(picture, face)
    from_chip, _ = mesh.landmarks(picture[40:220, 135:315])
    assert presence > 0.99
    assert np.abs(from_photo[:, :2] - from_chip[:, :2] - (135, 40)).mean() < 1


def test_doubtful_mesh_that_contradicts_the_detector_has_no_presence(monkeypatch):
    mesh, picture = FaceMesh(), astronaut()
    (face,) = mesh.detect(picture)
    monkeypatch.setattr("data.pose.track.CERTAIN", 1.1)  # doubt everything
    assert mesh.landmarks(picture, face)[1] > 0.99
    face.keypoints[:, 0] += 40  # eyes, nose and mouth beside the face
    assert mesh.landmarks(picture, face)[1] == 0


def test_batch_equals_single_in_any_number_of_threads(portrait):
    images = [portrait, portrait[:, ::-1], portrait[20:], portrait[:, 10:]]
    mesh = FaceMesh()
    alone = [mesh.landmarks(image) for image in images]
    for n_jobs in (1, 3):
        points, presence = mesh.landmarks_batch(images, n_jobs=n_jobs)
        np.testing.assert_array_equal(points, [p for p, _ in alone])
        np.testing.assert_allclose(presence, [q for _, q in alone])


def test_one_instance_serves_many_threads(portrait):
    mesh = FaceMesh()
    expected = mesh.landmarks(portrait)[0]
    with ThreadPoolExecutor(4) as pool:
        for points, _ in pool.map(mesh.landmarks, [portrait] * 12):
            np.testing.assert_array_equal(points, expected)


def test_networks_are_loaded_once_per_thread_and_not_pickled():
    def load():
        arguments = ("face_landmark.tflite", ("conv2d_21",))
        return mesh_models.network(*arguments), mesh_models.network(*arguments)

    first, again = load()
    assert first is again
    others = []
    thread = threading.Thread(target=lambda: others.extend(load()))
    thread.start()
    thread.join()
    assert others[0] is others[1] is not first
    assert len(pickle.dumps(FaceMesh())) < 500


def test_opencv_threads_are_put_back(portrait):
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(2)
        inside = []
        FaceMesh().landmarks_batch(
            [portrait] * 2, progress=lambda *_: inside.append(cv2.getNumThreads())
        )
        assert inside == [1, 1]
        assert cv2.getNumThreads() == 2
        with pytest.raises(ValueError, match="image 1: an image must have shape"):
            FaceMesh().landmarks_batch([portrait, portrait[0, 0]])
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)


def test_wrong_settings_are_refused():
    with pytest.raises(ValueError, match="max_passes must be at least 2, not 1"):
        FaceMesh(max_passes=1)


@pytest.mark.parametrize(
    ("convert", "tolerance"),
    [
        (lambda rgb: rgb.astype(np.float64) / 255, 0),
        (lambda rgb: rgb.astype(np.float32) / 255, 0),
        (lambda rgb: rgb.astype(np.float64), 0),
        (lambda rgb: rgb.astype(np.uint16), 0),
        (lambda rgb: np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]), 0),
        (lambda rgb: rgb.tolist(), 0),
    ],
    ids=["float64", "float32", "float64 levels", "uint16", "opaque alpha", "list"],
)
def test_same_picture_in_another_form(portrait, convert, tolerance):
    converted = convert(portrait)
    if isinstance(converted, list):
        converted = np.array(converted, dtype=np.uint8)
    np.testing.assert_allclose(as_rgb(converted), portrait, atol=tolerance)


def test_grey_is_repeated_and_transparent_is_white():
    grey = np.array([[0, 100], [200, 255]], dtype=np.uint8)
    for image in (grey, grey[:, :, None]):
        np.testing.assert_array_equal(as_rgb(image), np.dstack([grey] * 3))
    clear = np.zeros((2, 2, 4), dtype=np.uint8)
    assert (as_rgb(clear) == 255).all()


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (np.zeros((5, 5, 2), np.uint8), r"not \(5, 5, 2\)"),
        (np.zeros(5, np.uint8), r"not \(5,\)"),
        (np.zeros((0, 5, 3), np.uint8), "has no pixels"),
        (np.full((5, 5, 3), -0.1), "values from -0.1 to -0.1: undo its normalisation"),
        (np.full((5, 5, 3), 300), "dtype int64 and values from 300 to 300"),
        (np.full((5, 5, 3), 65535, np.uint16), "divide 16-bit pictures by 257"),
        (np.full((5, 5, 3), np.nan), "NaN"),
        ("face.jpg", "must have shape"),
    ],
)
def test_what_is_not_an_image_is_refused_in_a_sentence(image, sentence):
    with pytest.raises(ValueError, match=sentence):
        FaceMesh().landmarks(image)


def test_a_mask_is_no_picture(portrait):
    with pytest.raises(TypeError, match="a mask is no picture"):
        as_rgb(portrait > 100)


def test_crop_of_the_whole_picture_is_the_picture(portrait):
    whole = square_to_image(90, 90, 180, 0, 180)
    np.testing.assert_array_equal(crop(portrait, whole, 180, cv2.BORDER_CONSTANT), portrait)


def test_crop_shrinks_without_aliasing_and_without_shift():
    fine = np.indices((640, 640)).sum(0) % 2 * 255  # a checkerboard of pixels
    fine = np.repeat(fine.astype(np.uint8)[:, :, None], 3, axis=2)
    small = crop(fine, square_to_image(320, 320, 640, 0, 64), 64, cv2.BORDER_REPLICATE)
    assert np.abs(small.astype(int) - 128).max() <= 2
    ramp = np.tile(np.linspace(0, 255, 640), (640, 1)).astype(np.uint8)
    ramp = np.repeat(ramp[:, :, None], 3, axis=2)
    small = crop(ramp, square_to_image(320, 320, 320, 0, 64), 64, cv2.BORDER_REPLICATE)
    straight = ramp[160:480:5, 160:480:5].astype(int)
    assert np.abs(small.astype(int) - straight)[2:-2, 2:-2].max() <= 2


@pytest.mark.parametrize("x", [-500, 90, 900])
def test_crop_outside_the_picture_has_the_border(portrait, x):
    square = square_to_image(x, 90, 60, 0.3, 48)
    black = crop(portrait, square, 48, cv2.BORDER_CONSTANT)
    repeated = crop(portrait, square, 48, cv2.BORDER_REPLICATE)
    assert (black == 0).all() == (x != 90)
    assert repeated.any()


def test_crop_of_a_picture_wider_than_opencv_warps():
    wide = np.zeros((64, 40_000, 3), dtype=np.uint8)
    wide[:, 39_000:39_064] = 200
    chip = crop(wide, square_to_image(39_032, 32, 64, 0, 32), 32, cv2.BORDER_CONSTANT)
    assert np.median(chip) == 200
