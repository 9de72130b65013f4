"""What each choice of the CNN recipe is worth: one row per change, scored on *select*.

Every row trains on the same faces with the same seed and one setting changed against the base:
``quick`` at 96 px, 5,000 faces, 4 epochs by default. The *test* part is never read.

    python benchmarks/cnn_ablation.py pixels.npy labels.csv --rows base ordinal regression
    python benchmarks/cnn_ablation.py pixels.npy labels.csv --learning-curve

``pixels.npy`` holds uint8 images (n, H, W, 3), ``labels.csv`` columns ``age, gender, group,
part`` (gender 0 male, 1 female; part train or select) in the same order.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.cnn import CnnAgeGender

BASE: dict[str, Any] = {"freeze_stages": 3}

#: One change each.
ROWS: dict[str, dict[str, Any]] = {
    "base": {},
    "random start": {"weights": None, "layer_decay": 1.0, "freeze_stages": 0},
    "all layers learn": {"freeze_stages": 0},
    "4 groups frozen": {"freeze_stages": 4},
    "statistics adapted once": {"norm": "adapted"},
    "statistics of ImageNet": {"norm": "frozen"},
    "fp32": {"precision": "fp32"},
    "regression": {"age_head": "regression"},
    "ordinal": {"age_head": "ordinal"},
    "no augmentation": {"augment": "none"},
    "mirror only": {"augment": "mirror"},
    "strong augmentation": {"augment": "strong"},
    "mixup 0.2": {"mixup": 0.2},
    "one rate for all layers": {"layer_decay": 1.0},
    "layer decay 0.65": {"layer_decay": 0.65},
    "rate halved": {"lr": 1e-3},
    "rate doubled": {"lr": 4e-3},
    "batch 32": {"batch_size": 32},
    "no average of weights": {"ema": None},
    "no label smoothing": {"label_smoothing": 0.0},
    "gender weight 2": {"gender_weight": 2.0},
    "growing images": {"first_image_size": 64},
    "128 px": {"image_size": 128},
    "lite2": {"backbone": "tf_efficientnet_lite2"},
}


def run(
    images: np.ndarray, labels: pd.DataFrame, n_train: int, settings: dict[str, Any]
) -> dict[str, float]:
    """Train one row; return its select scores and its cost in processor seconds."""
    targets = labels[["age", "gender"]].to_numpy(float)
    train = np.flatnonzero(labels["part"] == "train")
    train = np.sort(np.random.default_rng(0).permutation(train)[:n_train])
    held = np.flatnonzero(labels["part"] == "select")
    select = (images[held], targets[held])
    start = time.process_time()
    cnn = CnnAgeGender(random_state=0, **settings).fit(
        images[train], targets[train], select=select, calibrate=select
    )
    seconds = time.process_time() - start
    age, gender = cnn.predict(select[0]).T
    error = np.abs(age - select[1][:, 0])
    return {
        "mae": float(error.mean()),
        "cs5": float((error <= 5).mean()),
        "gender": float((gender == select[1][:, 1]).mean()),
        "best_epoch": cnn.training_.best_epoch,
        "cpu_seconds": seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pixels", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--rows", nargs="+", default=list(ROWS), choices=list(ROWS))
    parser.add_argument("--faces", type=int, default=5000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--learning-curve", action="store_true", help="1k, 3k, 6k, all faces")
    parser.add_argument("--out", type=Path, help="CSV to write the table to")
    args = parser.parse_args()
    images, labels = np.load(args.pixels, mmap_mode="r"), pd.read_csv(args.labels)
    if len(images) != len(labels):
        parser.error(f"{args.pixels} has {len(images)} images, {args.labels} {len(labels)} rows")
    common = {"image_size": args.size, "epochs": args.epochs, "threads": args.threads, **BASE}
    if args.learning_curve:
        sizes = [1000, 3000, 6000, int((labels["part"] == "train").sum())]
        plan = {f"{size:,} faces": (size, common) for size in sizes}
    else:
        plan = {name: (args.faces, {**common, **ROWS[name]}) for name in args.rows}
    print(f"{'row':26}{'MAE':>7}{'CS@5':>7}{'gender':>8}{'best':>6}{'CPU s':>8}")
    table = []
    for name, (n_train, settings) in plan.items():
        found = run(images, labels, n_train, settings)
        table.append({"row": name, **found})
        print(
            f"{name:26}{found['mae']:7.2f}{found['cs5']:7.3f}{found['gender']:8.3f}"
            f"{found['best_epoch']:6d}{found['cpu_seconds']:8.0f}",
            flush=True,
        )
        if args.out is not None:
            pd.DataFrame(table).to_csv(args.out, index=False)


if __name__ == "__main__":
    main()
