"""
A report for anybody's predictions
==================================

The report needs no model of this package: true ages and genders, and what anything answered, are
enough. Here two models of scikit-learn answer, and :func:`reports.from_predictions` makes the same
page that ``study run`` writes.
"""

# %%
# Two models, each with answers for the same test heads. They could come from a CSV as well.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GroupShuffleSplit

import data
import reports
from pipelines import HogTransformer

faces = data.load("embedded")
table = faces.table.reset_index(drop=True)
features = HogTransformer(cell_size=16).fit_transform(faces.images(64))
train, test = next(
    GroupShuffleSplit(1, test_size=0.25, random_state=0).split(features, groups=table["group"])
)
models = {
    "trees": (
        ExtraTreesRegressor(100, min_samples_leaf=3, max_features=0.1, random_state=0),
        ExtraTreesClassifier(100, min_samples_leaf=3, random_state=0),
    ),
    "linear": (Ridge(10), LogisticRegression(max_iter=300)),
}
answers = {}
for name, (regressor, classifier) in models.items():
    regressor.fit(features[train], table["age"].iloc[train])
    classifier.fit(features[train], table["gender"].iloc[train].astype(str))
    answers[name] = pd.DataFrame(
        {
            "age": regressor.predict(features[test]),
            "p_female": classifier.predict_proba(features[test])[:, 0],
        }
    )
answers["trees"].head(3).round(2)

# %%
# Truth, answers, what belongs together, and a breakdown of our own: how bright the picture is.
brightness = faces.images(64)[test].mean(axis=(1, 2, 3))
light = pd.cut(brightness, [0, *np.quantile(brightness, [1 / 3, 2 / 3]), 256])
light = light.rename_categories(["dark", "medium", "bright"])
truth = table.iloc[test][["age", "gender", "yaw", "pitch", "roll"]]
run = reports.from_predictions(
    truth,
    answers,
    groups=table["group"].iloc[test],
    by={"light": light},
    pair=("trees", "linear"),
    title="two models of scikit-learn",
)

# %%
# The page is one file without any outside reference.
numbers = reports.summary(run)
page = reports.render(run, summary=numbers)
target = Path(tempfile.mkdtemp()) / "report.html"
target.write_text(page, encoding="utf-8")
print(f"{target.name}: {target.stat().st_size / 1e6:.1f} MB, {len(test)} faces")

# %%
# What it says first:
for finding in numbers["verdict"]:
    print(f"{finding['topic']}: {finding['claim']} {finding['evidence']}")

# %%
# Every number on it is plain data too.
headline = pd.DataFrame(numbers["headline"])
headline = headline[headline["metric"].isin(["mae", "accuracy"])]
headline[["contender", "metric", "value", "low", "high", "n"]].round(3)

# %%
own = pd.DataFrame(numbers["breakdowns"]["light"])
figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
for shift, (name, rows) in zip((-0.1, 0.1), own.groupby("contender"), strict=True):
    place = np.arange(len(rows)) + shift
    error = rows["mae"] - rows["mae_low"], rows["mae_high"] - rows["mae"]
    ax.errorbar(place, rows["mae"], yerr=error, fmt="o", capsize=3, label=name)
ax.set_xticks(range(3), own["level"].unique())
ax.set(xlabel="light", ylabel="age MAE, years", title="The breakdown that was added")
ax.legend()
