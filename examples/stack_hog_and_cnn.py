"""
HOG and CNN features stacked
============================

Edges counted by hand and features a network learnt on ImageNet are both plain columns to
scikit-learn. Does a regression that sees both read ages better than one with either alone?
"""

# %%
# 800 faces at 64 pixels. ``TimmFeatures`` is a transformer: a timm network without its last layer,
# not trained further. Its weights come with the package, nothing is downloaded.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import FeatureUnion, make_pipeline

import data
from pipelines import HogTransformer, TimmFeatures

faces = data.load("embedded")
table = faces.table.iloc[::3].reset_index(drop=True)
images = faces.images(64)[::3]
age = table["age"].to_numpy(float)

# %%
# HOG learns nothing from the faces, and ``TimmFeatures`` only the range of each column, of test
# faces too here: no label is used, so the columns are computed once, before any fold is cut. (A PCA
# in between would have to be fitted inside the folds.) Each block is
# divided by its own spread, so that neither drowns the other.
parts = {"HOG": HogTransformer(), "CNN": TimmFeatures()}
columns = {name: part.fit_transform(images) for name, part in parts.items()}
weights = {name: 1 / found.std() for name, found in columns.items()}
columns = {name: found * weights[name] for name, found in columns.items()}
columns["both"] = np.hstack([columns["HOG"], columns["CNN"]])
print({name: found.shape for name, found in columns.items()})

# %%
# Five folds for each of the three, on the same faces, heads kept together. ``RidgeCV`` chooses its
# strength inside each fold's training part.
head = RidgeCV(np.logspace(1, 5, 9))
folds = GroupKFold(5)
errors = pd.DataFrame(
    {
        name: np.abs(age - cross_val_predict(head, found, age, groups=table["group"], cv=folds))
        for name, found in columns.items()
    }
)
errors.mean().round(2).rename("age MAE, years").to_frame()

# %%
# The faces are the same for all three, so differences are counted face by face; their interval is
# much narrower than two intervals side by side would suggest. Heads are drawn again with both of
# their pictures, since two pictures of one head are not two observations.
rng = np.random.default_rng(0)
single = errors[["HOG", "CNN"]].mean().idxmin()
gain = (errors[single] - errors["both"]).groupby(table["group"]).agg(["sum", "size"]).to_numpy()
draws = gain[rng.integers(0, len(gain), (2000, len(gain)))].sum(axis=1)
low, high = np.percentile(draws[:, 0] / draws[:, 1], [2.5, 97.5])
mean = gain[:, 0].sum() / gain[:, 1].sum()
clear = "clearly better" if low > 0 else "clearly worse" if high < 0 else "not clearly different"
print(
    f"Both together against {single} alone: {mean:.2f} years less error "
    f"[{low:.2f}, {high:.2f}]: {clear}."
)

# %%
figure, ax = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
by_age = errors.groupby(table["age_class"], observed=True).mean()
by_age.plot.bar(ax=ax, rot=0, width=0.75)
ax.set(xlabel="age", ylabel="age MAE, years", title="Five folds, the same faces for all three")

# %%
# As one estimator, from images to years, ready to be saved or searched:
union = FeatureUnion(list(parts.items()), transformer_weights=weights)
stacked = make_pipeline(union, RidgeCV(np.logspace(1, 5, 9)))
stacked
