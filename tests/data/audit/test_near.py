"""Pairs of pictures that look alike: either way round, by hash and then by detail."""

import numpy as np
import pandas as pd
from PIL import Image
from scipy.ndimage import gaussian_filter

from data.audit import pairs as module
from data.audit.details import detail_correlation, detail_image, pair_similarity
from data.audit.fingerprints import HASH_WORDS, MIRROR_WORDS
from data.audit.pairs import face_pairs, find_near_duplicates, similar_hashes
from data.audit.policy import Policy


def noise(seed, side=64):
    return np.random.default_rng(seed).integers(0, 256, (side, side), dtype=np.uint8)


def grey(levels):
    return np.repeat(levels[:, :, None], 3, axis=2)


def test_detail_is_what_lies_between_two_blurs():
    levels = noise(0)
    plain = levels.astype(np.float64)
    expected = gaussian_filter(plain, 1, mode="mirror") - gaussian_filter(plain, 6, mode="mirror")
    found = detail_image(grey(levels))
    assert found.shape == (64, 64) and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=0.1)
    large = detail_image(grey(levels.repeat(2, axis=0).repeat(2, axis=1)))
    np.testing.assert_allclose(large, found, atol=1e-3)


def test_the_best_of_all_shifts_by_up_to_three_counts():
    wide = np.random.default_rng(0).normal(size=(80, 80)).astype(np.float32)
    at = wide[8:72, 8:72]
    for dy, dx in ((3, -3), (-3, 3), (0, 0), (-2, -3)):
        assert detail_correlation(at, wide[8 + dy : 72 + dy, 8 + dx : 72 + dx]) > 0.999
    for dy, dx in ((4, 0), (0, -4), (-4, 0), (0, 4)):
        assert detail_correlation(at, wide[8 + dy : 72 + dy, 8 + dx : 72 + dx]) < 0.2
    assert detail_correlation(at, -at) < 0.2
    assert detail_correlation(at * 0.01, at * 0.01) > 0.999


def test_a_flat_picture_is_like_none():
    rough = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
    border = rough.copy()
    border[3:-3, 3:-3] = 0
    flat = np.zeros_like(rough)
    assert detail_correlation(border, rough) == 0
    assert detail_correlation(flat, flat) == detail_correlation(rough, flat) == 0
    assert detail_correlation(rough * 1e-4, rough) == detail_correlation(rough, rough * 1e-4) == 0


def test_pictures_of_pairs_are_read_once_and_in_any_number(tmp_path):
    """70 pictures in two chunks, the last a mirror image of the first; the second in no pair."""
    paths = [tmp_path / f"{i}.png" for i in range(70)]
    for i, path in enumerate(paths[:-1]):
        if i != 1:
            Image.fromarray(noise(i)).save(path)
    Image.fromarray(np.ascontiguousarray(noise(0)[:, ::-1])).save(paths[-1])
    events = []
    pairs = np.array([[0, 69], [69, 0], [0, 69], *([i, i + 1] for i in range(2, 69)), [66, 66]])
    mirrored = np.array([True, True, False, *[False] * 67, False])
    found = pair_similarity(
        paths, pairs, mirrored, n_jobs=1, progress=lambda *event: events.append(event)
    )
    assert found.dtype == np.float32 and len(found) == len(pairs)
    assert found[[0, 1, -1]].min() > 0.999
    assert found[2:-1].max() < 0.3
    assert events == [("compare pixels", done, 69) for done in (64, 69)]
    assert len(pair_similarity(paths, np.empty((0, 2), int), np.empty(0, bool))) == 0


def words(*rows):
    """Return hashes of pictures and of their mirror images from their lowest numbers."""
    out = np.zeros((len(rows), 8), np.uint64)
    for row, (plain, turned) in zip(out, rows, strict=True):
        row[0], row[7] = plain, turned
        row[[1, 5]] = 2**64 - 1, 0  # no hash is near a mirrored one unless a test makes it so
    return out


