"""Sharpness of pictures, and bringing it down to that of the training pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, laplace

from pipelines.images.sharpness import MatchSharpness, sharpness


def grain(n: int, sigma: float, size: int = 96, seed: int = 0) -> np.ndarray:
    """Return colour noise of one softness, stretched to the same contrast."""
    noise = np.random.default_rng(seed).normal(size=(n, size, size, 3))
    soft = gaussian_filter(noise, (0, sigma, sigma, 0))
    return np.clip(128 + 40 * soft / soft.std(), 0, 255).astype(np.uint8)


def test_it_is_the_variance_of_the_laplacian():
    grey = grain(3, 1.0)[..., 0]
    expected = [laplace(g.astype(float), mode="mirror").var() for g in grey]
    np.testing.assert_allclose(sharpness(grey), expected, rtol=1e-5)


def test_sharp_pictures_come_down_to_the_limit_and_soft_ones_stay():
    match = MatchSharpness(0.5).fit(grain(40, 2.0))
    sharp, soft = grain(10, 0.7, seed=1), grain(10, 3.0, seed=2)
    after = sharpness(match.transform(sharp))
    assert (sharpness(sharp) > 5 * match.limit_).all()
    np.testing.assert_allclose(after, match.limit_, rtol=0.12)
    assert match.transform(soft) is soft


def test_pictures_of_another_size_are_measured_at_the_training_width():
    match = MatchSharpness(0.5).fit(grain(40, 2.0, size=96))
    large = np.stack([cv2.resize(g, (192, 192), interpolation=cv2.INTER_CUBIC)
                      for g in grain(6, 0.7, seed=1)])  # fmt: skip
    after = match.transform(large)
    assert after.shape == large.shape
    np.testing.assert_allclose(match.measure(after), match.limit_, rtol=0.15)


def test_quantile_1_only_touches_what_is_sharper_than_all():
    faces = grain(40, 2.0)
    match = MatchSharpness(1.0).fit(faces)
    assert match.transform(faces) is faces
    assert match.range_[0] < match.range_[1] <= match.limit_


def test_grey_pictures_and_read_only_maps_pass():
    grey = grain(20, 2.0)[..., 0]
    match = MatchSharpness().fit(grey)
    sharp = grain(4, 0.7, seed=1)[..., 0]
    sharp.flags.writeable = False
    kept = sharp.copy()
    assert match.transform(sharp).shape == sharp.shape
    np.testing.assert_array_equal(sharp, kept)


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="quantile must lie in 0 to 1"):
        MatchSharpness(2.0).fit(grain(4, 1.0))
    with pytest.raises(ValueError, match="0 to 255"):
        MatchSharpness().fit(grain(4, 1.0) * 9.0)


def test_pixels_in_0_to_1_are_measured_on_the_scale_of_bytes():
    faces = grain(4, 1.0)
    np.testing.assert_array_equal(sharpness(faces / 255.0), sharpness(faces))


def test_double_precision_is_measured_as_single():
    faces = grain(4, 1.0) * 0.9017  # no whole levels
    double, single = faces.astype(np.float64), faces.astype(np.float32)
    np.testing.assert_allclose(sharpness(double), sharpness(single), rtol=1e-5)
    match = MatchSharpness(0.2).fit(double)
    assert match.limit_ == pytest.approx(MatchSharpness(0.2).fit(single).limit_)
    assert (sharpness(match.transform(double)) < 1.1 * match.limit_).all()
