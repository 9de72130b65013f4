"""
Honest intervals, beside MAPIE's
================================

:class:`pipelines.ConformalAge` puts an interval around any regressor's answer that holds the truth
for 90% of new faces, whatever the model. `MAPIE <https://mapie.readthedocs.io>`_ does the same for
any regression problem. On the same faces: how wide are they, and whom do they serve?
"""

# %%
# One regressor, fitted once, so that the intervals are all that differs. Three parts: train,
# calibrate, test; heads are never on two sides.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from mapie.regression import SplitConformalRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupShuffleSplit

import data
from pipelines import ConformalBand, HogTransformer

faces = data.load("embedded")
table, images = faces.table, faces.images(64)
age, group = table["age"].to_numpy(float), table["group"].to_numpy()


def parted(rows: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of most groups, and of a share of them."""
    halves = GroupShuffleSplit(1, test_size=share, random_state=0)
    most, few = next(halves.split(rows, groups=group[rows]))
    return rows[most], rows[few]


rest, test = parted(np.arange(len(age)), 0.35)
train, calibrate = parted(rest, 0.3)
features = HogTransformer().fit_transform(images)
model = Ridge(30).fit(features[train], age[train])
print(f"{len(train)} faces train, {len(calibrate)} calibrate, {len(test)} test")

# %%
# Both calibrate on the same answers. ``ConformalBand`` is what ``ConformalAge`` holds: it learns
# how the error grows with the predicted age; MAPIE's default is one width for everybody.
said = model.predict(features[test])
band = ConformalBand().fit(age[calibrate], model.predict(features[calibrate]))
mapie = SplitConformalRegressor(model, confidence_level=0.9, prefit=True)
mapie.conformalize(features[calibrate], age[calibrate])
intervals = {
    "ConformalBand": band.interval(said, level=0.9),
    "MAPIE, absolute residual": mapie.predict_interval(features[test])[1][:, :, 0],
}

# %%
# On average both keep their word; within a group neither promises anything.
rows = []
for name, (low, high) in ((name, interval.T) for name, interval in intervals.items()):
    held = pd.DataFrame(
        {
            "intervals": name,
            "age": table["age_class"].iloc[test].astype(str).to_numpy(),
            "covered": 100.0 * ((low <= age[test]) & (age[test] <= high)),
            "width": high - low,
        }
    )
    rows += [held, held.assign(age="all")]
report = pd.concat(rows).pivot_table(index="age", columns="intervals").round(1)
report

# %%
figure, axes = plt.subplots(1, 2, figsize=(8.5, 3.8), sharey=True, layout="constrained")
order = np.argsort(said)
for ax, (name, interval) in zip(axes, intervals.items(), strict=True):
    low, high = interval[order].T
    inside = (low <= age[test][order]) & (age[test][order] <= high)
    ax.fill_between(said[order], low, high, alpha=0.3)
    ax.scatter(said[order], age[test][order], s=6, c=np.where(inside, "C0", "C3"))
    ax.set(title=f"{name}: {100 * inside.mean():.1f}% inside", xlabel="answer, years")
axes[0].set_ylabel("age, years")

# %%
ours, theirs = (report.loc["all", ("width", name)] for name in intervals)
groups = report.drop(index="all")["covered"]
print(f"Mean width: ConformalBand {ours:.1f} years, MAPIE {theirs:.1f} years.")
for name in intervals:
    worst = groups[name].idxmin()
    print(f"{name}: least covered are ages {worst}, {groups.loc[worst, name]:.0f} %.")
