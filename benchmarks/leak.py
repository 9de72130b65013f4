"""The value of the leak: how much better a contender looks when copies of test faces train it.

    python benchmarks/leak.py UTKFace.tar.gz --contender hog-linear --seeds 3

See ``data.leaks.value`` for the design. Prints the table and, with ``--out``, writes it as parquet.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

import data
from data.leaks.value import leak_value, measure_leak
from pipelines.registry import get_contender


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("source")
    parser.add_argument("--contender", default="hog-linear")
    parser.add_argument("--options", default="{}", help="options of the contender, as JSON")
    parser.add_argument("--seeds", type=int, default=1, help="pairs of trainings")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    faces = data.load(options.source, pose=False)
    contender = get_contender(options.contender)
    settings = json.loads(options.options)
    images = faces.images(settings.get("image_size", contender.image_size))
    female = (faces.table["gender"] == "female").to_numpy()
    labels = np.column_stack([faces.table["age"], female]).astype(np.float32)

    def fit_predict(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        start = time.process_time()
        model = contender.build(random_state=0, **settings)
        model.fit(images[train], labels[train])
        answers = model.predict_all(images[test])
        print(f"{len(train):,} faces: {time.process_time() - start:.0f} s CPU", flush=True)
        return answers["age"], answers["p_female"]

    value = leak_value(measure_leak(faces.table, fit_predict, seeds=range(options.seeds)))
    value.insert(0, "contender", options.contender)
    print(value.round(4).to_string(index=False))
    if options.out:
        value.to_parquet(options.out, index=False)


if __name__ == "__main__":
    main()
