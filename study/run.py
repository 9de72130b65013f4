"""A study from plan to report: load the faces, split them, run the cells, write the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

import data
from basis.files import write_json, write_text
from data import tables
from data.cache import Progress
from data.pose.estimate import measured_pose_error
from pipelines.registry import get_contender
from study.engine.dask import run_on_dask
from study.engine.devices import visible_devices
from study.extras.attempts import Attempts, Extra, LeftOut
from study.extras.imported import imported_cells, write_cell
from study.extras.saved import home_cell, leaves_model
from study.plan.cells import Cell, Job, grid
from study.plan.model import Plan, fusion_parts, registered_name
from study.plan.own import OwnContenders
from study.plan.splits import splits_of
from study.record.directory import RunDirectory
from study.record.files import read_json, write_parquet
from study.record.identity import identity_of
from study.record.records import sign_records

from .engine import local
from .errors import StudyFailed, UsageError
from .extras import also, leak, stress
from .record import provenance
from .report import made_with_report, write_report


@dataclass(frozen=True)
class Finished:
    """What a run hands back.

    Parameters
    ----------
    report : Path
        The HTML page.
    summary : dict
        Every number on it.
    outcomes : list of Outcome
        One per cell that ran now; cells finished before are not repeated.
    left_out : list of LeftOut
        Extras that these data cannot give, and why.

    Examples
    --------
    >>> import study
    >>> done = study.run_study(study.read_plan("demo"), "runs/demo")  # doctest: +SKIP
    >>> [entry.extra for entry in done.left_out]                      # doctest: +SKIP
    []
    """

    report: Path
    summary: dict[str, Any]
    outcomes: list[local.Outcome]
    left_out: list[LeftOut]


def run_study(
    plan: Plan,
    out: Path | str,
    *,
    contenders: Mapping[str, Any] | None = None,
    cores: int | None = None,
    scheduler: str | None = None,
    overwrite: bool = False,
    stage: Progress | None = None,
    cell_progress: local.Progress | None = None,
    note: Callable[[str], None] | None = None,
) -> Finished:
    """Run a plan and write its report; resume whatever an interrupted run has finished.

    Parameters
    ----------
    plan : Plan
        See :func:`study.read_plan` and :func:`study.validate_plan`.
    out : path
        Run directory; created, or continued if it holds the same plan on the same data.
    contenders : mapping of str to estimator or Contender, optional
        Contenders of your own that join those of the plan: fitted on the same faces, tested on
        the same faces. An estimator answers age and gender together, such as
        ``AgeGender(age=regressor, gender=classifier)``; a :class:`pipelines.Contender` says its
        family and image size as well.
    cores : int, optional
        Core budget; default: all that this process may use.
    scheduler : str, optional
        Address of a Dask scheduler whose workers run the cells instead of this machine.
    overwrite : bool
        Begin anew where ``out`` holds another run, which is deleted.
    stage : callable, optional
        ``(stage, done, total)`` for the work before the cells.
    cell_progress : callable, optional
        ``(cell, stage, done, total)``.
    note : callable, optional
        Gets a sentence about each extra that these data cannot give, before the first training.

    Returns
    -------
    Finished
        The page, its numbers, and how each cell ended.

    Raises
    ------
    UsageError
        The plan does not fit the data, or ``out`` holds something else.
    data.DataError
        The data cannot be read.
    StudyFailed
        At least one cell or extra failed: the report of the others is written all the same, and
        says which and why. There is none if no cell finished, or if a split leaks.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression, Ridge
    >>> from pipelines import AgeGender
    >>> plan = read_plan("demo", without=["cnn"])                          # doctest: +SKIP
    >>> mine = AgeGender(age=Ridge(), gender=LogisticRegression())
    >>> run_study(plan, "runs/mine", contenders={"mine": mine}).report     # doctest: +SKIP
    PosixPath('runs/mine/report.html')
    """
    own = OwnContenders.of(contenders or {})
    plan = own.join(plan)
    _check_packages(plan)
    cores = cores or local.available_cores()
    faces = data.load(plan.data, progress=stage)
    if plan.thumbnails and not faces.thumbnails_allowed:
        raise UsageError(
            f"{faces.name}: its licence does not allow faces in a report; set thumbnails = false"
        )
    splits = splits_of(plan, faces)
    # a wrong file is refused before anything is written
    imported = imported_cells(plan.predictions, splits, grid(plan, faces.name))
    also.check_sources(plan, faces.name, stage)
    run = RunDirectory(out)
    identity = identity_of(plan, faces, own.identities())
    with run.opened_for(identity, overwrite=overwrite):
        _write_inputs(run, plan, faces, splits, cores)
        for cell, predictions in imported.items():
            write_cell(run, cell, predictions)
        attempts = Attempts(run)
        wanted = _extras(plan, own, faces, run, cores, stage)
        attempts.keep([e.name for e in wanted] + made_with_report(pictured=plan.thumbnails))
        extras = [e for e in wanted if attempts.possible(e)]
        if note is not None:
            for entry in attempts.left_out:
                note(f"{entry.extra} is left out: {entry.reason}")
        todo = [c for c in grid(plan, faces.name) if not run.is_finished(c)]
        jobs = _jobs(plan, own, todo, faces, run, cores, stage)
        outcomes = []
        for wave in ([j for j in jobs if not j.parts], [j for j in jobs if j.parts]):
            if scheduler is None:
                outcomes += local.run_jobs(wave, cores, cell_progress)
            else:
                outcomes += run_on_dask(wave, scheduler)
        _finish(run)
        pictured = faces if plan.thumbnails else None
        # the page stands before anything else is tried; its pictures are made once, at the end
        report, summary = write_report(run, None if extras else pictured)
        for extra in extras:
            attempts.make(extra.name, extra.make)
        if extras:
            _finish(run)
            report, summary = write_report(run, pictured)
    failed = [f"{o.job.cell.name}: {o.error}" for o in outcomes if o.error]
    failed += [f"{entry.extra}: {entry.reason}" for entry in attempts.left_out if entry.failed]
    if failed:
        raise StudyFailed("\n".join([*failed, f"report: {report}"]))
    return Finished(report, summary, outcomes, attempts.left_out)


def _extras(
    plan: Plan,
    own: OwnContenders,
    faces: data.Faces,
    run: RunDirectory,
    cores: int,
    stage: Progress | None,
) -> list[Extra]:
    """Return what the plan asks for beside its cells; each is made after them and the report."""
    found = []
    if plan.leak:
        make = partial(leak.measure, run, plan, faces, cores, stage)
        found.append(Extra("value of the leak", partial(leak.check, faces), make))
    if plan.stress is not None:
        make = partial(stress.measure, run, plan, faces, cores, stage)
        found.append(Extra("worse and better pictures", partial(stress.check, plan, own), make))
    if plan.also:
        make = partial(also.measure, run, plan, faces, cores, stage)
        found.append(Extra("other people", partial(stress.check, plan, own), make))
    return found


def _check_packages(plan: Plan) -> None:
    """Refuse a plan whose contenders lack a package, before hours of training."""
    for name in plan.contenders:
        contender = get_contender(registered_name(plan, name))
        if not contender.is_available():
            raise UsageError(
                f"contender {name!r} needs the package {contender.requires!r}, which is not "
                "installed: pip install '.[peers]' in the checkout, or leave the contender out "
                f"with --without {name}"
            )


def _write_inputs(
    run: RunDirectory, plan: Plan, faces: data.Faces, splits: pd.DataFrame, cores: int
) -> None:
    """Write what is known before the first cell; a resumed run keeps its start time."""
    record = provenance.describe(plan, faces, cores)
    if plan.stress is not None:
        record["stress"] = stress.facts(plan)
    before = run.path / "provenance.json"
    if before.is_file():
        sign_records(run.path)
        record["started"] = read_json(before).get("started", record["started"])
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
    own: OwnContenders,
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
    fused = fusion_parts(plan)
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
                pixels=str(faces.pixels_file(size, stage)),
                image_size=size,
                options=chosen.options,
                cores=reserved,
                threads=min(chosen.threads or reserved, cores),
                save_model=cell == home_cell(plan, cell.data_set, cell.contender)
                and leaves_model(plan, cell.contender, own),
                handed_over=own.payload(contender.name),
                shared=reserved < cores and len(cells) > 1,
                gpu=contender.all_cores,
                parts=fused if contender.fuses else [],
                leave_answers=cell.contender in fused,
            )
        )
    return jobs


def _finish(run: RunDirectory) -> None:
    path = run.path / "provenance.json"
    record = read_json(path)
    record["finished"] = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    write_json(path, record)
