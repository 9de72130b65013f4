"""Pose labels of the embedded heads against the truth they were rendered with."""

import io
import tarfile
from importlib import resources

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from basis.faces import ANGLES
from data.pose.align import align, chip_to_image
from data.pose.calibration import EMBEDDED_HEADS, NONE, Calibration, fit_calibration
from data.pose.estimate import estimate_pose, head_pose, pose_error
from data.pose.mesh import FaceMesh

N_HEADS = 120


@pytest.fixture(scope="module")
def heads():
    """Return images and true pose of heads up to 45 degrees of yaw, evenly over the set."""
    folder = resources.files("data") / "embedded"
    truth = pd.read_csv(io.StringIO((folder / "truth.csv").read_text()))
    truth = truth[truth["yaw"].abs() <= 45]
    truth = truth.iloc[:: max(len(truth) // N_HEADS, 1)].reset_index(drop=True)
    with tarfile.open(str(folder / "faces.tar")) as archive:
        images = [
            np.asarray(Image.open(archive.extractfile(name)).convert("RGB"))
            for name in truth["file"]
        ]
    return images, truth


@pytest.fixture(scope="module")
def meshes(heads):
    return FaceMesh().landmarks_batch(heads[0])


@pytest.fixture(scope="module")
def raw(meshes):
    points, presence = meshes
    table = pd.DataFrame(dict(zip(ANGLES, head_pose(points), strict=True)))
    table.loc[presence < 0.5] = np.nan
    return table


def calibrated(raw, calibration=EMBEDDED_HEADS):
    angles = calibration(raw["yaw"], raw["pitch"], raw["roll"])
    return pd.DataFrame(dict(zip(ANGLES, angles, strict=True)))


def test_nearly_every_head_is_found(meshes):
    assert (meshes[1] >= 0.5).mean() >= 0.97


def test_error_is_within_reach(heads, raw):
    """Yaw 3, pitch 4, roll 2 degrees on all 45-degree heads; half a degree for the sample."""
    table = pose_error(heads[1], calibrated(raw)).set_index(["angle", "yaw_bin"])
    assert table.loc[("yaw", "all"), "mae"] < 3
    assert table.loc[("pitch", "all"), "mae"] < 4.5
    assert table.loc[("roll", "all"), "mae"] < 2
    for angle, low, high in (("yaw", 0.93, 1.07), ("pitch", 0.75, 1.05), ("roll", 0.95, 1.05)):
        assert low < table.loc[(angle, "all"), "slope"] < high
        assert abs(table.loc[(angle, "all"), "bias"]) < 1.5


def test_calibration_removes_what_is_systematic(heads, raw):
    before = pose_error(heads[1], raw).set_index(["angle", "yaw_bin"])["mae"]
    after = pose_error(heads[1], calibrated(raw)).set_index(["angle", "yaw_bin"])["mae"]
    assert after["yaw", "all"] < before["yaw", "all"] - 0.5
    assert after["pitch", "all"] < before["pitch", "all"] - 1.5
    assert after["roll", "all"] == before["roll", "all"]


def test_constants_in_use_are_those_that_a_fit_finds(heads, raw):
    fitted = fit_calibration(heads[1], raw)
    assert fitted.yaw_slope == pytest.approx(EMBEDDED_HEADS.yaw_slope, abs=0.03)
    at_20_degrees = fitted.pitch_bias + 20 * fitted.pitch_bias_by_yaw
    in_use = EMBEDDED_HEADS.pitch_bias + 20 * EMBEDDED_HEADS.pitch_bias_by_yaw
    assert at_20_degrees == pytest.approx(in_use, abs=1.5)


def test_estimate_pose_is_calibrated_unless_told(heads):
    images = heads[0][:3]
    table = estimate_pose(images)
    plain = estimate_pose(images, calibrated=False)
    np.testing.assert_allclose(table[list(ANGLES)], calibrated(plain), atol=1e-4)
    assert not np.allclose(table["yaw"], plain["yaw"])


def test_fit_recovers_a_planted_calibration():
    rng = np.random.default_rng(0)
    true = pd.DataFrame(rng.uniform(-40, 40, (300, 3)), columns=list(ANGLES))
    planted = Calibration(yaw_slope=0.8, pitch_bias=-5.0, pitch_bias_by_yaw=0.1)
    estimated = pd.DataFrame(
        {
            "yaw": true["yaw"] * 0.8,
            "pitch": true["pitch"] - 5 + 0.1 * true["yaw"].abs(),
            "roll": true["roll"],
        }
    )
    fitted = fit_calibration(true, estimated)
    assert fitted.yaw_slope == pytest.approx(0.8)
    assert fitted.pitch_bias == pytest.approx(-5)
    assert fitted.pitch_bias_by_yaw == pytest.approx(0.1)
    pd.testing.assert_frame_equal(calibrated(estimated, planted), true)


def test_calibration_keeps_the_mirror_rule():
    yaw, pitch, roll = np.array([25.0]), np.array([-4.0]), np.array([7.0])
    there, back = EMBEDDED_HEADS(yaw, pitch, roll), EMBEDDED_HEADS(-yaw, pitch, -roll)
    np.testing.assert_allclose(there, np.array(back) * [[-1], [1], [-1]])
    np.testing.assert_array_equal(NONE(yaw, pitch, roll), (yaw, pitch, roll))


def test_fit_needs_heads_that_were_found():
    nothing = pd.DataFrame({"yaw": [np.nan] * 3, "pitch": [np.nan] * 3})
    true = pd.DataFrame({"yaw": [0.0, 10, 20], "pitch": [0.0, 0, 0]})
    with pytest.raises(ValueError, match="at least three heads that were found, not 0"):
        fit_calibration(true, nothing)


def test_aligned_heads_are_aligned(heads, meshes):
    """Aligning a chip again moves it by less than 3 px in the median."""
    images, truth = heads
    grid = np.stack(np.meshgrid(np.arange(5, 200, 10), np.arange(5, 200, 10)), -1).reshape(-1, 2)
    shifts = []
    for row in np.flatnonzero(truth["yaw"].abs() <= 20)[:20]:
        chip = align(images[row], meshes[0][row])
        points, presence = FaceMesh().landmarks(chip)
        matrix = chip_to_image(points)
        assert presence > 0.5
        shifts.append(np.linalg.norm(grid @ matrix[:, :2].T + matrix[:, 2] - grid, axis=1).mean())
    assert np.median(shifts) < 3
