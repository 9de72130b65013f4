"""Head pose: errors as measured, standardised, and from a regression."""

from __future__ import annotations

from reports.display.blocks import Block, Prose
from reports.display.cells import SMALL_N, Cell, Column, Row, Table, measured, text_cell
from reports.display.words import minus, number, p_is, spanned
from reports.evaluation import POSE_COLUMNS, Evaluation
from reports.statistics import breakdowns
from reports.statistics.pairs import ALPHA

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
    return sentence[0] if sentence else ""


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
    said = {}
    for contender in evaluation.verdict_contenders:
        rows = table[table["contender"] == contender].set_index("level")
        near, far = (
            spanned(row["mae"], row["mae_low"], row["mae_high"], "years")
            for row in (rows.loc[bins[0]], rows.loc[bins[-1]])
        )
        said[contender] = (
            f"{contender} {near} years at |yaw| {bins[0]} degrees, {far} years at {bins[-1]}"
        )
    leader = said.pop(evaluation.leader)
    claim = (
        f"Age error of {leader}, as if all angles held the same ages and genders."
        f"{_leader_by_angle(evaluation)}"
    )
    others = f"{'; '.join(said.values())}." if said else ""
    parts = (others, _by_angle(evaluation), _pair_by_angle(evaluation))
    return claim, " ".join(part for part in parts if part)


def _leader_by_angle(evaluation: Evaluation) -> str:
    """Say whether the joint test sees the leader's error change with the angle."""
    gaps = evaluation.gaps
    mine = gaps[(gaps["breakdown"] == "yaw_bin") & (gaps["metric"] == "mae")]
    mine = mine[(mine["contender"] == evaluation.leader) & mine["p_page"].notna()]
    if mine.empty:
        return ""
    if mine["p_page"].iloc[0] < ALPHA:
        return " As measured, angles differ beyond chance."
    return " As measured, a difference between angles may be chance."


def _by_angle(evaluation: Evaluation) -> str:
    """Say for whom the error as measured differs between the bins of yaw."""
    gaps = evaluation.gaps
    rows = gaps[(gaps["breakdown"] == "yaw_bin") & (gaps["metric"] == "mae")]
    rows = rows[rows["contender"].isin(evaluation.verdict_contenders) & rows["p_page"].notna()]
    if rows.empty:
        return ""
    said = [
        f"{r['contender']} {'differs' if r['p_page'] < ALPHA else 'is not seen to differ'} "
        f"(p {p_is(r['p_page'])})"
        for r in rows.to_dict("records")
    ]
    return f"As measured, over all angles: {', '.join(said)}."


def _pair_by_angle(evaluation: Evaluation) -> str:
    """Say whether the difference of the tested pair changes with yaw."""
    pair, rows = evaluation.pair, evaluation.changes
    rows = rows[(rows["breakdown"] == "yaw_bin") & rows["p_page"].notna()]
    if pair is None or rows.empty:
        return ""
    said = [
        f"on {r['target']} it {'changes' if r['p_page'] < ALPHA else 'is not seen to change'} "
        f"(p {p_is(r['p_page'])})"
        for r in rows.to_dict("records")
    ]
    return (
        f"The difference between {pair.first} and {pair.second} by yaw: {', '.join(said)}. P "
        "values are adjusted for all tests of this page."
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
