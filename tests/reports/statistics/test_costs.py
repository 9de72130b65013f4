"""What a typical cell costs, and what it costs to build on others."""

import math

import pandas as pd
import pytest

from reports.statistics.costs import typical_costs

ROWS = [  # contender, seconds, faces a second, cores, shared
    ("cnn", 100.0, 50.0, 2, False),
    ("cnn", 140.0, 40.0, 2, False),
    ("cnn", 120.0, 45.0, 2, False),
    ("hog", 10.0, 500.0, 1, True),
    ("fusion", 4.0, 10_000.0, 1, False),
]


def table(rows):
    found = pd.DataFrame(
        rows, columns=["contender", "fit_seconds", "predict_images_per_second", "cores", "shared"]
    )
    return found.assign(data_set="x", protocol="full")


def test_medians_over_cells():
    costs = typical_costs(table(ROWS), "x", "full")
    assert costs.loc["cnn", "fit_seconds"] == 120
    assert costs.loc["cnn", "core_seconds"] == 240
    assert costs.loc["cnn", "milliseconds_per_face"] == pytest.approx(1000 / 45)
    assert costs.loc["fusion", "core_seconds"] == 4


def test_who_builds_on_others_costs_what_they_cost():
    costs = typical_costs(table(ROWS), "x", "full", {"fusion": ["cnn", "hog"]})
    one = costs.loc["fusion"]
    assert one["fit_seconds"] == 120 + 10 + 4
    assert one["core_seconds"] == 240 + 10 + 4
    assert one["milliseconds_per_face"] == pytest.approx(1000 / 45 + 2 + 0.1)
    assert one["core_milliseconds_per_face"] == pytest.approx(2 * 1000 / 45 + 2 + 0.1)
    assert one["predict_images_per_second"] == pytest.approx(1000 / one["milliseconds_per_face"])
    assert bool(one["shared"])
    assert costs.loc["hog", "core_seconds"] == 10


def test_a_part_that_was_not_timed_leaves_the_whole_unknown():
    costs = typical_costs(
        table(ROWS), "x", "full", {"fusion": ["cnn", "hog-pose"], "gone": ["cnn"]}
    )
    assert math.isnan(costs.loc["fusion", "core_seconds"])
    assert "gone" not in costs.index
