"""Photographs of iPhones: HEIC in a data set and for ``study predict``, with the extra ``heif``."""

import json

import numpy as np
import pytest
from PIL import Image

import data
from basis import pictures
from basis.pictures import decode
from study.__main__ import call

pytest.importorskip("pillow_heif", reason="the extra heif is not installed")


@pytest.fixture(scope="module")
def photos(small_faces, tmp_path_factory):
    """Twelve faces as HEIC: one of them lies on its side, and says so."""
    folder = tmp_path_factory.mktemp("heic")
    for number, path in enumerate(sorted(small_faces.iterdir())[::8]):
        with Image.open(path) as face:
            face = face.convert("RGB").resize((256, 256))
            exif = face.getexif()
            if number == 3:
                face, exif[0x0112] = face.transpose(Image.Transpose.ROTATE_90), 6
            name = path.name.split(".")[0] + (".HEIC" if number % 2 else ".heif")
            face.save(folder / name, format="HEIF", quality=90, exif=exif.tobytes())
    return folder


def test_a_data_set_of_heic(photos, small_faces):
    faces = data.load(photos, pose=False)
    assert len(faces) == 12
    assert faces.table["keep"].all()
    jpegs = data.load(small_faces, pose=False)
    for face_id, image in zip(faces.table["face_id"], faces.images(64), strict=True):
        original = jpegs.images(64)[jpegs.table["face_id"].tolist().index(face_id)]
        assert np.abs(image.astype(int) - original).mean() < 6


def test_predict_answers_as_for_the_same_pixels(photos, finished, tmp_path, capsys):
    model = finished.path / "models" / "hog-linear"
    paths = sorted(photos.iterdir())
    for path in paths:
        Image.fromarray(decode(path.read_bytes()).pixels).save(tmp_path / f"{path.stem}.png")
    answers = []
    for folder in (photos, tmp_path):
        capsys.readouterr()
        assert call(["predict", str(folder), "--model", str(model), "--json"]) in (0, 1)
        answers.append(json.loads(capsys.readouterr().out))
    ages = [[face["age"] for face in answer] for answer in answers]
    assert len(ages[0]) >= 8
    assert ages[0] == ages[1]


def test_what_is_installed_later_is_part_of_the_key_of_fingerprints():
    assert "pillow-heif" in pictures.DECODERS
