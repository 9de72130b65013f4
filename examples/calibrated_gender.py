"""
A calibrated answer for gender
==============================

A support vector machine gives a score, not a probability. ``AgeGender`` calibrates it on faces that
trained nothing (Platt's sigmoid). What is that worth, and is scikit-learn's own wrapper any
different?
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV, CalibrationDisplay
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.metrics import brier_score_loss, log_loss
from sklearn.model_selection import GroupShuffleSplit
from sklearn.svm import LinearSVC

import data
from pipelines import AgeGender, HogTransformer

faces = data.load("embedded")
table, images = faces.table, faces.images(64)
truth = np.column_stack([table["age"], table["gender"] == "female"]).astype(float)
group = table["group"].to_numpy()
rows = np.arange(len(table))
rest, test = next(GroupShuffleSplit(1, test_size=0.35, random_state=0).split(rows, groups=group))
inner = GroupShuffleSplit(1, test_size=0.25, random_state=0)
train, calibrate = (rest[part] for part in next(inner.split(rest, groups=group[rest])))

# %%
# One estimator for both questions. The parts are given here so that others can use the same ones;
# left out, ``fit`` cuts them itself and keeps groups together.
model = AgeGender(Ridge(30), LinearSVC(C=0.1), HogTransformer(), random_state=0)
model.fit(images[train], truth[train], calibrate=(images[calibrate], truth[calibrate]))

# %%
# Three readings of the same machine: its raw score squeezed to 0..1, our calibration, and
# scikit-learn's on the same faces.
features = model.features_.transform(images)
wrapped = CalibratedClassifierCV(FrozenEstimator(model.gender_), method="sigmoid")
wrapped.fit(features[calibrate], truth[calibrate, 1])
probability = {
    "raw score": expit(model.gender_.decision_function(features[test])),
    "AgeGender": model.predict_gender_proba(images[test]),
    "CalibratedClassifierCV": wrapped.predict_proba(features[test])[:, 1],
}
female = truth[test, 1]
scores = pd.DataFrame(
    {
        name: {
            "accuracy, %": 100 * ((p > 0.5) == female).mean(),
            "log loss": log_loss(female, p),
            "Brier score": brier_score_loss(female, p),
            "mean confidence, %": 100 * np.maximum(p, 1 - p).mean(),
        }
        for name, p in probability.items()
    }
).T.round(3)
scores

# %%
figure, ax = plt.subplots(figsize=(5.5, 5), layout="constrained")
for name, p in probability.items():
    CalibrationDisplay.from_predictions(
        female, p, n_bins=8, strategy="quantile", name=name, ax=ax, marker="o"
    )
ax.set(xlabel="stated probability of female", ylabel="share that is female")

# %%
# A calibrated model is right as often as it says.
for name, row in scores.iterrows():
    gap = row["mean confidence, %"] - row["accuracy, %"]
    print(f"{name}: says {row['mean confidence, %']:.1f} %, is right in {row['accuracy, %']:.1f} % "
          f"({gap:+.1f} points)")  # fmt: skip
furthest = np.abs(probability["AgeGender"] - probability["CalibratedClassifierCV"]).max()
print(f"Ours and scikit-learn's differ by at most {furthest:.3f} on any face.")
