"""A second implementation of the numbers of a page, from the parquet files of a run.

It shares no code with ``reports``: pandas, SciPy, scikit-learn, fairlearn and statsmodels only. The
run has ties, groups of several faces, three seeds, and a contender that leaves faces out.

Set ``AGE_GENDER_RUN`` to a run directory to compare a run of your own instead.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from fairlearn.metrics import MetricFrame
from scipy import stats
from sklearn import metrics as sk
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

import reports
from benchmarks.simulated_run import simulated_run

OWN = os.environ.get("AGE_GENDER_RUN")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Write the tables of a run as a study leaves them; return the folder and its summary."""
    if OWN:
        from study.record.directory import RunDirectory

        return Path(OWN), reports.summary(RunDirectory(Path(OWN)).read())
    run = simulated_run(420)
    predictions = run.predictions
    ties = predictions["contender"] == "hog-linear"
    predictions.loc[ties, "p_female"] = predictions.loc[ties, "p_female"].round(1)
    predictions.loc[ties, "age_pred"] = predictions.loc[ties, "age_pred"].round()
    silent = predictions["face_id"].isin(predictions["face_id"].unique()[:37])
    predictions = predictions[~(silent & (predictions["contender"] == "hog-kernel"))]
    faces = run.faces.assign(group=run.faces["group"] // 2)
    folder = tmp_path_factory.mktemp("run")
    (folder / "predictions").mkdir()
    faces.to_parquet(folder / "faces.parquet", index=False)
    for (name, seed), cell in predictions.groupby(["contender", "seed"]):
        cell.to_parquet(folder / "predictions" / f"{name}-{seed}.parquet", index=False)
    again = reports.RunTables(faces, predictions, run.costs, run.provenance)
    return folder, reports.summary(again)


@pytest.fixture(scope="module")
def summary(files):
    return files[1]


@pytest.fixture(scope="module")
def joined(files, summary):
    """Every answer with its face, for the protocol of the page."""
    folder = files[0]
    cells = [pd.read_parquet(path) for path in sorted((folder / "predictions").glob("*.parquet"))]
    table = pd.concat(cells).merge(pd.read_parquet(folder / "faces.parquet"), on="face_id",
                                   suffixes=("", "_true"))  # fmt: skip
    table = table[table["protocol"] == summary["protocol"]]
    table["female"] = (table["gender"] == "female").astype(float)
    table["error"] = (table["age_pred"].astype(float) - table["age"]).abs()
    table["right"] = ((table["p_female"] >= 0.5) == (table["female"] == 1)).astype(float)
    return table


def by_face(table, column):
    """Average over seeds; return values and groups of the faces."""
    found = table.groupby("face_id").agg(value=(column, "mean"), group=("group", "first"))
    return found["value"], found["group"]


def robust(values, groups):
    """Mean, its cluster-robust standard error by statsmodels (factor G / (G - 1)), and G."""
    codes = pd.factorize(groups)[0]
    fit = sm.OLS(values, np.ones(len(values))).fit(
        cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}
    )
    n = codes.max() + 1
    return float(values.mean()), float(fit.bse.iloc[0] * np.sqrt(n / (n - 1))), n


def wilson_of(values, groups):
    share, se, n = robust(values, groups)
    if se < 1e-6:
        return share, *proportion_confint(share * n, n, method="wilson")
    size = share * (1 - share) / se**2 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, n - 1)) ** 2
    if size > n:  # seeds or groups that average out, believed as far as rarer answers show it
        rarer = n * min(share, 1 - share)
        size = n / (1 - (1 - n / size) * rarer / (rarer + 0.25))
    return share, *proportion_confint(share * size, size, method="wilson")


HEADLINE = {
    "mae": lambda t: sk.mean_absolute_error(t["age"], t["age_pred"]),
    "median_error": lambda t: sk.median_absolute_error(t["age"], t["age_pred"]),
    "rmse": lambda t: sk.root_mean_squared_error(t["age"], t["age_pred"]),
    "bias": lambda t: (t["age_pred"].astype(float) - t["age"]).mean(),
    "cs5": lambda t: (t["error"] <= 5).mean(),
    "within10": lambda t: (t["error"] <= 10).mean(),
    "r2": lambda t: sk.r2_score(t["age"], t["age_pred"].astype(float)),
    "accuracy": lambda t: sk.accuracy_score(t["female"], t["p_female"] >= 0.5),
    "balanced_accuracy": lambda t: sk.balanced_accuracy_score(t["female"], t["p_female"] >= 0.5),
    "auc": lambda t: sk.roc_auc_score(t["female"], t["p_female"]),
    "brier": lambda t: ((t["p_female"].astype(float) - t["female"]) ** 2).mean(),
    "coverage": lambda t: t["age"].between(t["age_low"], t["age_high"]).mean(),
    "width": lambda t: (t["age_high"].astype(float) - t["age_low"]).mean(),
}


