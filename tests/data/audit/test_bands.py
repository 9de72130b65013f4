"""The loops over 256-bit hashes and the bands that spare most comparisons, by hand."""

import numpy as np
import pytest

from data.audit import hashes as module
from data.audit.hashes import ALL_PAIRS_BELOW, choose_bands, distances, near_pairs
from data.audit.kernels import gather_bits, pairs_between, pairs_in_buckets, pairs_in_rows

ONE = np.uint64(1)


def hashes(*rows):
    return np.array(rows, np.uint64)


@pytest.mark.parametrize("word", range(4))
def test_every_word_counts(word):
    """Hashes that agree in a bit and differ in three of one word."""
    two = hashes(*[[1 << 50, 1 << 51, 1 << 52, 1 << 53]] * 2)
    two[1, word] ^= np.uint64((1 << 63) | 0b101)
    assert distances(two, np.array([[0, 1]])).tolist() == [3]
    for found in (
        pairs_in_rows(two, 0, 2, 3),
        pairs_in_buckets(two, hashes(5, 5), np.arange(2), 3),
        pairs_between(two[:1].copy(), two[1:].copy(), 0, 1, 3) + np.array([0, 1]),
    ):
        assert found.tolist() == [[0, 1]]
    assert pairs_in_rows(two, 0, 2, 2).shape == (0, 2)
    assert pairs_in_buckets(two, hashes(5, 5), np.arange(2), 2).shape == (0, 2)
    assert pairs_between(two[:1].copy(), two[1:].copy(), 0, 1, 2).shape == (0, 2)


def test_the_rows_asked_for_with_all_that_follow():
    same = np.zeros((4, 4), np.uint64)
    assert pairs_in_rows(same, 1, 3, 0).tolist() == [[1, 2], [1, 3], [2, 3]]
    assert pairs_between(same, same[:2], 1, 3, 0).tolist() == [[1, 0], [1, 1], [2, 0], [2, 1]]


def test_more_pairs_than_there_was_room_for():
    same = np.zeros((70, 4), np.uint64)
    expected = [[i, j] for i in range(70) for j in range(i + 1, 70)]
    assert pairs_in_rows(same, 0, 70, 0).tolist() == expected
    assert pairs_in_buckets(same, np.zeros(70, np.uint64), np.arange(70), 0).tolist() == expected
    square = [[i, j] for i in range(70) for j in range(70)]
    assert pairs_between(same, same, 0, 70, 0).tolist() == square


def test_bits_are_gathered_in_the_order_asked_for():
    """Bit 64 w + b is bit b of word w; the first bit asked for becomes the highest."""
    row = [1 << 63, 1, 0, (1 << 5) | (1 << 63)]
    found = gather_bits(hashes(row, [0, 0, 0, 0]), np.array([63, 64, 62, 65, 197, 255, 127, 128]))
    assert found.tolist() == [0b11001100, 0]
    assert gather_bits(hashes([2**64 - 1] * 4), np.arange(64)).tolist() == [2**64 - 1]


def test_only_hashes_of_one_bucket_are_compared():
    same = np.zeros((6, 4), np.uint64)
    order = np.array([3, 5, 0, 2, 4, 1])
    found = pairs_in_buckets(same, hashes(1, 1, 2, 7, 7, 7), order, 0)
    assert found.tolist() == [[3, 5], [2, 4], [2, 1], [4, 1]]


def bit_shares(n, ones):
    """Return ``n`` hashes in which bit ``b`` is set in the first ``ones[b]``."""
    out = np.zeros((n, 4), np.uint64)
    for bit, k in enumerate(ones):
        out[:k, bit // 64] |= ONE << np.uint64(bit % 64)
    return out


def test_bits_are_dealt_to_nine_bands_the_most_uncertain_first():
    """Of 510 hashes a bit is set in half, and others in more or in fewer, to all or none."""
    rng = np.random.default_rng(0)
    distance = rng.permutation(256)
    ones = 255 + distance * rng.choice([-1, 1], 256)
    best_first = np.argsort(distance)
    bands = choose_bands(bit_shares(510, ones), 8)
    assert [band.tolist() for band in bands] == [best_first[k::9].tolist() for k in range(9)]


def test_random_bands_find_a_pair_at_the_threshold_with_probability_98_percent():
    """Of 1,024 hashes ten bits; (1 - 1.5 * 24 / 256) ** 10 = 0.2198, and 0.7802 ** 16 < 0.02."""
    ones = np.arange(256) * 4 + 1
    found = choose_bands(bit_shares(1024, ones), 24)
    assert len(found) == 9 + 16 and 0.7802**15 > 0.02
    likely = set(sorted(range(256), key=lambda bit: abs(ones[bit] - 512))[:192])
    for band in found[9:]:
        assert len(band) == len(set(band.tolist())) == 10
        assert set(band.tolist()) <= likely
    assert len({tuple(band) for band in found[9:]}) == 16
    assert len(choose_bands(bit_shares(1024, ones), 9)) > 9
    alone = choose_bands(bit_shares(1, ones), 9)
    assert {len(band) for band in alone[9:]} == {1}


def test_thresholds_that_mean_something():
    two = hashes([0, 0, 0, 0], [0, 2**64 - 1, 0, 0])
    assert len(near_pairs(two, 64)[0]) == 1
    assert len(near_pairs(two, 63)[0]) == 0
    for threshold in (-1, 65):
        with pytest.raises(ValueError, match=f"threshold={threshold}: choose from 0 to 64"):
            near_pairs(two, threshold)


@pytest.mark.parametrize("limit", [599, 600])
def test_every_pair_is_compared_up_to_the_limit(monkeypatch, limit):
    """600 hashes a bit or more apart, and one twice; each pair once, in order."""
    assert f"Up to {ALL_PAIRS_BELOW:,} hashes every pair is compared" in module.__doc__
    many = np.zeros((601, 4), np.uint64)
    many[:600, 0] = np.arange(600)
    many[600, 0] = 5
    asked = []
    real = module.choose_bands
    monkeypatch.setattr(module, "ALL_PAIRS_BELOW", limit)
    monkeypatch.setattr(module, "choose_bands", lambda *a: asked.append(1) or real(*a))
    events = []
    found, bits = near_pairs(many, 1, progress=lambda *event: events.append(event))
    assert len(asked) == (limit < 600)
    n = 9 if asked else 2
    assert events == [("compare hashes", done, n) for done in range(1, n + 1)]
    expected = [(i, i | (1 << b)) for i in range(600) for b in range(10) if not i >> b & 1]
    expected = [(i, j) for i, j in expected if j < 600] + [(5, 600)]
    assert found.tolist() == [list(pair) for pair in sorted(expected)]
    assert bits.tolist() == [int(j != 600) for _, j in sorted(expected)]
