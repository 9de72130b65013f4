"""Which interval a column of means gets, told by its metric."""

import numpy as np
import pytest
from small_panels import panel_of

from reports.statistics import breakdowns
from reports.statistics.intervals import mean_interval
from reports.statistics.resampling import generator


@pytest.mark.parametrize(
    ("key", "kind"),
    [(("mae", "m"), "positive"), (("rmse", "m"), "root"), (("bias", "m"), "signed"),
     (("r2", "m"), "r2"), (("none", "m"), "signed"), ("advantage", "signed")],
)  # fmt: skip
def test_which_means_are_positive_and_which_are_of_squares(key, kind):
    assert breakdowns._kind_of_mean(key) == kind


def test_every_level_widens_squared_errors_as_a_whole_table_does():
    rng = np.random.default_rng(4)
    panel = panel_of(np.full(40, 30), np.full(40, 31.0))
    error = rng.gamma(0.5, 8, 40)
    values = {("mae", "m"): error, ("rmse", "m"): error**2, "lead": error}
    found = breakdowns.level_means(panel, [], values)["", "all"]
    for key, positive, squared in zip(
        values, (True, True, False), (False, True, False), strict=True
    ):
        own = mean_interval(
            np.stack(list(values.values()), axis=1), panel.group, generator("mean", "", "all"),
            positive=np.array([positive] * 3), squared=np.array([squared] * 3),
        )  # fmt: skip
        assert found[key] == own.take(list(values).index(key))
