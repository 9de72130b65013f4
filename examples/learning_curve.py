"""
How many faces does a method need?
==================================

A learning curve answers whether more data or a better method is the cheaper way on. HOG and the
features of an ImageNet network, each with a ridge regression, are trained on growing numbers of
heads and tested on the same ones.
"""

# %%
# HOG learns nothing from the faces, and ``TimmFeatures`` only the range of each column (of test
# faces too here; no label is used), so their columns are computed once.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupShuffleSplit, LearningCurveDisplay, learning_curve

import data
from pipelines import HogTransformer, TimmFeatures

faces = data.load("embedded")
table = faces.table.iloc[::2].reset_index(drop=True)
images = faces.images(64)[::2]
age = table["age"].to_numpy(float)
columns = {
    "HOG": HogTransformer().fit_transform(images),
    "CNN": TimmFeatures().fit_transform(images),
}

# %%
# Four draws of test heads; within each, training sets are nested, so a point differs from the next
# by added faces only. The table is sorted by name and so by age: without ``shuffle`` the first 50
# faces would all be children.
splits = GroupShuffleSplit(4, test_size=0.3, random_state=0)
sizes = np.array([50, 100, 200, 400, 800])
head = RidgeCV(np.logspace(-1, 4, 6))
curves = {}
for name, found in columns.items():
    used, _, scores = learning_curve(
        head,
        found,
        age,
        groups=table["group"],
        cv=splits,
        train_sizes=sizes,
        scoring="neg_mean_absolute_error",
        shuffle=True,
        random_state=0,
    )
    curves[name] = -scores

# %%
figure, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
for name, errors in curves.items():
    LearningCurveDisplay(
        train_sizes=used, train_scores=errors, test_scores=errors, score_name="age MAE, years"
    ).plot(ax=ax, score_type="test", std_display_style="errorbar", line_kw={"label": name})
ax.set(xscale="log", xlabel="training faces", title="Mean and spread of four draws")
ax.set_xticks(used, used)
ax.minorticks_off()
ax.legend(list(curves))

# %%
means = pd.DataFrame({name: errors.mean(axis=1) for name, errors in curves.items()}, index=used)
means.index.name = "training faces"
means.round(2)

# %%
# What doubling the data brought last, beside what changing the method brings at full size. The four
# draws share faces, so the sign in every draw says more than a standard error would.
last = means.iloc[-2] - means.iloc[-1]
difference = curves["CNN"][-1] - curves["HOG"][-1]
for name, gain in last.items():
    print(f"{name}: from {used[-2]} to {used[-1]} faces, the error falls by {gain:.2f} years.")
better = "CNN" if difference.mean() < 0 else "HOG"
agree = int((np.sign(difference) == np.sign(difference.mean())).sum())
print(
    f"At {used[-1]} faces {better} features are {abs(difference.mean()):.2f} years better; "
    f"so say {agree} of {len(difference)} draws."
)
