"""The common axis of the stress chart: one contender that fails far does not flatten the others."""

import numpy as np
import pandas as pd
import pytest

from reports.charts import stress
from reports.drawing import figures

LOOKS = figures.looks({"lbp-linear": "classical", "hog-linear": "classical", "cnn": "cnn"})


def table(worst):
    """Three contenders, 10 conditions of 4 levels: values 5 to 8, but one point of lbp-linear."""
    rows = [
        {"condition": f"c{c}", "title": f"Change {c}", "unit": "px", "identity": 0.0, "level": p,
         "place": p, "x": float(p), "contender": name, "n": 100, "value": 5.0 + k + p / 3,
         "loss": p / 3}
        for c in range(10)
        for k, name in enumerate(("cnn", "hog-linear", "lbp-linear"))
        for p in range(4)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    frame.loc[len(frame) - 1, "value"] = worst
    return frame.assign(value_low=frame["value"] - 0.5, value_high=frame["value"] + 0.5)


def drawn_ends(frame):
    with figures.style():
        return stress.plot(frame, LOOKS, "age").axes[0].get_ylim()


def test_all_points_are_inside_when_none_is_far():
    low, high = drawn_ends(table(8.0))
    pad = 0.04 * (8.5 - 4.5)
    assert (low, high) == pytest.approx((4.5 - pad, 8.5 + pad))


def test_a_point_far_away_leaves_the_panel():
    frame = table(90.0)
    near = np.quantile(frame["value"], [0.05, 0.95])
    top = near[1] + near[1] - near[0]
    assert top < 12
    low, high = drawn_ends(frame)
    pad = 0.04 * (top - 4.5)
    assert (low, high) == pytest.approx((4.5 - pad, top + pad))
    assert "goes on beyond it" in stress.NOTE
