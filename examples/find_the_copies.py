"""
Find the copies in a data set
=============================

Collections from the web hold the same photo several times: re-compressed, brighter, mirrored, under
another age. If one copy trains and another tests, a model is rewarded for memory. Here copies of
known kinds are planted among 300 faces, and looked for.
"""

# %%
# The plant: for each kind, eight pictures. Labels of two of the exact copies are changed.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance, ImageOps
from sklearn.model_selection import train_test_split

import data

embedded = data.load("embedded")
originals = embedded.table.drop_duplicates("group").iloc[::5].head(300)
folder = Path(tempfile.mkdtemp()) / "collection"
folder.mkdir()


def keep(name: str, picture: Image.Image, age: float, gender: str, quality: int = 90) -> dict:
    """Write a picture and return its row of the table."""
    picture.save(folder / name, quality=quality)
    return {"path": name, "age": round(age), "gender": gender}


KINDS = {
    "smaller file": (lambda picture: picture, 40),
    "brighter": (lambda picture: ImageEnhance.Brightness(picture).enhance(1.25), 90),
    "cropped": (lambda picture: picture.crop((4, 4, 172, 172)).resize((176, 176)), 90),
    "mirrored": (ImageOps.mirror, 90),
    "grey": (lambda picture: ImageOps.grayscale(picture).convert("RGB"), 90),
}
rows, planted = [], []
labels = list(zip(originals["face_id"], originals["age"], originals["gender"], strict=True))
for number, (face_id, age, gender) in enumerate(labels):
    name = f"{number:03d}.png"
    picture = Image.open(embedded.path(face_id)).convert("RGB")
    rows.append(keep(name, picture, age, gender))
    if number < 8 * len(KINDS):
        kind = list(KINDS)[number // 8]
        change, quality = KINDS[kind]
        twin = f"{number:03d}-{kind.replace(' ', '-')}.jpg"
        rows.append(keep(twin, change(picture), age, gender, quality))
        planted.append({"kind": kind, "original": name, "copy": twin})
    elif number < 8 * len(KINDS) + 8:
        wrong = age + 20 * (number % 4 == 0)
        rows.append(keep(f"{number:03d}-again.png", picture, wrong, gender))
        planted.append({"kind": "exact", "original": name, "copy": f"{number:03d}-again.png"})
pd.DataFrame(rows).to_csv(folder / "labels.csv", index=False)
planted = pd.DataFrame(planted)
print(f"{len(rows)} pictures, {len(planted)} of them planted copies")

# %%
# Loading compares every picture with every other, in two steps: hashes propose pairs, the details
# of both pictures then have to agree.
faces = data.load(folder / "labels.csv", pose=False)
faces.audit["problem"].value_counts().to_frame()

# %%
# Copies share a ``group``. Which kinds were found?
group = faces.table.assign(name=faces.table["path"].map(lambda path: Path(path).name))
group = group.set_index("name")["group"]
planted["found"] = [
    a in group and b in group and group[a] == group[b]
    for a, b in zip(planted["original"], planted["copy"], strict=True)
]
found = planted.groupby("kind", sort=False)["found"].agg(["sum", "size"])
found.columns = ["found", "planted"]
found

# %%
# And how many strangers were taken for copies?
of_group = pd.Series(group.index, index=group.to_numpy()).groupby(level=0).agg(list)
known = {frozenset(pair) for pair in zip(planted["original"], planted["copy"], strict=True)}
strangers = [names for names in of_group if len(names) > 1 and frozenset(names) not in known]
print(
    f"Found {int(planted['found'].sum())} of {len(planted)} copies; "
    f"{len(strangers)} groups hold pictures that are not copies of each other."
)

# %%
# Six of the pairs, from the least to the most alike. ``hamming`` counts the bits in which two
# hashes differ; ``similarity`` is the correlation of the details.
pairs = faces.near_duplicates[faces.near_duplicates["verified"]]
pairs = pairs.sort_values("similarity").reset_index(drop=True)
shown = pairs.iloc[np.linspace(0, len(pairs) - 1, 6).astype(int)]
pictures = faces.images(96)
row_of = {face_id: row for row, face_id in enumerate(faces.table["face_id"])}
figure, axes = plt.subplots(2, 6, figsize=(9, 3.6), layout="constrained")
for column, (_, pair) in zip(axes.T, shown.iterrows(), strict=True):
    for ax, face_id in zip(column, (pair["face_id_a"], pair["face_id_b"]), strict=True):
        ax.imshow(pictures[row_of[face_id]])
        ax.set_axis_off()
    mirrored = "\nmirrored" if pair["mirrored"] else ""
    column[0].set_title(f"{pair['hamming']} bits, {pair['similarity']:.2f}{mirrored}", fontsize=9)

# %%
# What a careless split would do
# ------------------------------
# :func:`data.find_leaks` looks at any split, ours or not.
part = np.array(["train"] * len(faces.table), dtype=object)
part[train_test_split(np.arange(len(part)), test_size=0.2, random_state=0)[1]] = "test"
careless = pd.DataFrame({"face_id": faces.table["face_id"], "part": part})
leaks = data.find_leaks(careless, faces)
ours = data.find_leaks(data.split(faces.table, data_set=faces.name), faces)
print(
    f"A random split leaves {leaks['face_ids'].nunique()} photos on both sides; ours {len(ours)}."
)
