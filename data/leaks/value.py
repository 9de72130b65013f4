"""What a leak is worth: the same test faces, with and without their copies in training.

The usual random split of a data set with copies puts some test photos into training as well. How
much better does a model look for it? Two trainings answer: both have the same number of faces and
all but a few in common; one contains the copies of test faces, the other as many strangers of the
same age bins and genders. The difference of their errors on the same test faces is the leak.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from data.bins import age_bin
from data.cache import Progress, no_progress
from data.errors import DataError

FitPredict = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""``fit_predict(train_rows, test_rows) -> (age in years, probability of female)``."""


def leak_design(table: pd.DataFrame, *, seed: int = 0, test_share: float = 0.2) -> pd.DataFrame:
    """Assign the roles of the experiment.

    Parameters
    ----------
    table : DataFrame
        ``Faces.table``. Dropped copies and contradictions take part, as in the random splits of
        the literature.
    seed : int
        Draws the test faces and the strangers.
    test_share : float
        Share of all faces in the test part.

    Returns
    -------
    DataFrame
        ``row`` (position in ``table``), ``face_id``, ``group``, ``age``, ``gender``, ``role``
        ('test'; 'base': trained on in both arms; 'copy': only with the leak; 'stranger': only
        without it) and ``twinned`` (a test face with a copy outside the test part).

    Raises
    ------
    DataError
        If no test face has a copy outside, or there are too few strangers to replace the copies.

    Examples
    --------
    >>> import data
    >>> import pandas as pd
    >>> table = pd.DataFrame({"group": [i // 2 for i in range(80)], "age": 30.0})
    >>> table = table.assign(face_id=table.index.astype(str), gender=["male", "female"] * 40)
    >>> role = data.leak_design(table)["role"]
    >>> bool((role == "copy").sum() == (role == "stranger").sum() > 0)
    True
    """
    rng = np.random.default_rng(seed)
    design = table[["face_id", "group", "age", "gender"]].assign(row=np.arange(len(table)))
    design = design[design["age"].notna() & design["gender"].notna()]
    test = pd.Series(rng.random(len(design)) < test_share, index=design.index)
    copy = ~test & design["group"].isin(design.loc[test, "group"])
    if not copy.any():
        raise DataError("no test face has a copy outside the test part: there is no leak to value")
    others = design[~test & ~copy]
    design["role"] = np.select([test, copy], ["test", "copy"], default="base")
    design.loc[_strangers(design[copy], others, rng), "role"] = "stranger"
    design["twinned"] = test & design["group"].isin(design.loc[copy, "group"])
    return design.reset_index(drop=True)


def _strangers(copies: pd.DataFrame, others: pd.DataFrame, rng: np.random.Generator) -> pd.Index:
    """Return as many of the others as there are copies, of the same age bins and genders."""
    chosen: list[Any] = []
    pool = others.sample(frac=1, random_state=rng)
    stratum = age_bin(pool["age"]).astype("str") + pool["gender"].astype("str")
    wanted = (age_bin(copies["age"]).astype("str") + copies["gender"].astype("str")).value_counts()
    for name, n in wanted.items():
        chosen += pool.index[stratum == name][:n].tolist()
    left = pool.index.difference(chosen, sort=False)
    chosen += left[: len(copies) - len(chosen)].tolist()  # where a stratum has too few
    if len(chosen) < len(copies) or len(chosen) == len(pool):
        raise DataError(f"{len(others)} faces are too few to replace {len(copies)} copies")
    return pd.Index(chosen)


