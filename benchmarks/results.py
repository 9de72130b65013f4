r"""Publish a run: its numbers into ``docs/results``, its table into the pages.

    python -m benchmarks.results runs/utkface utkface
    python -m benchmarks.results runs/demo embedded-demo --page
    python -m benchmarks.results runs/learning-curve learning-curve \
        --picture learning-curve-accuracy

Only ``summary.json``, the pictures asked for by name (those a document shows), with ``--page`` the
report, with ``--answers`` what every contender answered for every test face and with ``--state``
what another machine needs to continue the run are written. What else stands in the folder is
removed. The README's table stands between two comments and is only ever written here, so that its
numbers cannot drift from a run. Pictures are charts; a report is written without faces, and what is
made of them, unless their licence allows thumbnails.
"""

from __future__ import annotations

import argparse
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import reports
from basis.files import write_text
from basis.words import did_you_mean
from benchmarks.quotes import widest
from reports.drawing.figures import style
from reports.drawing.svg import standalone, to_svg
from reports.report import page_of
from study.record.directory import RunDirectory
from study.record.files import read_json
from study.record.records import sign_records

ROOT = Path(__file__).parents[1]
PROVENANCE = "provenance.json"
ANSWERS = ("predictions.parquet", "faces.parquet")
#: What trainings, and models asked again, leave in a run; ``study run`` makes everything else anew.
STATE = (
    "identity.json", "predictions/*.parquet", "records/*.json", "answers/*.parquet",
    "leak/*.parquet", "stress/*/*.parquet", "also/*/*-*.parquet", "models/*/*.json",
)  # fmt: skip
#: Columns of faces that say where a picture lies and what its bytes are.
UNPUBLISHED = ("path", "sha256", "pixel_sha256")
BEGIN, END = "<!-- results:{name}:begin -->", "<!-- results:{name}:end -->"
COLUMNS = {
    "age MAE, years": ("mae", 1, 2),
    "CS@5, %": ("cs5", 100, 1),
    "gender accuracy, %": ("accuracy", 100, 1),
    "coverage of the 90% interval, %": ("coverage", 100, 1),
}


def may_show_faces(run: reports.RunTables) -> bool:
    """Whether the licence of every data set of the run allows its faces on a published page."""
    data_sets = run.provenance.get("data_sets", {})
    return all(facts.get("thumbnails_allowed") for facts in data_sets.values())


def publish(
    run: reports.RunTables,
    folder: Path,
    wanted: list[str],
    whole_page: bool = False,
    answers: bool = False,
) -> None:
    """Write the summary, the charts named in ``wanted`` and so on; remove what stood there."""
    if not whole_page or not may_show_faces(run):
        run.thumbnails = run.explanations = run.group_maps = None
    page = page_of(run)
    unknown = [key for key in wanted if key not in page.frames]
    if unknown:
        raise SystemExit(f"no chart {unknown[0]!r}{did_you_mean(unknown[0], page.frames)}")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    numbers = json.dumps(page.summary, indent=1, sort_keys=True)
    write_text(folder / "summary.json", numbers + "\n")
    if whole_page:
        write_text(folder / "report.html", page.html)
    for key in wanted:
        module, variant, title, frame = page.frames[key]
        with style():
            figure = module.plot(frame, page.looks, variant)
            svg = to_svg(figure, key, title, module.NOTE)
        write_text(folder / f"{key}.svg", standalone(svg, title, page.looks))
    if answers:
        write_answers(run, folder)


def write_answers(run: reports.RunTables, folder: Path) -> None:
    """Write faces and predictions of the test part, and of other data sets, as parquet.

    Whoever wants to recompute a number of the page needs no more. Labels and names of faces are
    there, no picture and no fingerprint of one.
    """
    sets = {"": (run.faces, run.predictions)}
    sets |= {f"{name}-": (other.faces, other.predictions) for name, other in run.also.items()}
    for prefix, (faces, predictions) in sets.items():
        asked = faces[faces["face_id"].isin(predictions["face_id"])]
        asked = asked.drop(columns=[c for c in UNPUBLISHED if c in asked])
        for table, name in zip((predictions, asked), ANSWERS, strict=True):
            table.to_parquet(folder / f"{prefix}{name}", index=False, compression="zstd")


def write_state(run: Path, path: Path) -> None:
    """Zip what a run has finished, without models and without a face.

    Unpacked into an empty folder, it is a run that the same ``study run`` continues on any machine
    with the same data, versions of libraries and code. Equal files give equal bytes.
    """
    sign_records(run)
    unfinished = list(run.glob("failures/*.json")) or not read_json(run / PROVENANCE)["finished"]
    # only a fusion that is still to be made asks for the answers of the others
    wanted = STATE if unfinished else [p for p in STATE if not p.startswith("answers/")]
    found = sorted({p for pattern in wanted for p in run.glob(pattern) if p.is_file()})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in found:
            entry = zipfile.ZipInfo(file.relative_to(run).as_posix())
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)


