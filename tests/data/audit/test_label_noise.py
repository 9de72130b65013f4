"""The floor of label noise by hand, and its interval against draws made at once."""

import numpy as np
import pandas as pd
import pytest

from data.audit.label_noise import label_noise_floor


def labelled(rows):
    table = pd.DataFrame(rows, columns=["photo", "age", "gender"])
    return table.assign(pixel_sha256=table["photo"].astype("str"), usable=True)


def test_what_contradicts_is_more_than_two_years_or_both_genders():
    rows = [("a", 20, "male"), ("a", 22, "male"), ("b", 20, "male"), ("b", 23, "male")]
    rows += [("c", 40, "male"), ("c", 40, "female"), ("d", 50, "female"), ("d", 50, "female")]
    rows += [("e", 70, "female")]
    for key in ("exact", "photos"):
        found = label_noise_floor(labelled(rows))[key]
        assert (found["n_photos"], found["n_images"]) == (4, 8)
        assert found["share_conflicting"] == 0.5
        assert found["age_mae_floor"] == pytest.approx((2 + 3) / 8)
        assert found["age_mae_if_independent"] == pytest.approx((2 + 3) / 4 / np.sqrt(2))
        assert found["gender_error_floor"] == 1 / 8


def test_three_labels_of_one_photo():
    """Distances 3, 10 and 7; one of three is in the minority, and so are two of five."""
    rows = [("a", age, gender) for age, gender in ((20, "male"), (30, "female"), (23, "female"))]
    found = label_noise_floor(labelled(rows))["photos"]
    assert found["age_mae_floor"] == pytest.approx(10 / 3)
    assert found["age_mae_if_independent"] == pytest.approx(20 / 3 / np.sqrt(2))
    assert found["gender_error_floor"] == pytest.approx(1 / 3)
    more = [*rows, ("a", 23, "male"), ("a", 23, "female")]
    assert label_noise_floor(labelled(more))["photos"]["gender_error_floor"] == pytest.approx(2 / 5)


def test_labels_that_are_missing_or_cannot_be_used_tell_nothing():
    rows = [("a", 20, "male"), ("a", 60, "male"), ("b", 20, "male"), ("b", np.nan, "male")]
    rows += [("c", 20, "male"), ("c", 60, None), ("d", 20, "male"), ("d", 21, "male")]
    table = labelled(rows).assign(usable=[True, False, *[True] * 6])
    assert label_noise_floor(table)["photos"]["n_photos"] == 1
    assert label_noise_floor(table)["photos"]["age_mae_floor"] == 0.5


def test_the_interval_is_that_of_two_thousand_draws_made_at_once():
    """3,000 photos of two or three labels: photos are drawn, not images."""
    rng = np.random.default_rng(1)
    sizes = rng.integers(2, 4, 3000)
    photo = np.repeat(np.arange(3000), sizes)
    table = pd.DataFrame({"photo": photo, "age": rng.uniform(20, 60, len(photo)), "usable": True})
    table["gender"] = rng.choice(["male", "female"], len(photo))
    found = label_noise_floor(table.assign(pixel_sha256=photo))["photos"]
    draws = np.random.default_rng(0).integers(3000, size=(2000, 3000))
    middle = table.groupby("photo")["age"].transform("median")
    ages = (table["age"] - middle).abs().groupby(photo).sum().to_numpy()
    women = (table["gender"] == "female").groupby(photo).sum().to_numpy()
    for name, errors in (("age_mae", ages), ("gender_error", np.minimum(women, sizes - women))):
        ratios = errors[draws].sum(axis=1) / sizes[draws].sum(axis=1)
        interval = found[f"{name}_floor_low"], found[f"{name}_floor_high"]
        assert interval == pytest.approx(tuple(np.quantile(ratios, [0.025, 0.975])), rel=1e-12)
