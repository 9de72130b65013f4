"""The pixel store: decoded once, in order, complete or absent."""

import multiprocessing
import resource
import signal

import numpy as np
import pytest
from face_folders import load
from PIL import Image

import data


def test_pixels_are_decoded_once_and_in_order(folder, tmp_path):
    faces = load(folder, tmp_path)
    stages = []
    images = faces.images(
        64, progress=lambda stage, done, total: stages.append((stage, done, total))
    )
    assert images.shape == (30, 64, 64, 3) and images.dtype == np.uint8
    assert stages[-1] == ("decode at 64 px", 30, 30)
    assert not images.flags.writeable
    for row in (0, 17, 29):
        with Image.open(faces.paths()[row]) as image:
            expected = np.asarray(image.convert("RGB")).astype(int)
        assert np.abs(images[row] - expected).max() <= 3
    stages.clear()
    again = load(folder, tmp_path).images(64, progress=lambda *event: stages.append(event))
    np.testing.assert_array_equal(again, images)
    assert stages == []
    assert faces.images(24).shape == (30, 24, 24, 3)
    with pytest.raises(data.DataError, match="8 to 2048"):
        faces.images(4)


def test_a_file_that_became_another_picture_is_not_stored_as_the_audited_one(folder, tmp_path):
    faces = load(folder, tmp_path)
    first, second = faces.paths()[:2]
    before = faces.images(16)[0].copy()
    first.write_bytes(second.read_bytes())
    with pytest.raises(data.DataError, match="has changed since the data set was checked"):
        faces.images(24)
    assert not list((tmp_path / "cache" / "pixels").glob("*-24-*"))
    np.testing.assert_array_equal(faces.images(16)[0], before)  # decoded when it was that picture
    again = load(folder, tmp_path)
    assert again.images(24).shape[1] == 24


def test_a_file_that_breaks_between_audit_and_decoding(folder, tmp_path):
    faces = load(folder, tmp_path)
    faces.paths()[3].unlink()
    with pytest.raises(data.DataError, match="was readable when the data set was checked"):
        faces.images(64)
    assert list((tmp_path / "cache" / "pixels").glob("*.npy")) == []


def _small_disk(folder, cache, answers):
    """Load under a limit on file sizes: the kernel refuses to write more, as a full disk does."""
    faces = data.load(folder, cache=cache, pose=False)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        faces.images(128)
    except data.DataError as error:
        answers.put(str(error))
    else:
        answers.put("written")


def test_a_full_disk_is_an_error_and_leaves_no_store(folder, tmp_path):
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=_small_disk, args=(folder, tmp_path / "cache", answers))
    process.start()
    answer = answers.get(timeout=60)
    process.join()
    assert process.exitcode == 0
    assert answer.startswith("no room for")
    assert list((tmp_path / "cache" / "pixels").glob("*[!k]")) == []