def test_pairs_are_told_once_whichever_way_round():
    """1 is near 0; 3 is 2 mirrored; 4 is symmetric, and so is 5, which is near 4 both ways."""
    table = words((0, 63), (1, 63 << 8), (0b11 << 20, 0), (0, 0), (7 << 30, 0), (0, 0))
    far = 2**40 - 1
    table[:, 2] = [0, 0, far, far, far << 10, far << 10]
    table[:, 6] = [0, 0, far << 20, far << 20, far << 10, far << 10]
    table[3, :4] = table[2, 4:] ^ np.array([0, 1, 0, 0], np.uint64)
    table[3, 4:] = table[2, :4] ^ np.array([0, 1, 0, 0], np.uint64)
    table[4, 4:] = table[4, :4]
    table[4, 4] ^= np.uint64(1 << 50)  # symmetric but for one bit
    table[5] = table[4]
    table[5, 0] ^= np.uint64(3)
    table[5, 4] ^= np.uint64(3)
    found = similar_hashes(table, 4)
    rows = found.sort_values(["row_a", "row_b", "mirrored"]).to_numpy().tolist()
    assert rows == [
        [0, 1, False, 1],
        [2, 3, True, 1],
        [4, 5, False, 2],
        [4, 5, True, 3],
    ]
    assert list(found) == ["row_a", "row_b", "mirrored", "hamming"]
    assert len(similar_hashes(table, 0)) == 0


def test_of_two_ways_round_the_likelier_is_kept():
    rows = [(0, 1, False, 0.3), (0, 2, True, 0.9), (0, 1, True, 0.8), (3, 4, False, 0.5)]
    rows += [(3, 4, True, 0.5), (0, 2, False, 0.2)]
    found = pd.DataFrame(rows, columns=["row_a", "row_b", "mirrored", "similarity"])
    kept = module._likelier_way_round(found)
    assert kept.index.tolist() == [0, 1, 2]
    assert kept["mirrored"].tolist() == [True, True, False]


def test_near_duplicates_are_rows_of_the_table_and_remembered(tmp_path, monkeypatch):
    """0 and 1 are the same file; 2 is it, a little darker; 3 has its hash and other pixels."""
    levels = noise(5).astype(float)
    for name, pixels in (("a", levels), ("c", levels * 0.9), ("d", noise(6).astype(float))):
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{name}.png")
    hashes = words((0, 63 << 40), (0, 63 << 40), (1, 63 << 40), (3, 63 << 40))
    names = dict(zip(HASH_WORDS + MIRROR_WORDS, hashes.T, strict=True))
    faces = pd.DataFrame(
        {"path": ["a.png", "a.png", "c.png", "d.png"], "pixel_sha256": ["p", "p", "q", "r"]}
    ).assign(**names)
    calls = []
    real = module.similar_hashes
    monkeypatch.setattr(
        module, "similar_hashes", lambda w, t, **k: calls.append(t) or real(w, t, **k)
    )

    def near(policy):
        options = {"n_jobs": 1, "progress": lambda *_: None}
        return find_near_duplicates(faces, tmp_path, policy, tmp_path / "cache", **options)

    found = near(Policy())
    assert found[["row_a", "row_b"]].to_numpy().tolist() == [[0, 2], [0, 3], [2, 3]]
    assert found["hamming"].tolist() == [1, 2, 1]
    assert found["verified"].tolist() == [True, False, False]
    assert not found["mirrored"].any()
    loose = near(Policy(sure_similarity=-1))
    assert loose["verified"].all() and calls == [40]
    assert len(near(Policy(near_distance=1, sure_distance=0))) == 2
    assert len(near(Policy(near_distance=0, sure_distance=1))) == 2
    assert calls == [40, 1]


def test_pairs_are_told_by_id_and_by_what_their_labels_say():
    labels = {"age": [30.0, 25.0, np.nan], "gender": ["male", "male", "female"]}
    faces = pd.DataFrame({"face_id": ["a", "b", "c"], **labels}, index=[5, 6, 7])
    near = pd.DataFrame({"row_a": [0, 1], "row_b": [1, 2], "mirrored": [True, False]})
    near = near.assign(hamming=[3, 4], similarity=[0.5, 0.6], verified=[False, True])
    found = face_pairs(faces, near)
    assert found["face_id_a"].tolist() == ["a", "b"] and found["face_id_b"].tolist() == ["b", "c"]
    assert found["age_gap"].tolist()[0] == 5 and np.isnan(found["age_gap"][1])
    assert found["same_gender"].tolist() == [True, False]
    told = ["mirrored", "hamming", "similarity", "verified"]
    pd.testing.assert_frame_equal(found[told], near[told])
