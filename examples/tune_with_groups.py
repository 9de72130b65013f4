"""
Tune HOG and a support vector machine with grouped folds
========================================================

A search is only as honest as its folds. The embedded faces show some heads twice; on data from the
web the same photo turns up several times. Folds that know these groups and folds that do not are
compared on the same grid.
"""

# %%
# 250 heads with two pictures each, in other poses and other light.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

import data
from pipelines import HogTransformer

faces = data.load("embedded")
pictures = faces.table["group"].value_counts()
twice = np.sort(pictures.index[pictures == 2])
chosen = faces.table["group"].isin(np.random.default_rng(0).permutation(twice)[:250])
table = faces.table[chosen].reset_index(drop=True)
images = faces.images(64)[chosen.to_numpy()]
gender = table["gender"].to_numpy(str)
print(f"{len(table)} pictures of {table['group'].nunique()} heads")

# %%
# The grid: the size of the cells and how strongly the machine is regularised.
model = make_pipeline(HogTransformer(), SVC())
grid = {"hogtransformer__cell_size": [8, 16], "svc__C": [0.3, 1, 10]}
folds = {
    "groups kept together": StratifiedGroupKFold(5, shuffle=True, random_state=0),
    "groups ignored": StratifiedKFold(5, shuffle=True, random_state=0),
}
known = {"groups kept together": {"groups": table["group"]}, "groups ignored": {}}
searches = {
    name: GridSearchCV(model, grid, cv=cv).fit(images, gender, **known[name])
    for name, cv in folds.items()
}

# %%
found = pd.DataFrame(
    {name: search.cv_results_["mean_test_score"] for name, search in searches.items()},
    index=pd.MultiIndex.from_frame(
        pd.DataFrame(searches["groups ignored"].cv_results_["params"]).rename(
            columns=lambda name: name.split("__")[1]
        )
    ),
)
(100 * found).round(1)

# %%
# How large is the difference beside its noise? The folds' own scores say it.
honest, flattered = searches.values()
figure, ax = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
for name, search in searches.items():
    results = search.cv_results_
    ax.errorbar(
        np.arange(6) + (0.1 if search is flattered else -0.1),
        100 * results["mean_test_score"],
        yerr=100 * results["std_test_score"] / np.sqrt(5),
        fmt="o",
        capsize=3,
        label=name,
    )
ax.set_xticks(range(6), [f"{cell} px\nC={C:g}" for cell, C in found.index])
ax.set(ylabel="gender accuracy, %", title="Five folds, mean and standard error")
ax.legend()

# %%
optimism = 100 * (flattered.best_score_ - honest.best_score_)
best = ", ".join(f"{name.split('__')[1]}={value}" for name, value in honest.best_params_.items())
print(f"Best with groups kept together: {best}, {100 * honest.best_score_:.1f} %.")
print(
    f"Ignoring groups, the same search reports {optimism:+.1f} points; "
    f"the standard error of a mean is about "
    f"{100 * honest.cv_results_['std_test_score'][honest.best_index_] / np.sqrt(5):.1f} points."
)