def test_headline(joined, summary):
    checked = 0
    for row in summary["headline"]:
        if row["metric"] not in HEADLINE:
            continue
        mine = joined[joined["contender"] == row["contender"]]
        seeds = [HEADLINE[row["metric"]](cell) for _, cell in mine.groupby("seed")]
        assert row["value"] == pytest.approx(np.mean(seeds), rel=2e-5, abs=1e-6), row
        assert row["n"] == mine["face_id"].nunique()
        if len(seeds) > 1:
            assert row["seed_sd"] == pytest.approx(np.std(seeds, ddof=1), rel=2e-4, abs=1e-6), row
        checked += 1
    assert checked >= 12 * len(summary["contenders"])


def test_intervals_of_shares(joined, summary):
    for row in summary["headline"]:
        if row["metric"] not in ("accuracy", "cs5"):
            continue
        mine = joined[joined["contender"] == row["contender"]].copy()
        mine["cs5"], mine["accuracy"] = (mine["error"] <= 5).astype(float), mine["right"]
        _, low, high = wilson_of(*by_face(mine, row["metric"]))
        assert (row["low"], row["high"]) == pytest.approx((low, high), rel=1e-4), row


def test_intervals_of_means(joined, summary):
    """The bootstrap of a positive mean is near Student's interval of its logarithm."""
    for row in summary["headline"]:
        if row["metric"] != "mae" or row["seed_sd"] == 0:
            continue
        values, groups = by_face(joined[joined["contender"] == row["contender"]], "error")
        mean, se, n = robust(values, groups)
        half = stats.t.ppf(0.975, n - 1) * se / mean
        width = row["high"] - row["low"]
        assert width == pytest.approx(mean * 2 * half, rel=0.25)
        assert row["low"] == pytest.approx(mean * np.exp(-half), abs=0.12 * width)


def test_interval_of_auc(joined, summary):
    """DeLong by pairs (every woman against every man) in Newcombe's score interval."""
    for row in summary["headline"]:
        if row["metric"] != "auc":
            continue
        parts = []
        for _, cell in joined[joined["contender"] == row["contender"]].groupby("seed"):
            cell = cell.set_index("face_id")
            p, female = cell["p_female"].astype(float), cell["female"] == 1
            above = p[female].to_numpy()[:, None] - p[~female].to_numpy()
            wins = (above > 0) + 0.5 * (above == 0)
            placement = pd.concat([pd.Series(wins.mean(axis=1), p.index[female]),
                                   pd.Series(wins.mean(axis=0), p.index[~female])])  # fmt: skip
            share = female.map({True: female.mean(), False: 1 - female.mean()})
            parts.append((placement - wins.mean()) / share)
        values = pd.concat(parts, axis=1).mean(axis=1)
        groups = joined.groupby("face_id")["group"].first()[values.index]
        _, se, n = robust(values, groups)
        if se < 1e-9:  # a constant answer
            continue
        # Newcombe's score interval: which areas are at most t of their own errors away
        women, men = female.sum(), (~female).sum()
        c = np.r_[row["value"], np.linspace(0, 1, 100_001)]
        spread = 1 + ((women + men) / 2 - 1) * ((1 - c) / (2 - c) + c / (1 + c))
        model, pair = c * (1 - c) * spread / (women * men), 0.1 / (women * men)
        factor = (se**2 + pair) / (model[0] + pair)
        held = c[(c - c[0]) ** 2 <= stats.t.ppf(0.975, n - 1) ** 2 * factor * model]
        assert (row["low"], row["high"]) == pytest.approx((held.min(), held.max()), abs=1e-4), row


def test_breakdowns(joined, summary):
    checked = 0
    for column, rows in summary["breakdowns"].items():
        for name, mine in joined.groupby("contender"):
            frames = [
                MetricFrame(metrics={"mae": sk.mean_absolute_error}, y_true=cell["age"],
                            y_pred=cell["age_pred"].astype(float),
                            sensitive_features=cell[column].astype(str)).by_group["mae"]
                for _, cell in mine.groupby("seed")
            ]  # fmt: skip
            expected = pd.concat(frames, axis=1).mean(axis=1)
            for row in [r for r in rows if r["contender"] == name]:
                assert row["mae"] == pytest.approx(expected[row["level"]], rel=2e-5), row
                inside = mine[mine[column].astype(str) == row["level"]]
                share, low, _ = wilson_of(*by_face(inside, "right"))
                assert row["accuracy"] == pytest.approx(share, rel=2e-5)
                if row["n"] > 5:
                    assert row["accuracy_low"] == pytest.approx(low, rel=2e-3, abs=2e-3), row
                checked += 1
    assert checked > 60


