"""The value of the leak, measured inside a study: ``leak.parquet``.

The same test faces, the same number of training faces; once with the copies of test faces among
them, once with as many others. See ``data.leaks.value`` for the design.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

import data
from data.cache import Progress
from data.leaks.value import leak_design, leak_value, measure_leak
from pipelines.registry import get_contender
from study.plan.model import Plan, registered_name
from study.record.directory import RunDirectory
from study.record.files import read_parquet, write_parquet


def check(faces: data.Faces) -> None:
    """Raise ``DataError`` where nothing can be measured, before anything is trained."""
    leak_design(faces.table)


def measure(
    run: RunDirectory, plan: Plan, faces: data.Faces, cores: int, progress: Progress | None
) -> None:
    """Measure every contender that the plan names under ``leak``; finished ones are kept.

    Leaves ``leak/<contender>.parquet`` for each and ``leak.parquet`` with all, which the report
    shows.
    """
    if not plan.leak:
        return
    folder = run.path / "leak"
    folder.mkdir(exist_ok=True)
    tables = []
    for name in plan.leak:
        path = folder / f"{name}.parquet"
        if not path.is_file():
            value = _value(plan, name, faces, cores, progress)
            value.insert(0, "contender", name)
            write_parquet(path, value)
        tables.append(read_parquet(path))
    write_parquet(run.path / "leak.parquet", pd.concat(tables, ignore_index=True))


def _value(
    plan: Plan, name: str, faces: data.Faces, cores: int, progress: Progress | None
) -> pd.DataFrame:
    chosen, contender = plan.contenders[name], get_contender(registered_name(plan, name))
    size = chosen.image_size or contender.image_size
    images = faces.images(size, progress=progress)
    female = (faces.table["gender"] == "female").to_numpy()
    labels = np.column_stack([faces.table["age"], female]).astype(np.float32)
    extra = {"image_size": size} if "image_size" in contender.option_names() else {}

    def fit_predict(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        model = contender.build(random_state=0, n_jobs=cores, **extra, **chosen.options)
        model.fit(images[train], labels[train])
        answers = model.predict_all(images[test])
        return answers["age"], answers["p_female"]

    options = {} if progress is None else {"progress": progress}
    return leak_value(measure_leak(faces.table, fit_predict, seeds=(0,), **options))
