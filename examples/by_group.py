"""
By age, gender and pose, beside fairlearn
=========================================

An average hides for whom a model fails. `fairlearn <https://fairlearn.org>`_ breaks any metric down
by any group; the report of this package does the same with an interval on every error, over heads
rather than pictures. The same answers go through both.
"""

# %%
# Answers for every face from folds that never saw the head.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, count
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, mean_absolute_error
from sklearn.model_selection import GroupKFold, cross_val_predict

import data
import reports
from pipelines import HogTransformer

faces = data.load("embedded")
table = faces.table.iloc[::2].reset_index(drop=True)
features = HogTransformer(cell_size=16).fit_transform(faces.images(64)[::2])
age, female = table["age"].to_numpy(float), (table["gender"] == "female").to_numpy(int)
folds = {"cv": GroupKFold(5), "groups": table["group"]}
said_age = cross_val_predict(Ridge(10), features, age, **folds)
p_female = cross_val_predict(
    LogisticRegression(max_iter=300), features, female, method="predict_proba", **folds
)[:, 1]

# %%
# fairlearn: one ``MetricFrame`` per question, here by age, gender and how far the head is turned.
breakdowns = ["age_class", "gender", "yaw_bin"]
theirs = {}
for breakdown in breakdowns:
    group = table[breakdown].astype(str)
    years = MetricFrame(
        metrics={"faces": count, "age MAE": mean_absolute_error},
        y_true=age,
        y_pred=said_age,
        sensitive_features=group,
    )
    right = MetricFrame(
        metrics=accuracy_score, y_true=female, y_pred=p_female > 0.5, sensitive_features=group
    )
    theirs[breakdown] = years.by_group.assign(accuracy=right.by_group)
    gap = years.difference()["age MAE"]
    print(f"{breakdown}: the worst group is read {gap:.1f} years worse than the best one")

# %%
# Ours: the same arrays as tables of a report. Its numbers are plain data.
run = reports.from_predictions(
    table[["age", "gender", "yaw", "pitch", "roll"]],
    {"HOG": {"age": said_age, "p_female": p_female}},
    groups=table["group"],
)
found = reports.summary(run)["breakdowns"]
ours = pd.concat(
    [pd.DataFrame(found[name]).assign(breakdown=name) for name in breakdowns]
).set_index(["breakdown", "level"])
fairlearn = pd.concat(theirs, names=["breakdown", "level"])[["age MAE", "accuracy"]]
beside = ours[["n", "mae", "mae_low", "mae_high", "accuracy"]].join(
    fairlearn.add_suffix(" (fairlearn)")
)
beside.astype(float).round(2)

# %%
apart = (beside["mae"] - beside["age MAE (fairlearn)"]).abs().max()
print(f"Both count the same: the largest difference of an age MAE is {apart:.5f} years.")

# %%
# The interval is what is added: it says which gaps are more than luck.
overall = np.abs(said_age - age).mean()
figure, axes = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained", sharex=True)
for ax, breakdown in zip(axes, breakdowns, strict=True):
    rows = beside.loc[breakdown].iloc[::-1]
    error = rows["mae"] - rows["mae_low"], rows["mae_high"] - rows["mae"]
    ax.errorbar(rows["mae"], rows.index.astype(str), xerr=error, fmt="o", label="ours")
    cross = rows["age MAE (fairlearn)"]
    ax.plot(cross, rows.index.astype(str), "x", color="w", zorder=3, label="fairlearn")
    ax.axvline(overall, color="0.7", zorder=0)
    ax.set(title=breakdown, xlabel="age MAE, years")
axes[0].legend(facecolor="0.8")

# %%
clear = beside[(beside["mae_low"] > overall) | (beside["mae_high"] < overall)]
print(
    f"In {len(clear)} of {len(beside)} groups the interval leaves out the overall error of "
    f"{overall:.1f} years: {', '.join(f'{b} {level}' for b, level in clear.index)}."
)
