"""A study from plan to report: load the faces, split them, run the cells, write the page."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import data
import reports
from data import tables
from data.pose.estimate import measured_pose_error
from pipelines.registry import get_contender
from study.engine.dask import run_on_dask
from study.engine.devices import visible_devices
from study.extras.imported import import_cells, read_predictions
from study.extras.learning_curve import write_learning_curve
from study.extras.pictures import write_pictures
from study.models.card import write_cards
from study.plan.cells import Cell, Job, grid
from study.plan.model import Plan, registered_name
from study.record.directory import FORMAT, RunDirectory, write_json, write_parquet, write_text

from .engine import local
from .errors import StudyFailed, UsageError
from .extras import leak
from .record import provenance

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Finished:
    """What a run hands back.

    Attributes
    ----------
    report : Path
        The HTML page.
    summary : dict
        Every number on it.
    outcomes : list of Outcome
        One per cell that ran now; cells finished before are not repeated.
    """

    report: Path
    summary: dict[str, Any]
    outcomes: list[local.Outcome]


def run_study(
    plan: Plan,
    out: Path | str,
    *,
    cores: int | None = None,
    scheduler: str | None = None,
    stage: Progress | None = None,
    cell_progress: local.Progress | None = None,
) -> Finished:
    """Run a plan and write its report; resume whatever an interrupted run has finished.

    Parameters
    ----------
    plan : Plan
    out : path
        Run directory; created, or continued if it holds the same plan on the same data.
    cores : int, optional
        Core budget; default: all that this process may use.
    scheduler : str, optional
        Address of a Dask scheduler whose workers run the cells instead of this machine.
    stage : callable, optional
        ``(stage, done, total)`` for the work before the cells.
    cell_progress : callable, optional
        ``(cell, stage, done, total)``.

    Raises
    ------
    UsageError
        The plan does not fit the data, or ``out`` holds something else.
    StudyFailed
        At least one cell failed; the report is written all the same and says which and why.
    """
    _check_packages(plan)
    cores = cores or local.available_cores()
    faces = data.load(plan.data, progress=stage)
    if plan.thumbnails and not faces.thumbnails_allowed:
        raise UsageError(
            f"{faces.name}: its licence does not allow faces in a report; set thumbnails = false"
        )
    for path in plan.predictions.values():
        read_predictions(path)  # a wrong file is refused before anything is written
    run = RunDirectory(out)
    splits = _splits(plan, faces)
    run.open_for({"format": FORMAT, "plan": plan.digest(), "data": faces.content_hash})
    with run.locked():
        _write_inputs(run, plan, faces, splits, cores)
        import_cells(run, plan.predictions, grid(plan, faces.name))
        todo = [c for c in grid(plan, faces.name) if not run.is_finished(c)]
        jobs = _jobs(plan, todo, faces, run, cores, stage)
        if scheduler is None:
            outcomes = local.run_jobs(jobs, cores, cell_progress)
        else:
            outcomes = run_on_dask(jobs, scheduler)
        leak.measure(run, plan, faces, cores, stage)
        write_learning_curve(run.path)
        _finish(run)
        report, summary = write_report(run, faces if plan.thumbnails else None)
    failed = [outcome for outcome in outcomes if outcome.error]
    if failed:
        raise StudyFailed(
            "\n".join(f"{o.job.cell.name}: {o.error}" for o in failed) + f"\nreport: {report}"
        )
    return Finished(report, summary, outcomes)


def _check_packages(plan: Plan) -> None:
    """Refuse a plan whose contenders lack a package, before hours of training."""
    for name in plan.contenders:
        contender = get_contender(registered_name(plan, name))
        if not contender.is_available():
            raise UsageError(
                f"contender {name!r} needs the package {contender.requires!r}, which is not "
                "installed: pip install 'age-gender-study[peers]', or leave the contender out "
                f"with --without {name}"
            )


def _splits(plan: Plan, faces: data.Faces) -> pd.DataFrame:
    """Return every split of the plan, scanned for shared groups and identical pixels.

    Raises
    ------
    StudyFailed
        Something stands on two sides of a split that promises otherwise (all but ``raw``).
    """
    frames = [
        data.split(
            faces.table,
            data_set=faces.name,
            protocol=protocol,
            seed=seed,
            fold=fold,
            n_folds=plan.folds,
        )
        for protocol in plan.protocols
        for seed in plan.seeds
        for fold in range(plan.folds or 1)
    ]
    splits = tables.concat(frames, tables.SPLITS)
    leaks = data.find_leaks(splits[splits["protocol"] != "raw"], faces)
    if len(leaks):
        first = leaks.iloc[0]
        raise StudyFailed(
            f"the split leaks: {first['kind']} in {first['parts']} ({first['face_ids']}); "
            f"{len(leaks)} such cases"
        )
    return splits


def _write_inputs(
    run: RunDirectory, plan: Plan, faces: data.Faces, splits: pd.DataFrame, cores: int
) -> None:
    """Write what is known before the first cell; a resumed run keeps its start time."""
    record = provenance.describe(plan, faces, cores)
    before = run.path / "provenance.json"
    if before.is_file():
        record["started"] = json.loads(before.read_text()).get("started", record["started"])
    write_json(before, record)
    write_json(run.path / "plan.json", plan.model_dump(mode="json", exclude_none=True))
    tables.write_table(faces.table, run.path / "faces.parquet", tables.FACES)
    tables.write_table(splits, run.path / "splits.parquet", tables.SPLITS)
    write_text(run.path / "audit.csv", faces.audit.to_csv(index=False))
    write_json(run.path / "label_noise.json", faces.label_noise)
    write_parquet(run.path / "near_duplicates.parquet", faces.near_duplicates)
    write_parquet(run.path / "pose_error.parquet", measured_pose_error())


def _jobs(
    plan: Plan,
    cells: list[Cell],
    faces: data.Faces,
    run: RunDirectory,
    cores: int,
    stage: Progress | None,
) -> list[Job]:
    """Turn cells into jobs; the pixel stores they share are built here, once."""
    jobs = []
    # networks train on GPUs where there are some: the cores are then shared between them
    alone = max(cores // max(len(visible_devices()), 1), 1)
    for cell in cells:
        chosen = plan.contenders[cell.contender]
        contender = get_contender(registered_name(plan, cell.contender))
        size = chosen.image_size or contender.image_size
        reserved = min(chosen.cores or (alone if contender.all_cores else 1), cores)
        jobs.append(
            Job(
                cell=cell,
                run=str(run.path.resolve()),
                contender=contender.name,
                train_size=chosen.train_size,
                pixels=str(faces.images(size, progress=stage).filename),
                image_size=size,
                options=chosen.options,
                cores=reserved,
                threads=min(chosen.threads or reserved, cores),
                save_model=_saves_model(plan, cell),
                shared=reserved < cores and len(cells) > 1,
                gpu=contender.all_cores,
            )
        )
    return jobs


def _saves_model(plan: Plan, cell: Cell) -> bool:
    """One model per contender: the first seed, fold and protocol of the plan."""
    return (
        plan.save_models
        and get_contender(registered_name(plan, cell.contender)).trained
        and (cell.seed, cell.fold, cell.protocol) == (plan.seeds[0], 0, plan.protocols[0])
    )


def _finish(run: RunDirectory) -> None:
    path = run.path / "provenance.json"
    record = json.loads(path.read_text())
    record["finished"] = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    write_json(path, record)


def write_report(
    run: RunDirectory, pictured: data.Faces | None = None
) -> tuple[Path, dict[str, Any]]:
    """Render the report of a run directory; return its path and the summary.

    Parameters
    ----------
    run : RunDirectory
    pictured : Faces, optional
        Faces to make gallery pictures from; without them those of an earlier report are used.
    """
    content = run.read()
    tables.write_table(content.costs, run.path / "costs.parquet", tables.COSTS)
    write_cards(run.path, content)
    if pictured is not None:
        write_pictures(run, content, pictured)
    summary = reports.summary(content)
    write_json(run.path / "summary.json", summary)
    report = run.path / "report.html"
    write_text(report, reports.render(content, summary=summary))
    return report, summary
