"""
HOG in a pipeline, and what it sees
===================================

:class:`pipelines.HogTransformer` turns images into features inside an ordinary scikit-learn
pipeline. Here it reads ages, and then shows which edges it reads them from.
"""

# %%
# Faces are a table, one row each, and images: ``uint8`` of shape ``(n, rows, columns, 3)``.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

import data
from pipelines import HogTransformer

faces = data.load("embedded")
table, images = faces.table, faces.images(64)
age = table["age"].to_numpy(float)
table[["age", "gender", "yaw", "age_bin", "group"]].head()

# %%
# Two pictures of one head share a ``group``. Folds that know the groups never train on a head
# that they test on.
model = make_pipeline(HogTransformer(cell_size=8), Ridge(30))
model

# %%
out_of_fold = {
    name: cross_val_predict(estimator, images, age, groups=table["group"], cv=GroupKFold(5))
    for name, estimator in {
        "the median age of the others": DummyRegressor(strategy="median"),
        "HOG + ridge": model,
    }.items()
}
for name, answers in out_of_fold.items():
    print(f"{name}: {mean_absolute_error(age, answers):.2f} years off on average")

# %%
# What it sees
# ------------
# Each cell holds a histogram of edge directions; ``visualize`` draws one line for each bin, along
# the edge. The ridge regression adds the same features up with a weight each: the third row shows
# how much weight falls on each cell, whatever its sign.
hog = model.fit(images, age)[0]
weights = np.abs(model[-1].coef_).reshape(7, 7, 2, 2, 9).sum(axis=4)
per_cell = np.zeros((8, 8))
for row, column in np.ndindex(2, 2):
    per_cell[row : row + 7, column : column + 7] += weights[:, :, row, column]

shown = [int(np.abs(age - years).argmin()) for years in (5, 30, 75)]
figure, axes = plt.subplots(3, 3, figsize=(7, 7), layout="constrained")
for column, row in zip(axes.T, shown, strict=True):
    column[0].imshow(images[row])
    column[0].set_title(f"{age[row]:.0f} years, read as {out_of_fold['HOG + ridge'][row]:.0f}")
    column[1].imshow(hog.visualize(images[row]), cmap="gray")
    column[2].imshow(images[row].mean(axis=2), cmap="gray")
    column[2].imshow(per_cell, extent=(-0.5, 63.5, 63.5, -0.5), cmap="magma", alpha=0.6)
for ax in axes.flat:
    ax.set_axis_off()
for ax, name in zip(axes[:, 0], ["image", "histograms", "weight of the cells"], strict=True):
    ax.text(-0.05, 0.5, name, transform=ax.transAxes, rotation=90, ha="right", va="center")

# %%
# For whom does it fail?
# ----------------------
# The table carries the study's breakdowns as ordered categories, so pandas is enough.
errors = table.assign(error=np.abs(out_of_fold["HOG + ridge"] - age))
by_yaw = errors.groupby("yaw_bin", observed=True)["error"].agg(["size", "mean"]).round(2)
by_yaw

# %%
worst = by_yaw["mean"].idxmax()
print(
    f"Turned by {worst} degrees, faces are read {by_yaw['mean'].max():.1f} years off; "
    f"at best ({by_yaw['mean'].idxmin()} degrees) {by_yaw['mean'].min():.1f}."
)
