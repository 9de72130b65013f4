"""What charts of errors, genders, certainty and assurance draw, against hand-made numbers."""

import numpy as np
import pytest

from reports.charts import (
    age_confusion,
    age_distribution,
    bias_by_age,
    bland_altman,
    challenge_age,
    cumulative_score,
    curves,
    error_distribution,
    gender_reliability,
    gender_roc,
    interval_coverage,
    pass_rate,
    pose_distribution,
    pose_error,
    predicted_true,
    risk_coverage,
)


def curve(ax, k):
    return {float(x): float(y) for x, y in ax.lines[k].get_xydata()}


def test_cumulative_score(drawn):
    _, (ax,) = drawn(cumulative_score)
    hog = curve(ax, 0)
    assert [hog[y] for y in (0.5, 1, 2, 3, 5, 10)] == pytest.approx(
        [1 / 6, 1 / 6, 3 / 6, 4 / 6, 5 / 6, 1]
    )
    assert curve(ax, 1)[1.0] == 1.0
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("years", "share of faces")


def test_error_distribution(drawn):
    frame, (ax,) = drawn(error_distribution)
    hog = frame[(frame["contender"] == "hog") & (frame["value"] > 0)].set_index("error")["value"]
    assert hog.to_dict() == pytest.approx(dict.fromkeys((-10, -4, -2, 0, 2, 4), 1 / 6))
    assert curve(ax, 0)[-10.0] == pytest.approx(1 / 6)
    assert curve(ax, 1)[2.0] == 1.0  # an error of one year lies in [1, 3)


def test_bias_is_predicted_less_true(drawn):
    frame, (ax,) = drawn(bias_by_age)
    hog = frame[frame["contender"] == "hog"].set_index("level")["value"].to_dict()
    assert hog["65-74"] == -10.0
    assert hog["6-12"] == 2.0
    lines = [line.get_ydata() for line in ax.lines if line.get_marker() not in ("None", "")]
    assert list(lines[0]) == [2.0, 3.0, -2.0, 0.0, -5.0, -10.0]


def test_bland_altman(drawn):
    frame, axes = drawn(bland_altman)
    hog = frame[frame["contender"] == "hog"].set_index("middle")
    assert hog["value"].to_dict() == pytest.approx({15: 1.0, 35: 0.0, 45: -5.0, 65: -10.0})
    # 2, 3, -2 ten times each: sd 2.1972
    assert hog.loc[15, "limit_high"] == pytest.approx(1 + 1.96 * 2.1972, abs=1e-3)
    assert hog.loc[15, "limit_low"] == pytest.approx(1 - 1.96 * 2.1972, abs=1e-3)
    line = next(line for line in axes[0].lines if line.get_marker() not in ("None", ""))
    assert line.get_xydata().tolist() == [[15, 1], [35, 0], [45, -5], [65, -10]]


def test_predicted_true(drawn):
    _, axes = drawn(predicted_true)
    medians = axes[0].lines[1].get_xydata().tolist()
    assert medians == [[10.5, 12], [16.5, 19], [19.5, 17], [30.5, 30], [50.5, 45], [70.5, 60]]
    picture = axes[0].images[0].get_array()
    assert picture[60, 70, 3] > 0  # row: predicted, column: true
    assert picture[70, 60, 3] == 0


def test_age_confusion(drawn):
    frame, axes = drawn(age_confusion)
    hog = frame[frame["contender"] == "hog"].set_index(["true", "predicted"])["value"]
    assert hog["65+", "45-64"] == 1.0
    assert hog["65+", "65+"] == 0.0
    shown = {t.get_position(): t.get_text() for t in axes[0].texts}
    assert shown[3.5, 4.5] == "100"  # the last row, the column of 45-64
    assert shown[4.5, 4.5] == "0"


def test_roc_axes(drawn):
    _, (ax,) = drawn(gender_roc)
    hog = curve(ax, 1)  # the first line is the diagonal
    assert hog[0.1] == pytest.approx(2 / 3)
    at_half = min(hog, key=lambda x: abs(x - 0.5))
    assert hog[at_half] == 1.0
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("men taken for women", "women recognised")
    assert all(y == 1.0 for y in curve(ax, 2).values())