def hide_places(provenance: dict[str, Any]) -> None:
    """Keep the last part of every path: where somebody keeps data concerns nobody else."""
    words = provenance["command"].split()
    provenance["command"] = " ".join(Path(word).name for word in words)
    plan = provenance["plan"]
    plan["data"] = Path(plan["data"]).name
    plan["also"] = [Path(source).name for source in plan.get("also", ())]
    files = plan.get("predictions", {})
    plan["predictions"] = {name: Path(file).name for name, file in files.items()}


def headline_markdown(summary: dict[str, Any], costs: dict[str, Any]) -> str:
    """Return the headline as a Markdown table, intervals in brackets."""
    found = {(row["contender"], row["metric"]): row for row in summary["headline"]}
    lines = [
        f"| contender | {' | '.join(COLUMNS)} | training |",
        "|---" * (len(COLUMNS) + 2) + "|",
    ]
    names = dict.fromkeys(row["contender"] for row in summary["headline"])
    for name in names:
        cells = [
            _cell(found.get((name, metric)), scale, digits)
            for metric, scale, digits in COLUMNS.values()
        ]
        lines.append(f"| `{name}` | {' | '.join(cells)} | {_minutes(costs.get(name))} |")
    return "\n".join(lines)


def intervals_are(summary: dict[str, Any]) -> str:
    """Say what the brackets of a table hold: faces, or faces and another training."""
    rows = [row for row in summary["headline"] if row["metric"] == "mae"]
    narrow = [row["contender"] for row in rows if row["recipe_low"] is None]
    if len(narrow) == len(rows):
        return "95% intervals in brackets."
    but = f" ({', '.join(f'`{c}`' for c in narrow)}: over faces alone)" if narrow else ""
    return f"95% intervals over faces and trainings in brackets{but}."


def _cell(row: dict[str, Any] | None, scale: float, digits: int) -> str:
    if row is None:
        return "-"
    value = f"{row['value'] * scale:.{digits}f}"
    low, high = widest(row)
    if low is None or high is None:
        return value
    return f"{value} [{low * scale:.{digits}f}, {high * scale:.{digits}f}]"


def _minutes(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


PAGES = ("README.md", "docs/results/README.md")


def update_pages(name: str, text: str) -> None:
    """Replace what stands between the comments of this name, in every page that has them.

    Links in ``text`` are relative to the project's root.
    """
    begin, end = BEGIN.format(name=name), END.format(name=name)
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), flags=re.S)
    found = False
    for place in PAGES:
        path = ROOT / place
        page = path.read_text(encoding="utf-8")
        if pattern.search(page):
            found = True
            here = text if place == "README.md" else text.replace("](docs/results/", "](")
            table = f"{begin}\n{here}\n{end}"
            write_text(path, pattern.sub(lambda _, table=table: table, page))  # type: ignore[misc]
    if not found:
        raise SystemExit(f"{' and '.join(PAGES)} have no place for {name}: add {begin} and {end}")


def main() -> None:
    """Publish one run under a name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    parser.add_argument("--picture", action="append", default=[], help="a chart a document shows")
    parser.add_argument("--page", action="store_true", help="the report itself too")
    parser.add_argument("--answers", action="store_true", help="every answer, to recompute from")
    parser.add_argument("--state", action="store_true", help="what continues the run elsewhere")
    arguments = parser.parse_args()
    run = RunDirectory(arguments.run).read()
    hide_places(run.provenance)
    folder = ROOT / "docs" / "results" / arguments.name
    publish(run, folder, arguments.picture, arguments.page, arguments.answers)
    if arguments.state:
        write_state(arguments.run, folder / "state.zip")
    summary = reports.summary(run)
    machine = run.provenance["machine"]
    cores = f"{machine['cores']} core{'s' if machine['cores'] != 1 else ''}"
    seconds = {row["contender"]: row["fit_seconds"] for row in summary["costs"]}
    files = f"[summary.json](docs/results/{arguments.name}/summary.json)"
    if arguments.answers:
        answers = (f"[{n}](docs/results/{arguments.name}/{n})" for n in ANSWERS)
        files += f"; every answer: {', '.join(answers)}"
    shared = machine.get("processors", {})
    made_on = [f"{n} cells on {name}" for name, n in shared.items()] or [machine["processor"]]
    if shared:
        made_on[0] += ", whose times are given"
    text = (
        f"{summary['n_faces']:,} test faces, protocol `{summary['protocol']}`, seeds "
        f"{', '.join(map(str, run.provenance['seeds']))}; {cores} "
        f"({'; '.join(made_on)}). {intervals_are(summary)} "
        f"Every number: {files}.\n\n"
        f"{headline_markdown(summary, seconds)}"
    )
    update_pages(arguments.name, text)


if __name__ == "__main__":
    main()
