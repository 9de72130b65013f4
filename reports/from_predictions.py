"""A page for anybody's numbers: arrays of true and predicted values in, ``RunTables`` out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from basis.words import did_you_mean
from data.bins import add_breakdowns
from data.tables import ContractError

from .tables import RunTables

TRUE = ("age", "gender")
COSTS = (
    "fit_seconds", "predict_images_per_second", "peak_rss_bytes", "model_bytes", "n_parameters",
    "n_train", "cores",
)  # fmt: skip
Columns: TypeAlias = Mapping[str, Any] | pd.DataFrame
DATA_SET = "given"


def from_predictions(
    y_true: Columns,
    y_pred: Columns | Mapping[str, Columns | Sequence[Columns]],
    groups: Sequence[Any] | None = None,
    *,
    by: Columns | None = None,
    pair: tuple[str, str] | None = None,
    families: Mapping[str, str] | None = None,
    costs: Mapping[str, Mapping[str, float]] | None = None,
    title: str = "predictions",
    interval_level: float = 0.9,
) -> RunTables:
    """Return the tables of a report from true and predicted values, wherever they come from.

    Parameters
    ----------
    y_true : DataFrame or mapping of arrays
        One row a face: ``age`` (years) and ``gender`` ('male' / 'female', or 0 male / 1 female).
        Optional: ``face_id`` (default: row numbers), ``ethnicity``, and ``yaw``, ``pitch``,
        ``roll`` in degrees.
    y_pred : DataFrame, mapping of arrays, or mapping of name to one of these
        The answers of one contender, or of several by name; a list of answers is one a training
        (seed). Rows stand in the order of ``y_true``; NaN: no answer. Each has ``age`` (years)
        and ``p_female`` (probability) or ``gender`` (hard answers). Optional: ``age_low`` and
        ``age_high``, the ends of an age interval.
    groups : sequence of length n_faces, optional
        What belongs together (one person, copies): such faces are resampled as one. Default:
        every face on its own.
    by : DataFrame or mapping of arrays, optional
        More breakdowns, one category column each.
    pair : tuple of two names, optional
        The two contenders to test; default: without ``families`` the first and the last, with them
        the first classical one against the first CNN.
    families : mapping of name to str, optional
        'baseline', 'classical', 'cnn', 'fusion' or 'off-the-shelf': for colours, order and the
        pair.
    costs : mapping of name to mapping, optional
        Any of ``fit_seconds``, ``predict_images_per_second``, ``peak_rss_bytes``,
        ``model_bytes``, ``n_parameters``, ``n_train``, ``cores``.
    title : str
        Name of the study on the page.
    interval_level : float
        What ``age_low`` and ``age_high`` promise.

    Returns
    -------
    RunTables
        For :func:`reports.render` and :func:`reports.summary`.

    Raises
    ------
    data.tables.ContractError
        All missing columns of all inputs at once, a wrong length, or a value that cannot be.

    Examples
    --------
    >>> import reports
    >>> run = reports.from_predictions(
    ...     {"age": [30, 40, 25], "gender": ["male", "female", "female"]},
    ...     {"mine": {"age": [31.0, 44.0, 24.5], "p_female": [0.1, 0.8, 0.7]}},
    ... )
    >>> [r["value"] for r in reports.summary(run)["headline"] if r["metric"] == "mae"]
    [1.83333]
    """
    contenders = _by_name(y_pred)
    pair = None if pair is None else (str(pair[0]), str(pair[1]))
    families = {str(name): family for name, family in (families or {}).items()}
    costs = {str(name): given for name, given in (costs or {}).items()}
    _refuse_missing(y_true, contenders)
    with _read("y_true"):
        truth = _frame(y_true, "y_true")
        n = len(truth)
        faces = _faces(truth, n)
    with _read("groups"):
        faces["group"] = _codes(groups, n)
    with _read("by"):
        _add_columns(faces, by, n)
    answers = []
    for name, trainings in contenders.items():
        with _read(f"y_pred[{name!r}]"):
            answers += [
                _answers(name, seed, _frame(one, f"y_pred[{name!r}]"), faces["face_id"])
                for seed, one in enumerate(trainings)
            ]
    provenance = {
        "plan_name": title,
        "contenders": {c: {"family": families.get(c, "other")} for c in contenders},
        "interval_level": interval_level,
        "n_asked": len(faces),
        "data_sets": {DATA_SET: {"title": f"{n:,} faces given as numbers", "kind": "numbers"}},
    }
    unknown = [c for c in (*(pair or ()), *families, *costs) if c not in contenders]
    if unknown:
        raise ContractError(f"no contender {unknown[0]!r}{did_you_mean(unknown[0], contenders)}")
    if pair and pair[0] == pair[1]:
        raise ContractError(f"pair: {pair[0]!r} cannot be compared with itself")
    if pair:
        provenance["pair"] = list(pair)
    with _read("costs"):
        cost_table = _costs(costs)
    return RunTables(faces, pd.concat(answers, ignore_index=True), cost_table, provenance)


@contextmanager
def _read(what: str) -> Iterator[None]:
    """Turn what NumPy and pandas say about values they cannot read into one sentence of ours."""
    try:
        with np.errstate(over="raise"):
            yield
    except ContractError:
        raise
    except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise ContractError(f"{what} holds a value that cannot be read: {error}") from error


def _by_name(y_pred: Any) -> dict[str, list[Columns]]:
    """Return the answers of each contender as a list of trainings."""
    if isinstance(y_pred, pd.DataFrame) or not any(
        isinstance(v, Mapping | pd.DataFrame | list | tuple) and not _is_column(v)
        for v in y_pred.values()
    ):
        return {"model": [y_pred]}
    return {
        str(name): list(given) if isinstance(given, list | tuple) else [given]
        for name, given in y_pred.items()
    }


def _is_column(value: Any) -> bool:
    """Tell a list of numbers from a list of trainings."""
    listed = isinstance(value, list | tuple)
    return listed and not any(isinstance(v, Mapping | pd.DataFrame) for v in value)


def _refuse_missing(y_true: Columns, contenders: Mapping[str, list[Columns]]) -> None:
    """Name everything that is missing, in one sentence."""
    missing = [f"y_true: {', '.join(m)}" for m in [[c for c in TRUE if c not in y_true]] if m]
    for name, trainings in contenders.items():
        for one in trainings:
            lacks = ["age"] if "age" not in one else []
            if "p_female" not in one and "gender" not in one:
                lacks.append("p_female (or gender)")
            if lacks:
                missing.append(f"y_pred[{name!r}]: {', '.join(lacks)}")
                break
    if missing:
        raise ContractError(f"missing columns: {'; '.join(missing)}")


def _frame(columns: Columns, what: str) -> pd.DataFrame:
    if isinstance(columns, pd.DataFrame):
        return columns.reset_index(drop=True)
    arrays = {str(k): pd.Series(v).array for k, v in columns.items()}  # keeps categories
    lengths = {k: len(v) for k, v in arrays.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{k} {v}" for k, v in lengths.items())
        raise ContractError(f"{what}: columns of different lengths ({said})")
    return pd.DataFrame(arrays)


def _genders(values: pd.Series, what: str) -> pd.Series:
    """Return 1.0 for female, 0.0 for male, NaN for nothing; words or codes."""
    words = {"male": 0.0, "m": 0.0, "man": 0.0, "boy": 0.0, "0": 0.0, "0.0": 0.0,
             "female": 1.0, "f": 1.0, "woman": 1.0, "girl": 1.0, "1": 1.0, "1.0": 1.0}  # fmt: skip
    text = values.astype("object").map(lambda v: np.nan if _absent(v) else str(v).strip().lower())
    found = text.map(words)
    wrong = text.notna() & found.isna()
    if wrong.any():
        raise ContractError(
            f"{what}: gender {values[wrong].iloc[0]!r} in row {int(np.flatnonzero(wrong)[0])} is "
            "neither 'male' / 'female' nor 0 / 1"
        )
    return found.astype(float)


def _absent(value: Any) -> bool:
    """Tell a missing value from a word, a number and a list."""
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _faces(truth: pd.DataFrame, n: int) -> pd.DataFrame:
    female = _genders(truth["gender"], "y_true")
    width = len(str(max(n - 1, 0)))
    faces = pd.DataFrame(
        {
            "face_id": truth["face_id"].astype(str)
            if "face_id" in truth
            else [f"{k:0{width}d}" for k in range(n)],
            "age": pd.to_numeric(truth["age"]).astype("float32"),
            "gender": female.map({0.0: "male", 1.0: "female"}),
            "ethnicity": pd.Categorical(truth["ethnicity"])
            if "ethnicity" in truth
            else pd.Categorical([None] * n),
            "group": np.arange(n, dtype=np.int64),
            "keep": True,
            "drop_reason": "",
        }
    )
    for angle in ("yaw", "pitch", "roll"):
        faces[angle] = truth[angle].astype("float32") if angle in truth else np.float32("nan")
    return add_breakdowns(faces)


def _add_columns(faces: pd.DataFrame, by: Columns | None, n: int) -> None:
    """Add the caller's own breakdowns, in place."""
    given: Columns = {} if by is None else _frame(by, "by")
    for name, values in given.items():
        if len(values) != n:
            raise ContractError(f"by: column {name!r} has {len(values)} rows, y_true {n}")
        if name in faces:
            raise ContractError(f"by: column {name!r} is one of the page's own; rename it")
        is_category = isinstance(values.dtype, pd.CategoricalDtype)
        if not str(name).strip():
            raise ContractError("by: a column needs a name")
        if values.dtype == object and values.map(pd.api.types.is_scalar).all():  # 1 and "1" are one
            values = values.map(str, na_action="ignore")
        faces[str(name)] = values.array if is_category else pd.Categorical(values)


