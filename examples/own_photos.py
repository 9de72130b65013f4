"""
Your own photos and a CSV
=========================

Any folder of pictures with a table beside it is a data set. This example makes such a folder, with
the mistakes folders have, reads it with :func:`data.load`, looks at what was found, and trains on
what is left.
"""

# %%
# A folder of photos: names that say nothing, and labels in a table. Three mistakes are put in: a
# file that is cut off, a photo that is there twice under different ages, an age that cannot be.
import shutil
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline

import data
from pipelines import HogTransformer, LoadImages

embedded = data.load("embedded")
folder = Path(tempfile.mkdtemp()) / "photos"
folder.mkdir()
chosen = embedded.table.iloc[::6].reset_index(drop=True)
rows = []
for number, (face_id, age, gender) in enumerate(
    zip(chosen["face_id"], chosen["age"], chosen["gender"], strict=True)
):
    name = f"IMG_{number:04d}.jpg"
    shutil.copy(embedded.path(face_id), folder / name)
    rows.append({"path": name, "age": round(float(age)), "gender": gender})
shutil.copy(folder / "IMG_0007.jpg", folder / "IMG_0400.jpg")
rows.append({**rows[7], "path": "IMG_0400.jpg", "age": rows[7]["age"] + 20})
(folder / "IMG_0012.jpg").write_bytes((folder / "IMG_0012.jpg").read_bytes()[:500])
rows[20]["age"] = 190
pd.DataFrame(rows).to_csv(folder / "labels.csv", index=False)
pd.DataFrame(rows).head(3)

# %%
# Reading it checks every file, compares all pictures with each other, and estimates how heads are
# turned (left out here, it takes 10 ms a face).
faces = data.load(folder / "labels.csv", pose=False)
print(faces)

# %%
# ``audit`` says what was found and what was done about it. Nothing is dropped silently.
faces.audit

# %%
# One leak-free split, as the study draws it: copies never stand on two sides.
table = faces.table[faces.table["keep"]].reset_index(drop=True)
part = table.merge(data.split(faces.table, data_set=faces.name), on="face_id")["part"].astype(str)
print(part.value_counts().to_string())

# %%
# A pipeline may begin with paths: :class:`pipelines.LoadImages` reads, crops and resizes them as
# ``faces.images`` does, so the model can be used on files later.
paths = np.array([str(faces.path(face_id)) for face_id in table["face_id"]])
train, test = (part == "train").to_numpy(), (part == "test").to_numpy()
model = make_pipeline(LoadImages(64), HogTransformer(), Ridge(30))
model.fit(paths[train], table["age"][train])
answers = model.predict(paths[test])
error = mean_absolute_error(table["age"][test], answers)
alone = mean_absolute_error(table["age"][test], np.full(test.sum(), table["age"][train].median()))
print(f"{test.sum()} test photos: {error:.1f} years off; the median alone {alone:.1f}")

# %%
figure, axes = plt.subplots(2, 6, figsize=(9, 3.6), layout="constrained")
pictures = LoadImages(64).fit_transform(paths[test][::6][:12])
for ax, picture, years, said in zip(
    axes.flat, pictures, table["age"][test][::6], answers[::6], strict=False
):
    ax.imshow(picture)
    ax.set_title(f"{years:.0f}, read as {said:.0f}", fontsize=9)
    ax.set_axis_off()
