"""Fingerprints: what survives re-compression, and what tells one picture from another."""

import io

import cv2
import numpy as np
from PIL import Image

from basis.pictures import decode
from data.audit.details import detail_correlation, detail_image
from data.audit.fingerprints import both_hashes, fingerprint


def picture(height=48, width=64, seed=0):
    """Return a smooth colour picture with a bright top-left corner, so that turning shows."""
    noise = np.random.default_rng(seed).normal(size=(height // 8, width // 8, 3))
    pixels = cv2.resize(noise.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    pixels = np.clip(110 + 40 * pixels, 0, 255).astype(np.uint8)
    pixels[: height // 4, : width // 4] = 255
    return pixels


def encoded(image, kind="JPEG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_fingerprint_tells_files_from_pixels(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(Image.fromarray(picture()), "PNG"))
    (tmp_path / "b.png").write_bytes(encoded(Image.fromarray(picture()), "PNG", compress_level=1))
    first, second = (fingerprint(tmp_path / name) for name in ("a.png", "b.png"))
    assert first["sha256"] != second["sha256"]
    assert first["pixel_sha256"] == second["pixel_sha256"]
    assert (first["height"], first["width"]) == (48, 64)
    gone = fingerprint(tmp_path / "missing.jpg")
    assert gone["problem"] == "unreadable"


def bits_between(first, second):
    return int(np.bitwise_count(both_hashes(first)[:4] ^ both_hashes(second)[:4]).sum())


def test_both_hashes_bits_are_the_sign_of_the_horizontal_change():
    rising = np.repeat(np.linspace(0, 255, 170).astype(np.uint8)[None, :, None], 3, axis=2)
    rising = np.repeat(rising, 160, axis=0)
    assert np.bitwise_count(both_hashes(rising)[:4]).sum() == 256
    assert np.bitwise_count(both_hashes(rising[:, ::-1])[:4]).sum() == 0
    half = rising.copy()
    half[80:] = half[80:, ::-1]
    # The first two words are the upper eight rows.
    assert np.bitwise_count(both_hashes(half)[:4]).tolist() == [64, 64, 0, 0]


def test_copies_stay_near_and_other_pictures_far():
    original = picture(200, 200, seed=1)
    again = decode(encoded(Image.fromarray(original), quality=40)).pixels
    brighter = np.clip(original.astype(int) + 20, 0, 255).astype(np.uint8)
    other = picture(200, 200, seed=2)
    assert bits_between(original, again) <= 24
    assert bits_between(original, brighter) <= 24
    assert bits_between(original, other) > 60
    details = detail_image(original)
    assert detail_correlation(details, detail_image(again)) > 0.95
    assert detail_correlation(details, detail_image(np.roll(original, 6, axis=1))) > 0.9
    assert detail_correlation(details, detail_image(other)) < 0.8
    flat = np.full((50, 50, 3), 90, np.uint8)
    assert detail_correlation(detail_image(flat), details) == 0
