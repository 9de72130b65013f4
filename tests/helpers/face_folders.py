"""Small folders of pictures for the tests of the data layer."""

import csv

import cv2
import numpy as np
from PIL import Image

import data


def photo(seed, side=64):
    """Return pixels of a picture that resembles no other: smooth noise."""
    noise = np.random.default_rng(seed).normal(size=(9, 9, 3)).astype(np.float32)
    pixels = cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(128 + 50 * pixels, 0, 255).astype(np.uint8)


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def chip(age, gender, number):
    return f"{age}_{gender}_0_201701010000{number:05d}.jpg"


def load(source, tmp_path, **options):
    return data.load(source, cache=tmp_path / "cache", pose=False, **options)


def found(faces, problem):
    return faces.audit.loc[faces.audit["problem"] == problem]


def reason(faces, face_id):
    return faces.table.set_index("face_id").loc[face_id.split(".")[0], "drop_reason"]


def write_csv(path, rows, header=("path", "age", "gender")):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path
