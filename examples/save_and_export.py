"""
Saving, loading, and ONNX in another runtime
============================================

A model outlives the session that trained it. ``save`` and ``load`` keep any fitted estimator
without pickle, so that opening somebody's file runs none of their code; ``export_onnx`` writes a
network as one file that needs neither this package nor PyTorch.
"""

# %%
# A small network, trained for two epochs: enough to have answers that can be compared.
import json
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import data
from pipelines import CnnAgeGender, HogTransformer, OnnxAgeGender, export_onnx, load, save

faces = data.load("embedded")
table, images = faces.table.iloc[::8].reset_index(drop=True), faces.images(48)[::8]
truth = np.column_stack([table["age"], table["gender"] == "female"]).astype(float)
cnn = CnnAgeGender(image_size=48, epochs=2, random_state=0)
cnn.fit(images, truth, groups=table["group"].to_numpy())
folder = Path(tempfile.mkdtemp())

# %%
# Save and load
# -------------
# A folder of three files: scikit-learn's part, the weights, and a manifest with checksums.
save(cnn, folder / "cnn")
pd.Series(
    {path.name: f"{path.stat().st_size:,} bytes" for path in sorted((folder / "cnn").iterdir())},
    name="size",
).to_frame()

# %%
again = load(folder / "cnn")
same = np.array_equal(again.predict(images), cnn.predict(images))
print(
    f"The answers for {len(images)} faces are {'the same to the last bit' if same else 'others'}."
)

# %%
# The same for a search over a pipeline.
search = GridSearchCV(make_pipeline(HogTransformer(), Ridge()), {"ridge__alpha": [10, 100]}, cv=3)
search.fit(images, truth[:, 0])
save(search, folder / "search")
print(load(folder / "search").best_params_)

# %%
# A file that was changed is refused.
weights = folder / "cnn" / "tensors.safetensors"
weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
try:
    load(folder / "cnn")
except ValueError as error:
    print(str(error).replace(f"{folder}/", ""))

# %%
# ONNX
# ----
# The file takes ``uint8`` faces and gives calibrated answers. Here plain onnxruntime reads it; any
# other ONNX runtime would do, on a telephone or in a browser.
export_onnx(cnn, folder / "faces.onnx")
session = onnxruntime.InferenceSession(folder / "faces.onnx", providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
answers = dict(zip(names, session.run(None, {"faces": images}), strict=True))
pd.DataFrame(
    {
        "input or output": [session.get_inputs()[0].name, *names],
        "shape": [
            str(session.get_inputs()[0].shape), *(str(o.shape) for o in session.get_outputs())
        ],
    }
)  # fmt: skip

# %%
expected = cnn.predict_all(images)
age_gap = np.abs(answers["age"] - expected["age"]).max()
gender_gap = np.abs(answers["p_female"] - expected["p_female"]).max()
print(f"Largest difference to PyTorch: {age_gap:.5f} years, {gender_gap:.7f} of probability.")

# %%
# ``OnnxAgeGender`` is this session with the age intervals that travel inside the file.
onnx = OnnxAgeGender(folder / "faces.onnx")
low, high = onnx.predict_all(images)["interval"].T
held = ((low <= truth[:, 0]) & (truth[:, 0] <= high)).mean()
print(f"Intervals from the file, mean width {np.mean(high - low):.0f} years.")
card = json.loads(session.get_modelmeta().custom_metadata_map["age_gender"])
print(f"What travels with it: {', '.join(card)}.")


# %%
# One face at a time, as an application would ask.
def milliseconds(answer: object, rounds: int = 20) -> list[float]:
    """Return the times of single faces."""
    times = []
    for row in range(rounds):
        start = time.perf_counter()
        answer(images[row : row + 1])
        times.append(1000 * (time.perf_counter() - start))
    return times[2:]


times = {"PyTorch": milliseconds(cnn.predict_all), "onnxruntime": milliseconds(onnx.predict_all)}
figure, ax = plt.subplots(figsize=(6, 2.4), layout="constrained")
ax.boxplot(list(times.values()), orientation="horizontal", tick_labels=list(times))
ax.set(xlabel="milliseconds per face, one at a time", xlim=(0, None))
ratio = np.median(times["PyTorch"]) / np.median(times["onnxruntime"])
print(f"onnxruntime takes {1 / ratio:.2f} of PyTorch's time for one face.")
