"""Head pose: errors as measured, standardised, and from a regression."""

from __future__ import annotations

import numpy as np

from reports.display.blocks import Block, Prose
from reports.display.cells import SMALL_N, Cell, Column, Row, Table, measured, text_cell
from reports.display.words import interval, minus, number, p_value
from reports.evaluation import POSE_COLUMNS, Evaluation
from reports.statistics import breakdowns
from reports.statistics.gaps import equal_levels_p
from reports.statistics.pairs import advantages

TITLE = "Head pose"
ORDER = 30


def lead(evaluation: Evaluation) -> str:
    """Say why errors by pose are shown three times."""
    if not _known_pose(evaluation):
        return "The pose of no test face is known, so nothing can be said about it."
    words = (
        "Errors are shown as measured, then as if every pose bin held the same ages and genders, "
        "then from a regression."
    )
    return f"{ages_by_pose(evaluation)} {words}".strip()


def ages_by_pose(evaluation: Evaluation) -> str:
    """Say whether age goes with yaw among the test faces: median age of the outer bins."""
    if "yaw_bin" not in evaluation.columns:
        return ""
    faces = evaluation.panel.faces
    ages = faces[faces["yaw_bin"].astype(str) != "unknown"].groupby("yaw_bin", observed=True)["age"]
    medians = ages.median()[ages.size() >= 30]
    if len(medians) < 2:
        return ""
    first, last = medians.index[0], medians.index[-1]
    return (
        f"The median age is {medians.iloc[0]:.0f} at |yaw| {first} and {medians.iloc[-1]:.0f} at "
        f"{last}: an error that grows with age would look like an error of pose, or hide one."
    )


def finding(evaluation: Evaluation) -> str:
    """Say how the error of the leading contender changes from frontal to turned."""
    sentence = angle_sentence(evaluation)
    return f"{sentence[0]} {sentence[1]}" if sentence else ""


def angle_sentence(evaluation: Evaluation) -> tuple[str, str] | None:
    """Return claim and evidence on yaw: frontal against the most turned bin, and the joint test.

    None where yaw could not be standardised. Kept with the panel.
    """
    kept = evaluation.panel.cache
    if "angle sentence" not in kept:
        kept["angle sentence"] = _angle_sentence(evaluation)
    found: tuple[str, str] | None = kept["angle sentence"]
    return found


def _angle_sentence(evaluation: Evaluation) -> tuple[str, str] | None:
    table = evaluation.standardised.get("yaw_bin")
    if table is None or table.empty:
        return None
    bins = list(dict.fromkeys(table["level"]))
    said, gaps = [], evaluation.gaps
    for contender in evaluation.verdict_contenders:
        rows = table[table["contender"] == contender].set_index("level")
        near, far = rows.loc[bins[0]], rows.loc[bins[-1]]
        test = gaps[(gaps["breakdown"] == "yaw_bin") & (gaps["contender"] == contender)
                    & (gaps["metric"] == "mae")]  # fmt: skip
        p = p_value(float(test["p_page"].iloc[0])) if len(test) else ""
        said.append(
            f"{contender} {number(near['mae'], 'years')} to {number(far['mae'], 'years')} years "
            f"[{interval(far['mae_low'], far['mae_high'], 'years')}]"
            + (f", equal at all angles: p {'' if p.startswith('<') else '= '}{p}" if p else "")
        )
    claim = f"From |yaw| {bins[0]} to {bins[-1]}, at equal ages and genders: {'; '.join(said)}."
    return claim, _interaction(evaluation)


def _interaction(evaluation: Evaluation) -> str:
    pair = evaluation.pair
    if pair is None:
        return ""
    parts = []
    for target, values in advantages(evaluation.panel, pair.first, pair.second).items():
        levels = list(evaluation.standards["yaw_bin"].bins)
        p = equal_levels_p(evaluation.panel, "yaw_bin", levels, values)
        if np.isfinite(p):
            parts.append(f"{target} p {'' if p < 0.001 else '= '}{p_value(p)}")
    if not parts:
        return ""
    return (
        f"Whether the difference between {pair.first} and {pair.second} changes with yaw: "
        f"{', '.join(parts)} (not adjusted)."
    )


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the charts, what was standardised over, and the regression checks."""
    if not _known_pose(evaluation):
        return [Prose([lead(evaluation)], "missing")]
    found = list(charts)
    for column in _known_pose(evaluation):
        standard = evaluation.standards.get(column)
        name = breakdowns.label(column)
        if standard is None:
            found.append(Prose([f"{name}: too few bins share ages to standardise."], "missing"))
            continue
        text = (
            f"{name}: standardised over {', '.join(standard.bins)}; the strata these bins share "
            f"hold {number(standard.coverage, 'share')} of the faces of known pose."
        )
        if standard.raw_only:
            text += (
                f" {', '.join(standard.raw_only)} would push that below 70% and "
                f"{'is' if len(standard.raw_only) == 1 else 'are'} shown as measured only."
            )
        found.append(Prose([text], "note"))
        if column in evaluation.regressions:
            found.append(regression_table(evaluation, column))
    return found


def _known_pose(evaluation: Evaluation) -> list[str]:
    faces = evaluation.panel.faces
    return [
        c
        for c in POSE_COLUMNS
        if c in evaluation.columns and (faces[c].dropna().astype(str) != "unknown").any()
    ]


def regression_table(evaluation: Evaluation, column: str) -> Table:
    """Effect of pose on the absolute error, with age and gender held equal."""
    frame, names = evaluation.regressions[column], evaluation.panel.contenders
    columns = [Column(breakdowns.label(column), numeric=False), Column("faces")]
    columns += [Column(c, contender=k) for k, c in enumerate(names)]
    rows = []
    for level, part in frame.groupby("level", sort=False):
        n, by_name = int(part["n"].max()), part.set_index("contender")
        cells = [text_cell(level), Cell(minus(n, 0), n)]
        for k, name in enumerate(names):
            if name not in by_name.index:
                cells.append(Cell(number(None), contender=k))
                continue
            row = by_name.loc[name]
            cells.append(measured(row["effect"], row["low"], row["high"], "years", contender=k))
        rows.append(Row(cells, faint=n < SMALL_N))
    return Table(
        f"regression-{column}",
        f"Regression check: years of error by {breakdowns.label(column)}, other things equal",
        columns,
        rows,
        "Least squares of the absolute error on a cubic spline of age, gender and pose bin; "
        "group-robust 95% intervals. The first bin is the reference.",
    )
