"""The parts of this package in one's own scikit-learn code, without a study.

Run it: ``python examples/reuse_in_scikit_learn.py``. About half a minute, no download.
"""

# %% Faces: a table (one row a face) and uint8 images (n, H, W, 3); here the embedded heads.
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GroupKFold, GroupShuffleSplit, cross_val_predict
from sklearn.pipeline import make_pipeline

import data
from pipelines import AgeGender, ConformalAge, HogTransformer

faces = data.load("embedded")
table = faces.table.iloc[::2].reset_index(drop=True)
images = faces.images(64)[::2]
age = table["age"].to_numpy(float)
print(table[["face_id", "age", "gender", "yaw", "age_bin", "group"]].head(3))

# %% HOG in a pipeline; faces of one group (identity, duplicates) never stand on both sides.
model = make_pipeline(HogTransformer(cell_size=8), Ridge(30))
out_of_fold = cross_val_predict(model, images, age, groups=table["group"], cv=GroupKFold(5))
print(f"HOG + ridge: {mean_absolute_error(age, out_of_fold):.2f} years out of fold")

# %% For whom does it fail? The breakdown columns of the study are in the table already.
errors = table.assign(error=np.abs(out_of_fold - age))
by_yaw = errors.groupby("yaw_bin", observed=True)["error"].agg(["size", "mean"])
print(by_yaw.round(2))

# %% An honest interval around any regressor: 90% of new faces, whatever the model.
train, test = next(
    GroupShuffleSplit(1, test_size=0.3, random_state=0).split(images, groups=table["group"])
)
band = ConformalAge(model, random_state=0).fit(
    images[train], age[train], groups=table["group"].to_numpy()[train]
)
low, high = band.predict_interval(images[test], level=0.9).T
covered = ((low <= age[test]) & (age[test] <= high)).mean()
print(f"90% intervals: mean width {np.mean(high - low):.1f} years, {covered:.0%} covered")

# %% Both answers from one object, as the study's contenders give them.
both = AgeGender(Ridge(30), LogisticRegression(max_iter=200), HogTransformer(), random_state=0)
truth = np.column_stack([age, table["gender"] == "female"]).astype(float)
both.fit(images[train], truth[train], groups=table["group"].to_numpy()[train])
answers = both.predict_all(images[test[:3]])
print(pd.DataFrame({"age": answers["age"], "p_female": answers["p_female"]}).round(2))