def test_paired_tests(joined, summary):
    """Differences, faces, and p values by SciPy's permutation test of the groups' sums."""
    first, second = summary["pair"]["first"], summary["pair"]["second"]
    for test in summary["tests"][:14]:
        rows = joined
        if test["breakdown"]:
            rows = joined[joined[test["breakdown"]].astype(str) == test["level"]]
        column = "error" if test["target"] == "age" else "right"
        wide = rows.pivot_table(index="face_id", columns="contender", values=column)
        wide = wide[[first, second]].dropna()
        sign = -1 if column == "error" else 1
        gain = sign * (wide[second] - wide[first])
        assert test["n"] == len(gain)
        assert test["advantage"] == pytest.approx(gain.mean(), rel=1e-4, abs=1e-6), test
        sums = gain.groupby(joined.groupby("face_id")["group"].first()).sum().to_numpy()
        peer = stats.permutation_test((sums,), np.sum, permutation_type="samples",
                                      n_resamples=1999, rng=np.random.default_rng(0))  # fmt: skip
        error = 4 * np.sqrt(peer.pvalue * (1 - peer.pvalue) / 2000) + 0.02
        assert test["p"] == pytest.approx(peer.pvalue, abs=error), test


def test_holm_within_families(summary):
    tests = pd.DataFrame(summary["tests"])
    for _, family in tests.groupby(["breakdown", "target"]):
        expected = multipletests(family["p"], method="holm")[1]
        assert family["p_family"].to_numpy() == pytest.approx(expected, rel=1e-4)
    assert (tests["p_page"] >= tests["p"] - 1e-9).all()
    # max-T knows how tests hang together: it is never harsher than Holm over the whole page
    whole = multipletests(tests["p"], method="holm")[1]
    assert (tests["p_page"] <= np.minimum(2 * whole * 1.5 + 0.02, 1.0)).all()


def test_gaps(joined, summary):
    for gap in summary["gaps"]:
        column = "error" if gap["metric"] == "mae" else "right"
        mine = joined[joined["contender"] == gap["contender"]]
        faces = mine.groupby("face_id").agg(value=(column, "mean"), group=("group", "first"),
                                            level=(gap["breakdown"], "first"))  # fmt: skip
        faces["level"] = faces["level"].astype(str)
        means = faces.groupby("level")["value"].agg(["mean", "size"])
        means = means[(means["size"] >= 30) & (means.index != "unknown")]["mean"]
        assert gap["difference"] == pytest.approx(means.max() - means.min(), rel=1e-4, abs=1e-6)
        assert gap["ratio"] == pytest.approx(means.min() / means.max(), rel=1e-4)
        assert gap["p_page"] >= gap["p"]
        expected = shuffled_p(faces, means.index)
        error = 4 * np.sqrt(expected * (1 - expected) * (1 / 500 + 1 / 2000)) + 0.005
        assert gap["p"] == pytest.approx(expected, abs=error), gap


def shuffled_p(faces, levels):
    """P of equal levels: values shuffled over faces, less the design effect by statsmodels."""
    inside = faces["level"].isin(levels).to_numpy()
    level, value = faces["level"].to_numpy()[inside], faces["value"].to_numpy()
    codes = pd.factorize(faces["group"][inside])[0]
    plain = grouped = 0.0
    for name in levels:
        mine = pd.Series(value[inside])[level == name]
        if mine.std() > 0:
            size = len(mine)
            plain += mine.var()
            _, se, _ = robust(mine, codes[level == name])
            grouped += size * se**2
    effect = max(grouped / plain, 1.0) if plain else 1.0

    number = pd.factorize(level)[0]
    sizes = np.bincount(number)

    def between(v):
        return (np.bincount(number, v) ** 2 / sizes).sum() - v.sum() ** 2 / len(v)

    rng, found = np.random.default_rng(1), between(value[inside]) / effect
    draws = [between(rng.permutation(value)[inside]) for _ in range(500)]
    return (1 + sum(d >= found - 1e-9 for d in draws)) / 501


def test_recipe_intervals(joined, summary):
    for row in summary["headline"]:
        if row["metric"] != "mae" or row["recipe_low"] is None:
            continue
        mine = joined[joined["contender"] == row["contender"]]
        seeds = mine.groupby("seed")["error"].mean()
        arm = stats.t.ppf(0.975, len(seeds) - 1) * seeds.std(ddof=1) / np.sqrt(len(seeds))
        low = row["value"] - np.hypot(row["value"] - row["low"], arm)
        assert row["recipe_low"] == pytest.approx(max(low, 0), rel=1e-4)
