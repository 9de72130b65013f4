"""Head pose: errors as measured, standardised, and from a regression."""

from __future__ import annotations

from reports.display.blocks import Block, Prose
from reports.display.cells import SMALL_N, Cell, Column, Row, Table, measured, text_cell
from reports.display.words import minus, number
from reports.evaluation import POSE_COLUMNS, Evaluation
from reports.statistics import breakdowns

TITLE = "Head pose"
ORDER = 30


def lead(evaluation: Evaluation) -> str:
    """Say why errors by pose are shown three times."""
    if not _known_pose(evaluation):
        return "The pose of no test face is known, so nothing can be said about it."
    return (
        "Pose and age go together in collected pictures: toddlers look level into the camera, "
        "most turned heads are in their twenties. So errors are shown as measured, then as if "
        "every pose bin held the same ages and genders, then from a regression."
    )


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the charts, what was standardised over, and the regression checks."""
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
