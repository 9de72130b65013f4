"""Each level does what its unit says; nothing hangs on order, subset or anything but the name."""

from functools import cache

import cv2
import numpy as np
import pytest
import simplejpeg

from data import stress
from data.pose.align import utkface_template
from data.stress.chip import eyes

CONDITIONS = stress.conditions()
LEVELS = [(name, level) for name, c in CONDITIONS.items() for level in c.levels]
SIDE = 200


@cache
def picture(seed=0, side=100):
    """A smooth coloured scene with some detail, far from black and white."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(60, 190, (12, 12, 3)).astype(np.float32)
    fine = rng.normal(0, 6, (side, side, 1)).astype(np.float32)
    scene = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC) + fine
    image = np.clip(np.rint(scene), 0, 255).astype(np.uint8)
    image.flags.writeable = False
    return image


def flat(value=128, side=SIDE):
    return np.full((side, side, 3), value, np.uint8)


def one(image, name, level, face_id="somebody"):
    return stress.change(image[None], name, level, [face_id])[0]


def psnr(a, b):
    return -10 * np.log10(np.mean((a.astype(float) - b.astype(float)) ** 2) / 255**2 + 1e-12)


def dots(where, side=SIDE):
    """Soft white dots on black, to be found again by their centres of mass."""
    rows, columns = np.mgrid[:side, :side]
    image = np.zeros((side, side))
    for x, y in where:
        image += 200 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 2.5**2))
    return np.repeat(np.clip(image, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def centres(image, n):
    labels, found, _, points = cv2.connectedComponentsWithStats((image[..., 0] > 60).astype("u1"))
    assert labels == n + 1, found
    return points[1:]


# what every condition promises -----------------------------------------------------------------


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_identity_level_is_the_picture_itself_and_a_copy(name):
    image = picture()
    out = one(image, name, CONDITIONS[name].identity)
    np.testing.assert_array_equal(out, image)
    assert not np.shares_memory(out, image)


@pytest.mark.parametrize(("name", "level"), LEVELS)
def test_every_level_changes_the_picture_and_leaves_the_input_alone(name, level):
    image = picture()
    before = image.copy()
    out = one(image, name, level)
    assert out.dtype == np.uint8 and out.shape == image.shape
    assert (out != image).any()
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("name", CONDITIONS)
def test_more_harm_is_a_worse_picture(name):
    """PSNR falls along the levels of one direction, averaged over ten faces."""
    c = CONDITIONS[name]
    for side in (-1, 1):
        levels = [v for v in c.mild_first(c.levels) if np.sign(v - c.identity) == side]
        values = [
            np.mean([psnr(one(picture(k), name, v, f"face {k}"), picture(k)) for k in range(10)])
            for v in levels
        ]
        assert values == sorted(values, reverse=True)
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("name", CONDITIONS)
def test_order_and_subset_do_not_matter(name):
    ids = [f"face_{k}" for k in range(6)]
    images = np.stack([picture(k) for k in range(6)])
    level = CONDITIONS[name].levels[-1]
    all_six = stress.change(images, name, level, ids)
    some = [4, 0, 3]
    again = stress.change(images[some], name, level, [ids[k] for k in some])
    np.testing.assert_array_equal(again, all_six[some])


@pytest.mark.parametrize("name", ["noise", "patch", "shift", "rotation"])
def test_what_is_random_differs_from_face_to_face(name):
    images = np.repeat(picture()[None], 12, axis=0)
    level = CONDITIONS[name].levels[-1]
    out = stress.change(images, name, level, [str(k) for k in range(12)])
    assert len({face.tobytes() for face in out}) > 1


@pytest.mark.parametrize("name", sorted(set(CONDITIONS) - {"noise", "patch", "shift", "rotation"}))
def test_what_is_not_random_is_the_same_for_all(name):
    images = np.repeat(picture()[None], 2, axis=0)
    out = stress.change(images, name, CONDITIONS[name].levels[0], ["a", "b"])
    np.testing.assert_array_equal(out[0], out[1])


def test_the_default_levels_are_in_range_and_without_the_identity():
    for c in CONDITIONS.values():
        assert 3 <= len(c.levels) <= 4
        assert all(c.check(level) != c.identity for level in c.levels)
        assert c.harm(c.identity) == 0


# what each unit says ---------------------------------------------------------------------------


@pytest.mark.parametrize("side", [200, 100])
@pytest.mark.parametrize("sigma", [2, 4, 8])
def test_blur_spreads_a_point_by_its_standard_deviation(sigma, side):
    image = np.zeros((side, side, 3), np.uint8)
    half = 6  # a square of 12 px: variance (12^2 - 1) / 12
    image[side // 2 - half : side // 2 + half, side // 2 - half : side // 2 + half] = 255
    weight = one(image, "blur", sigma)[..., 0].astype(float).sum(axis=0)
    place = np.arange(side)
    mean = (weight * place).sum() / weight.sum()
    variance = (weight * (place - mean) ** 2).sum() / weight.sum() - (12**2 - 1) / 12
    # rounding to bytes cuts the tails a little
    assert np.sqrt(variance) == pytest.approx(sigma * side / 200, rel=0.06)


@pytest.mark.parametrize("gain", [3, 6, 12])
def test_sharpening_amplifies_the_finest_detail_by_its_decibels(gain):
    stripes = np.tile([118, 138], SIDE // 2).astype(np.uint8)
    image = np.repeat(np.tile(stripes, (SIDE, 1))[..., None], 3, axis=2)
    inner = one(image, "sharpen", gain)[50:150, 50:150, 0].astype(float)
    measured = 20 * np.log10((inner.max() - inner.min()) / 20)
    assert measured == pytest.approx(gain, abs=0.3)
    np.testing.assert_array_equal(one(flat(90), "sharpen", gain), flat(90))


@pytest.mark.parametrize("level", [40, 20, 10])
def test_resolution_leaves_stripes_that_its_pixels_can_hold_and_no_finer_ones(level):
    pixel = eyes()[2] * SIDE / level  # of the small picture, in px of the chip

    def contrast_left(period):
        wave = 128 + 60 * np.cos(2 * np.pi * np.arange(SIDE) / period)
        image = np.repeat(np.tile(wave, (SIDE, 1))[..., None], 3, axis=2).astype(np.uint8)
        return one(image, "resolution", level)[60:140, 60:140, 0].astype(float).std() / 42.4

    assert contrast_left(8 * pixel) > 0.8
    assert contrast_left(pixel) < 0.15


@pytest.mark.parametrize("quality", [5, 20, 50, 90])
def test_jpeg_is_the_libjpeg_of_that_quality(quality):
    from io import BytesIO

    from PIL import Image

    image = picture()
    file = BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    expected = simplejpeg.decode_jpeg(file.getvalue(), "RGB")
    assert psnr(one(image, "jpeg", quality), expected) > 40


def test_brightness_counts_stops_of_linear_light():
    def light(value):
        v = value / 255
        return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4

    for stops in (-3, -1.5, 0.75, 1.5):
        seen = one(flat(120), "brightness", stops)[0, 0, 0]
        measured = np.log2(light(float(seen)) / light(120.0))
        assert measured == pytest.approx(stops, abs=0.12)
    assert (one(flat(220), "brightness", 1.5) == 255).all()  # clipped, not wrapped


@pytest.mark.parametrize("decibels", [-12, -6, 6])
def test_contrast_scales_the_distance_from_the_mean(decibels):
    image = np.clip(np.random.default_rng(0).normal(128, 15, (SIDE, SIDE, 1)), 0, 255)
    image = np.repeat(image.astype(np.uint8), 3, axis=2)
    out = one(image, "contrast", decibels).astype(float)
    assert 20 * np.log10(out.std() / image.std()) == pytest.approx(decibels, abs=0.2)
    assert out.mean() == pytest.approx(image.mean(), abs=0.7)


@pytest.mark.parametrize("sd", [8, 16, 32])
def test_noise_has_its_standard_deviation_in_each_colour_on_its_own(sd):
    difference = one(flat(128), "noise", sd).astype(float) - 128
    np.testing.assert_allclose(difference.std(axis=(0, 1)), sd, rtol=0.03)
    assert abs(difference.mean()) < 0.3
    correlation = np.corrcoef(difference.reshape(-1, 3).T)
    assert np.abs(correlation - np.eye(3)).max() < 0.03


def test_grey_takes_away_its_share_of_colour():
    image = picture()
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(float)[..., None]
    colour = np.abs(image - grey).mean()
    for share in (50, 75):
        left = np.abs(one(image, "grey", share) - grey).mean()
        assert left / colour == pytest.approx(1 - share / 100, abs=0.02)
    gone = one(image, "grey", 100)
    assert (gone == gone[..., :1]).all()


def test_the_band_covers_both_eyes_and_has_its_height():
    landmarks, places = utkface_template()
    lids = places[np.isin(landmarks, (33, 133, 159, 145, 362, 263, 386, 374, 160, 385))]
    for level in (0.25, 0.5, 1):
        black = (one(flat(), "eye-band", level) == 0).all(axis=2)
        assert black.any(axis=1).sum() == pytest.approx(level * 80.65, abs=1.1)
        if level >= 0.25:
            assert black[np.rint(lids[:, 1]).astype(int), np.rint(lids[:, 0]).astype(int)].all()
    mouth = places[np.isin(landmarks, (61, 291, 17))]
    assert not black[np.rint(mouth[:, 1]).astype(int), np.rint(mouth[:, 0]).astype(int)].any()


@pytest.mark.parametrize(("level", "nose"), [(0.8, False), (0.6, True), (0.35, True)])
def test_the_mask_covers_the_mouth_never_the_eyes_and_the_nose_from_its_level_on(level, nose):
    landmarks, places = utkface_template()
    cloth = (one(flat(), "mask", level) == (172, 202, 222)).all(axis=2)

    def covered(*points):
        x, y = places[np.isin(landmarks, points)].T
        return cloth[np.rint(y).astype(int), np.rint(x).astype(int)]

    assert covered(61, 291, 0, 17).all()
    assert not covered(33, 133, 362, 263, 144, 373).any()
    assert covered(2, 97, 326).all() == nose
    edge = np.flatnonzero(cloth[:, 99]).min()
    assert (edge - 60.1) / 80.65 == pytest.approx(level, abs=0.02)


@pytest.mark.parametrize("share", [5, 15, 30])
def test_the_patch_covers_its_share(share):
    image = flat(200)
    covered = (one(image, "patch", share) == 128).all(axis=2)
    assert 100 * covered.mean() == pytest.approx(share, abs=0.5)


def test_patches_of_many_faces_lie_everywhere():
    images = np.repeat(flat(200)[None], 200, axis=0)
    out = stress.change(images, "patch", 30, [str(k) for k in range(200)])
    often = (out == 128).all(axis=3).mean(axis=0)
    assert often[:10, :10].max() > 0 and often[-10:, -10:].max() > 0


@pytest.mark.parametrize("level", [10, 20, 40])
def test_the_shift_moves_by_its_share_of_the_pupil_distance(level):
    image = dots([(100, 100)])
    ways = []
    for k in range(8):
        (point,) = centres(one(image, "shift", level, str(k)), 1)
        ways.append(point - (100, 100))
    lengths = np.hypot(*np.array(ways).T)
    np.testing.assert_allclose(lengths, level / 100 * 80.65, atol=0.8)
    assert np.ptp(np.arctan2(*np.array(ways).T)) > 2  # not all in one direction


@pytest.mark.parametrize("factor", [0.7, 0.85, 1.2, 1.4])
def test_the_scale_enlarges_about_the_centre(factor):
    first, second = centres(one(dots([(69.5, 99.5), (129.5, 99.5)]), "scale", factor), 2)
    assert np.hypot(*(first - second)) / 60 == pytest.approx(factor, abs=0.02)
    np.testing.assert_allclose((first + second) / 2, (99.5, 99.5), atol=0.5)


@pytest.mark.parametrize("level", [10, 20, 40])
def test_the_rotation_turns_by_its_degrees_either_way(level):
    turns = set()
    for k in range(8):
        points = centres(one(dots([(60, 99.5), (140, 99.5)]), "rotation", level, str(k)), 2)
        left, right = points[np.argsort(points[:, 0])]
        turn = np.degrees(np.arctan2(*(right - left)[::-1]))
        assert abs(turn) == pytest.approx(level, abs=0.7)
        turns.add(np.sign(turn))
    assert turns == {-1, 1}


# what is refused -------------------------------------------------------------------------------
