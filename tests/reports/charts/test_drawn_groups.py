"""What charts of groups, the pair, pose and cost draw, against hand-made numbers."""

import numpy as np
import pytest

from reports.charts import (
    by_group,
    by_pose,
    cost,
    crossed,
    crossed_difference,
    forest,
    overall,
    pair_by_group,
    price,
    train_test,
)


def points(ax):
    """All points drawn as markers, as sorted (x, y)."""
    lines = [line for line in ax.lines if line.get_marker() not in ("None", "", "|")]
    return sorted(tuple(np.round(p, 3)) for line in lines for p in line.get_xydata())


def test_overall(drawn):
    frame, (ax,) = drawn(overall, "mae")
    assert dict(zip(frame["contender"], frame["value"], strict=True)) == pytest.approx(
        {"hog": 22 / 6, "cnn": 1.0}
    )
    assert points(ax) == [(1.0, 1.0), (3.667, 0.0)]
    _, (ax,) = drawn(overall, "accuracy")
    assert points(ax) == [(0.667, 0.0), (1.0, 1.0)]


def test_by_group(drawn):
    frame, (ax,) = drawn(by_group, "gender:mae")
    hog = frame[frame["contender"] == "hog"].set_index("level")["value"]
    assert hog.to_dict() == pytest.approx({"male": 3.0, "female": 13 / 3})
    assert [p[0] for p in points(ax)] == [1.0, 1.0, 3.0, 4.333]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["male  (30)", "female  (30)"]
    frame, (ax,) = drawn(by_group, "gender:accuracy")
    assert [p[0] for p in points(ax)] == [0.667, 0.667, 1.0, 1.0]


def test_by_pose(drawn):
    frame, (ax,) = drawn(by_pose, "yaw_bin:mae")
    hog = frame[frame["contender"] == "hog"].set_index("level")["value"]
    assert hog.to_dict() == pytest.approx(
        {"0-10": 2, "10-20": 3, "20-30": 2, "30-45": 0, "45+": 5, "unknown": 10}
    )
    assert len(points(ax)) == 12


def test_crossed_cells(drawn):
    frame, axes = drawn(crossed, "age_class:gender:mae")
    hog = frame[frame["contender"] == "hog"].set_index(["row", "column"])["value"]
    assert hog["13-24", "female"] == 3.0
    assert hog["65+", "female"] == 10.0
    by_title = {ax.get_title(loc="left"): ax for ax in axes}
    texts = {t.get_position(): t.get_text() for t in by_title["hog"].texts}
    # columns male, female; rows 0-12, 13-24, 25-44, 45-64, 65+
    assert texts == {(0.5, 0.5): "2.0", (1.5, 1.5): "3.0", (0.5, 1.5): "2.0", (1.5, 2.5): "0.0",
                     (0.5, 3.5): "5.0", (1.5, 4.5): "10.0"}  # fmt: skip
    _, axes = drawn(crossed, "age_class:gender:accuracy")
    texts = [t.get_text() for t in axes[0].texts]
    assert sorted(texts) == ["0.0", "0.0", "100.0", "100.0", "100.0", "100.0"]


def test_crossed_difference(drawn):
    frame, (ax,) = drawn(crossed_difference, "age_class:gender:mae")
    found = frame.set_index(["row", "column"])["value"].to_dict()
    assert found["13-24", "female"] == 2.0  # 3 - 1 years less error
    assert found["25-44", "female"] == -1.0
    texts = {t.get_position(): t.get_text() for t in ax.texts}
    assert texts[1.5, 2.5] == "−1.0"
    assert texts[1.5, 4.5] == "9.0"


def test_pair_by_group(drawn):
    frame, (ax,) = drawn(pair_by_group, "gender:age")
    assert frame.set_index("level")["value"].to_dict() == pytest.approx(
        {"male": 2.0, "female": 10 / 3}
    )
    assert points(ax) == [(2.0, 0.0), (3.333, 1.0)]
    bars = sorted(ax.patches, key=lambda bar: bar.get_y())
    widths = [bar.get_width() / 2 for bar in bars]
    assert widths == pytest.approx(frame["detectable"].tolist())
    frame, (ax,) = drawn(pair_by_group, "gender:gender")
    assert points(ax) == [(33.333, 0.0), (33.333, 1.0)]


def test_forest(drawn):
    frame, (age, gender) = drawn(forest)
    everyone = frame[frame["level"] == "all faces"].set_index("contender")
    assert everyone["mae"].to_dict() == pytest.approx({"hog": 22 / 6, "cnn": 1.0})
    assert (3.667, -0.13) in points(age)
    assert (0.667, -0.13) in points(gender)
    assert set(frame["level"]) == {"all faces", "male", "female", "level"}  # 30 faces and more


def test_cost_axes_and_front(drawn):
    frame, (age, gender) = drawn(cost, "core_seconds")
    assert frame.set_index("contender")["cost"].to_dict() == {"hog": 10.0, "cnn": 400.0}
    assert frame["front_mae"].tolist() == [True, True]
    assert points(age) == [(10.0, 3.667), (400.0, 1.0)]
    assert points(gender) == [(10.0, 0.667), (400.0, 1.0)]
    frame, _ = drawn(cost, "core_milliseconds_per_face")
    assert frame.set_index("contender")["cost"].to_dict() == {"hog": 1.0, "cnn": 20.0}
    assert drawn(price)[0].equals(drawn(cost, "core_seconds")[0])


def test_front_leaves_out_who_is_beaten():
    front = cost.on_front(np.array([1.0, 2.0, 3.0, 2.0]), np.array([5.0, 6.0, 1.0, 5.0]))
    assert front.tolist() == [True, False, True, False]


def test_train_against_test(drawn):
    frame, (ax,) = drawn(train_test, "mae")
    assert frame["gap"].tolist() == pytest.approx([22 / 6 - 3, 0.5])
    assert points(ax) == [(0.5, 1.0), (1.0, 1.0), (3.0, 0.0), (3.667, 0.0)]
