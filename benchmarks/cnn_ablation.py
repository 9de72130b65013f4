"""What each choice of the CNN recipe is worth: one row per change, scored on *select*.

Every row trains on the same faces with the same seed and one setting changed against the base:
``quick`` at 96 px, 5,000 faces, 4 epochs by default. The *test* part is never read. Rows that
stand in the table already (``--out``) are not trained again.

    python benchmarks/cnn_ablation.py UTKFace.tar.gz --out ablation.csv
    python benchmarks/cnn_ablation.py UTKFace.tar.gz --rows base ordinal regression
    python benchmarks/cnn_ablation.py UTKFace.tar.gz --recipe face --faces 3000 --size 150
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from parts import Parts

from pipelines.cnn.estimators import CnnAgeGender
from pipelines.cnn.recipes import RECIPES

BASES: dict[str, dict[str, Any]] = {"quick": {"freeze_stages": 3}, "face": RECIPES["face"]}

#: One change each.
QUICK_ROWS: dict[str, dict[str, Any]] = {
    "base": {},
    "random start": {"weights": None, "layer_decay": 1.0, "freeze_stages": 0},
    "all layers learn": {"freeze_stages": 0},
    "4 groups frozen": {"freeze_stages": 4},
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
FACE_ROWS: dict[str, dict[str, Any]] = {
    "base": {},
    "all layers learn": {"freeze_stages": 0},
    "3 groups frozen": {"freeze_stages": 3},
    "statistics of the weights, never measured": {"norm": "frozen"},
    "one rate for all layers": {"layer_decay": 1.0},
    "rate a third": {"lr": 5e-4},
    "rate doubled": {"lr": 3e-3},
    "strong augmentation": {"augment": "strong"},
    "112 px": {"image_size": 112},
}
ROWS = {"quick": QUICK_ROWS, "face": FACE_ROWS}


def run(parts: Parts, rows: np.ndarray, settings: dict[str, Any]) -> dict[str, float]:
    """Train one row; return its select scores and what it cost."""
    size = settings["image_size"]
    select = parts("select", size)
    train = parts("train", size, rows)
    wall, cpu = time.perf_counter(), time.process_time()
    cnn = CnnAgeGender(random_state=0, **settings).fit(*train, select=select, calibrate=select)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    age, gender = cnn.predict(select[0]).T
    error = np.abs(age - select[1][:, 0])
    return {
        "mae": float(error.mean()),
        "cs5": float((error <= 5).mean()),
        "gender": float((gender == select[1][:, 1]).mean()),
        "best_epoch": cnn.training_.best_epochs[0],
        "seconds": wall,
        "cpu_seconds": cpu,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", help="UTKFace archive or folder")
    parser.add_argument("--recipe", default="quick", choices=list(ROWS))
    parser.add_argument("--rows", nargs="+", help="default: all of the recipe")
    parser.add_argument("--faces", type=int, default=5000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path, help="CSV of the table, continued if it exists")
    args = parser.parse_args()
    known = ROWS[args.recipe]
    if unknown := set(args.rows or ()) - known.keys():
        parser.error(f"no rows {', '.join(sorted(unknown))}: choose from {', '.join(known)}")
    parts = Parts(args.source)
    n = len(parts.rows["train"])
    rows = np.sort(np.random.default_rng(0).permutation(n)[: args.faces])
    table = []
    if args.out is not None and args.out.exists():
        table = pd.read_csv(args.out).to_dict("records")
    done = {row["row"] for row in table}
    for name in args.rows or known:
        if name not in done:
            common = {"image_size": args.size, "epochs": args.epochs, "threads": args.threads}
            settings = {**BASES[args.recipe], **common, **known[name]}
            table.append({"row": name, **run(parts, rows, settings)})
            if args.out is not None:
                pd.DataFrame(table).to_csv(args.out, index=False)
    print("| one change | MAE | CS@5 | gender | best epoch | seconds |\n|---|---|---|---|---|---|")
    for row in table:
        print(
            f"| {row['row']} | {row['mae']:.2f} | {row['cs5']:.3f} | {row['gender']:.3f} | "
            f"{row['best_epoch']:.0f} | {row['seconds']:.0f} |"
        )


if __name__ == "__main__":
    main()