def test_reliability(drawn):
    frame, (ax,) = drawn(gender_reliability)
    hog = frame[frame["contender"] == "hog"]
    assert dict(zip(hog["stated"].round(2), hog["value"], strict=True)) == {
        0.1: 0.0, 0.2: 0.0, 0.4: 1.0, 0.6: 0.0, 0.8: 1.0, 0.9: 1.0,
    }  # fmt: skip
    assert curve(ax, 1) == pytest.approx(dict(zip(hog["stated"], hog["value"], strict=True)))


def test_interval_coverage(drawn):
    frame, (ax,) = drawn(interval_coverage)
    hog = frame[frame["contender"] == "hog"].set_index("level")["value"].to_dict()
    assert hog == {"6-12": 0, "13-17": 0, "18-24": 1, "25-34": 1, "45-54": 1, "65-74": 0}
    assert ax.lines[-1].get_xdata()[0] == 0.9


def test_risk_coverage_starts_with_the_most_certain(drawn):
    _, (ax,) = drawn(risk_coverage, "age")
    hog = {round(x, 2): y for x, y in curve(ax, 0).items()}
    assert hog[0.05] == pytest.approx(2.0)  # the narrowest interval, error 2
    assert hog[0.5] == pytest.approx(7 / 3)  # errors 2, 3, 2
    assert hog[1.0] == pytest.approx(22 / 6)
    _, (ax,) = drawn(risk_coverage, "gender")
    # certainty 0.4 twice, then 0.3 twice, then 0.1 twice: both mistakes are in the last pair
    assert "cnn" in drawn(risk_coverage, "age")[0]["contender"].tolist()


def test_who_ranks_nothing_has_no_line(drawn):
    """hog states 0.4 of doubt for a third of the faces: more than a fifth share one value."""
    assert drawn(risk_coverage, "gender")[0].empty


def test_pass_rate(drawn):
    _, (ax,) = drawn(pass_rate, "18")
    hog = curve(ax, 1)  # the first line is the threshold
    assert hog == {10.0: 0.0, 16.0: 1.0, 19.0: 0.0}
    assert ax.lines[0].get_xdata()[0] == 17.5


def test_challenge_age(drawn):
    frame, (ax,) = drawn(challenge_age)
    hog = frame[frame["contender"] == "hog"].set_index(["error", "challenge"])["value"]
    assert [hog["false positives", c] for c in (18, 19, 20, 25)] == [1, 1, 0, 0]
    assert [hog["false negatives", c] for c in (18, 25, 31)] == [0.5, 0.5, 1.0]
    assert curve(ax, 0)[19.0] == 1.0
    assert curve(ax, 2)[31.0] == 1.0


def test_curves(drawn):
    frame, (ax,) = drawn(curves, ":learning:mae")
    assert curve(ax, 0) == {100.0: 7.0, 200.0: 5.0}
    assert frame["value_high"][0] == pytest.approx(7 + 12.706 * np.sqrt(2) / np.sqrt(2), abs=0.01)


def test_distributions_of_faces(drawn):
    _, (ax,) = drawn(age_distribution)
    heights = {bar.get_x() + bar.get_width() / 2: bar.get_height() for bar in ax.patches[:15]}
    assert heights[12.5] == 10  # men of 10 to 14
    assert heights[17.5] == 10  # men of 15 to 19
    frame, axes = drawn(pose_distribution)
    assert frame.set_index("degrees")["yaw"][[0, 15, -25, 35, 50]].tolist() == [10] * 5
    assert sum(bar.get_height() for bar in axes[1].patches) == 60


def test_pose_error(drawn):
    _, (ax,) = drawn(pose_error)
    assert curve(ax, 0) == {0.0: 1.0, 1.0: 2.0}
    assert curve(ax, 1) == {0.0: 3.0}