def _codes(groups: Sequence[Any] | None, n: int) -> np.ndarray:
    if groups is None:
        return np.arange(n, dtype=np.int64)
    if len(groups) != n:
        raise ContractError(f"groups: {len(groups)} values for {n} faces")
    codes = pd.factorize(np.asarray(groups))[0].astype(np.int64)
    alone = codes < 0  # whose group is not known belongs to nobody else
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(alone.sum())
    return codes


def _answers(name: str, seed: int, given: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    if len(given) != len(ids):
        raise ContractError(f"y_pred[{name!r}]: {len(given)} rows for {len(ids)} faces")
    p = given["p_female"] if "p_female" in given else _genders(given["gender"], f"y_pred[{name!r}]")
    out = pd.DataFrame(
        {
            "data_set": DATA_SET,
            "protocol": "full",
            "contender": name,
            "seed": seed,
            "fold": 0,
            "face_id": ids,
            "age_pred": pd.to_numeric(given["age"]),
            "age_low": given.get("age_low", np.nan),
            "age_high": given.get("age_high", np.nan),
            "p_female": p,
        }
    )
    silent = out["age_pred"].isna() & out["p_female"].isna()
    return out[~silent]


def _costs(costs: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    rows = []
    for name, given in costs.items():
        unknown = [k for k in given if k not in COSTS]
        if unknown:
            raise ContractError(f"costs: no {unknown[0]!r}{did_you_mean(unknown[0], COSTS)}")
        row: dict[str, Any] = dict.fromkeys(COSTS, np.nan) | dict(given)
        row |= {"n_train": int(given.get("n_train", 0)), "cores": int(given.get("cores", 1))}
        cell = {"data_set": DATA_SET, "protocol": "full", "contender": name, "seed": 0, "fold": 0}
        rows.append({**cell, **row, "threads": 1, "shared": False, "device": "not stated"})
    return pd.DataFrame(rows)