def measure_leak(
    table: pd.DataFrame,
    fit_predict: FitPredict,
    *,
    seeds: Sequence[int] = (0,),
    progress: Progress = no_progress,
) -> pd.DataFrame:
    """Train with and without the leak and return the predictions of both, paired.

    Parameters
    ----------
    table : DataFrame
        ``Faces.table``.
    fit_predict : callable
        ``fit_predict(train_rows, test_rows)`` trains a fresh model on the given positions of
        ``table`` and returns age in years and probability of female for the others.
    seeds : sequence of int
        One pair of trainings each.
    progress : callable
        Called as ``progress(stage, done, total)``, once a training and at the end.

    Returns
    -------
    DataFrame
        One row per test face and seed: ``seed, face_id, group, twinned, age, gender`` and
        ``age_with, p_female_with, age_without, p_female_without``.

    Raises
    ------
    DataError
        As :func:`leak_design`.

    Examples
    --------
    A model that answers 40 years and "either" for everybody gains nothing by a leak.

    >>> import data
    >>> import numpy as np
    >>> import pandas as pd
    >>> table = pd.DataFrame({"group": [i // 2 for i in range(80)], "age": 30.0})
    >>> table = table.assign(face_id=table.index.astype(str), gender=["male", "female"] * 40)
    >>> def fit_predict(train, test):
    ...     return np.full(len(test), 40.0), np.full(len(test), 0.5)
    >>> paired = data.measure_leak(table, fit_predict)
    >>> bool((paired["age_with"] == paired["age_without"]).all())
    True
    """
    results = []
    for number, seed in enumerate(seeds):
        design = leak_design(table, seed=seed)
        test = design[design["role"] == "test"]
        columns: dict[str, np.ndarray] = {}
        for arm, extra in (("with", "copy"), ("without", "stranger")):
            progress("value of the leak", 2 * number + len(columns) // 2, 2 * len(seeds))
            train = design.loc[design["role"].isin(["base", extra]), "row"].to_numpy()
            age, female = fit_predict(train, test["row"].to_numpy())
            columns |= {f"age_{arm}": age, f"p_female_{arm}": female}
        kept = test[["face_id", "group", "twinned", "age", "gender"]]
        results.append(kept.assign(seed=seed, **columns))
    progress("value of the leak", 2 * len(seeds), 2 * len(seeds))
    return pd.concat(results, ignore_index=True)


def leak_value(paired: pd.DataFrame) -> pd.DataFrame:
    """Summarise the predictions of :func:`measure_leak`.

    Parameters
    ----------
    paired : DataFrame
        As :func:`measure_leak` returns it.

    Returns
    -------
    DataFrame
        For the twinned and for all test faces, and for age MAE (years) and gender accuracy:
        ``with_leak``, ``without_leak``, ``difference`` (with minus without) and its 95% interval
        ``low``, ``high`` (BCa bootstrap over groups, all seeds of a face together; NaN for a
        single group, or where the two arms differ in no group), ``n_faces``, ``n_groups``.

    References
    ----------
    .. [1] Efron, "Better bootstrap confidence intervals", Journal of the American Statistical
       Association 82(397), 1987.

    Examples
    --------
    >>> import data
    >>> import pandas as pd
    >>> paired = pd.DataFrame({"group": [1, 2, 3], "twinned": [True, True, False], "age": 30.0})
    >>> paired = paired.assign(gender="female", p_female_with=0.9, p_female_without=0.9)
    >>> paired = paired.assign(age_with=[30.0, 31.0, 34.0], age_without=[32.0, 34.0, 34.0])
    >>> data.leak_value(paired).query("metric == 'age MAE'")["difference"].round(2).tolist()
    [-2.5, -1.67]
    """
    female = (paired["gender"] == "female").to_numpy()
    errors = {}
    for arm in ("with", "without"):
        errors[f"age MAE {arm}"] = (paired[f"age_{arm}"] - paired["age"]).abs()
        errors[f"gender accuracy {arm}"] = (paired[f"p_female_{arm}"] >= 0.5) == female
    values = paired[["group", "twinned"]].assign(**errors).astype(dict.fromkeys(errors, float))
    rows = []
    for faces, chosen in (("twinned", values[values["twinned"]]), ("all", values)):
        rows += [
            {"faces": faces, "metric": metric} | _difference(chosen, metric)
            for metric in ("age MAE", "gender accuracy")
        ]
    return pd.DataFrame(rows)


def _difference(values: pd.DataFrame, metric: str) -> dict[str, float]:
    from scipy.stats import bootstrap  # slow to import

    delta = values[f"{metric} with"] - values[f"{metric} without"]
    by_group = delta.groupby(values["group"]).agg(["sum", "size"])
    low = high = float("nan")
    if len(by_group) > 1 and by_group["sum"].any():
        interval = bootstrap(
            (by_group["sum"].to_numpy(), by_group["size"].to_numpy()),
            lambda total, n, axis: total.sum(axis=axis) / n.sum(axis=axis),
            paired=True, vectorized=True, n_resamples=2000, batch=200, method="BCa",
            random_state=np.random.default_rng(0),
        ).confidence_interval  # fmt: skip
        low, high = float(interval.low), float(interval.high)
    return {
        "with_leak": float(values[f"{metric} with"].mean()),
        "without_leak": float(values[f"{metric} without"].mean()),
        "difference": float(delta.mean()),
        "low": low,
        "high": high,
        "n_faces": len(values),
        "n_groups": len(by_group),
    }
