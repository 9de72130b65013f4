"""Near-duplicate search against comparing every pair, in the plain way."""

import numpy as np
import pandas as pd
import pytest

from data.audit import hashes as duplicates
from data.audit.hashes import distances, near_pairs
from data.audit.label_noise import label_noise_floor


def plain(hashes, threshold):
    """Every pair of distinct hashes, one by one."""
    bits = np.unpackbits(hashes.view(np.uint8), axis=1).astype(int)
    distance = (bits[:, None] != bits[None]).sum(axis=2)
    i, j = np.nonzero(np.triu(distance <= threshold, 1))
    return set(zip(i.tolist(), j.tolist(), strict=True))


def correlated_hashes(n, seed=0):
    """Hashes whose neighbouring bits agree often, as those of aligned faces do."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 256)).cumsum(axis=1)
    latent -= latent.mean(axis=1, keepdims=True) + rng.normal(size=256) * 4
    return np.packbits(latent > 0, axis=1).view(np.uint64)


def with_flipped_copies(hashes, n_copies, max_bits, seed=1):
    """Append copies of the first hashes with up to ``max_bits`` bits flipped."""
    rng = np.random.default_rng(seed)
    bits = np.unpackbits(hashes[:n_copies].view(np.uint8), axis=1)
    for row in bits:
        row[rng.choice(256, rng.integers(1, max_bits + 1), replace=False)] ^= 1
    return np.concatenate([hashes, np.packbits(bits, axis=1).view(np.uint64)])


@pytest.mark.parametrize("threshold", [0, 8, 24, 40])
def test_all_pairs_agree_with_the_plain_way(threshold):
    hashes = with_flipped_copies(correlated_hashes(300), 60, 40)
    pairs, bits = near_pairs(hashes, threshold)
    assert set(map(tuple, pairs.tolist())) == plain(hashes, threshold)
    assert (bits <= threshold).all()
    np.testing.assert_array_equal(bits, distances(hashes, pairs))
    assert (pairs[:, 0] < pairs[:, 1]).all()


def test_bands_find_everything_up_to_eight_bits(monkeypatch):
    hashes = with_flipped_copies(correlated_hashes(3000), 1500, 8)
    exact, _ = near_pairs(hashes, 8)
    monkeypatch.setattr(duplicates, "ALL_PAIRS_BELOW", 0)
    banded, _ = near_pairs(hashes, 8)
    assert len(exact) >= 1500
    np.testing.assert_array_equal(banded, exact)


def test_bands_find_nearly_everything_up_to_twenty_four_bits(monkeypatch):
    hashes = with_flipped_copies(correlated_hashes(3000), 1500, 24)
    exact, bits = near_pairs(hashes, 24)
    monkeypatch.setattr(duplicates, "ALL_PAIRS_BELOW", 0)
    banded, _ = near_pairs(hashes, 24)
    found = set(map(tuple, banded.tolist()))
    truth = set(map(tuple, exact.tolist()))
    assert found <= truth
    assert len(found) / len(truth) >= 0.95
    near = set(map(tuple, exact[bits <= 8].tolist()))
    assert near <= found


def test_equal_hashes_are_not_multiplied_out():
    hashes = np.zeros((1000, 4), np.uint64)
    pairs, bits = near_pairs(hashes, 8)
    assert pairs.tolist() == [[0, i] for i in range(1, 1000)]
    assert (bits == 0).all()


@pytest.mark.parametrize("n", [0, 1])
def test_hardly_any_image(n):
    pairs, bits = near_pairs(np.zeros((n, 4), np.uint64), 8)
    assert pairs.shape == (0, 2) and bits.shape == (0,)


def test_a_threshold_that_means_nothing():
    with pytest.raises(ValueError, match="threshold=100"):
        near_pairs(np.zeros((2, 4), np.uint64), 100)


def labelled(ages, genders, photos):
    return pd.DataFrame(
        {"age": ages, "gender": genders, "photo": photos, "pixel_sha256": photos, "usable": True}
    )


def test_label_noise_by_hand():
    noise = label_noise_floor(
        labelled([20, 30, 40, 40, 40, 99], ["male", "female", *["male"] * 4], [1, 1, 2, 2, 2, 3])
    )["photos"]
    assert noise["n_photos"] == 2 and noise["n_images"] == 5
    assert noise["age_mae_floor"] == pytest.approx((5 + 5) / 5)
    assert noise["gender_error_floor"] == pytest.approx(1 / 5)
    assert noise["age_mae_if_independent"] == pytest.approx((10 + 0) / 2 / np.sqrt(2))
    assert noise["share_conflicting"] == 0.5


def test_label_noise_recovers_what_was_put_in():
    rng = np.random.default_rng(0)
    true = rng.uniform(20, 60, 3000)
    ages = np.repeat(true, 2) + rng.normal(0, 4, 6000)
    noise = label_noise_floor(labelled(ages, "male", np.repeat(range(3000), 2)))["photos"]
    perfect = np.abs(ages - np.repeat(true, 2)).mean()
    assert noise["age_mae_if_independent"] == pytest.approx(perfect, rel=0.03)
    assert noise["age_mae_floor_low"] < noise["age_mae_floor"] < noise["age_mae_floor_high"]
    assert noise["age_mae_floor"] < perfect


def test_no_copies_no_floor():
    assert label_noise_floor(labelled([1.0], ["male"], [1]))["photos"] == {
        "n_photos": 0,
        "n_images": 0,
    }
