"""Conditions, levels and pictures that are refused, each with a sentence."""

import numpy as np
import pytest

from data import DataError, stress

FACES = np.random.default_rng(0).integers(0, 256, (1, 40, 40, 3), dtype=np.uint8)


def test_a_condition_that_does_not_exist_is_refused_with_the_nearest_name():
    with pytest.raises(DataError, match="did you mean 'sharpen'"):
        stress.change(FACES, "sharpn", 3, ["a"])


@pytest.mark.parametrize(("name", "level"), [("blur", -1), ("jpeg", 0), ("rotation", 200)])
def test_a_level_out_of_range_is_refused_with_the_range(name, level):
    with pytest.raises(DataError, match=f"{name}: level {level} is out of range: choose from"):
        stress.change(FACES, name, level, ["a"])


def test_nan_is_no_level():
    with pytest.raises(DataError, match="out of range"):
        stress.change(FACES, "blur", float("nan"), ["a"])


@pytest.mark.parametrize(
    "images", [np.zeros((1, 20, 30, 3), np.uint8), np.zeros((1, 20, 20, 3)), np.zeros((20, 20, 3))]
)
def test_other_arrays_are_refused(images):
    with pytest.raises(ValueError, match="uint8 of shape"):
        stress.change(images, "blur", 1, ["a"])


def test_every_image_needs_a_name():
    with pytest.raises(ValueError, match="2 images, but 1 names"):
        stress.change(np.concatenate([FACES, FACES]), "blur", 1, ["a"])
