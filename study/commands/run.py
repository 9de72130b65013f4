"""``study run``: a plan becomes a report."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from study.errors import UsageError
from study.terminal.bars import bars, console, print_json, table
from study.terminal.results import show_results

if TYPE_CHECKING:
    from study.plan.model import Plan

EXAMPLES = """
Run a study and write its report.

Examples:

    study run                                    the embedded faces, four contenders

    study run --data UTKFace.tar.gz              all of UTKFace, a short CNN

    study run --plan utkface --data UTKFace.tar.gz --out runs/mine

    study run --set cnn.epochs=3 --set seeds=[0,1,2]

    study run --data UTKFace.tar.gz --predictions deepface=deepface.csv

    study run --contenders my_models.py          the embedded faces, your estimators too

    study run --data UTKFace.tar.gz --also portraits.csv --stress all

    study run --plan utkface --dry-run           cells, cores and time; nothing runs

An interrupted run continues with the same command; a finished one takes more seeds, protocols or
contenders, and trains only these.
"""


def add(app: typer.Typer) -> None:
    """Add ``run`` to the command line."""
    app.command("run", help=EXAMPLES)(run)


def run(
    plan: Annotated[str | None, typer.Option(help="A plan's name (study list) or file.")] = None,
    data: Annotated[str | None, typer.Option(help="Archive, folder, table or data set.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run directory; default runs/NAME.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE, such as cnn.epochs=3.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="Leave a contender of the plan out.")
    ] = None,
    predictions: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE.csv: another model's predictions.")
    ] = None,
    contenders: Annotated[
        Path | None, typer.Option(help="Python file with contenders of your own; they join.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Begin anew; deletes what --out holds.")
    ] = False,
    also: Annotated[
        list[str] | None, typer.Option(help="Another data set to try the trained models on.")
    ] = None,
    stress: Annotated[
        list[str] | None, typer.Option(help="Changed copies of test faces: all, blur, mask ...")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Cores to use; default all.")] = None,
    engine: Annotated[str, typer.Option(help="local or dask.")] = "local",
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler, such as tcp://host:8786.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would run and how long; run nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every number as JSON.")] = False,
) -> None:
    """Run a study; see ``EXAMPLES``."""
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs {jobs}: at least one core is needed")
    if engine not in ("local", "dask"):
        raise UsageError(f"--engine {engine}: choose local or dask")
    if (engine == "dask") != (scheduler is not None):
        raise UsageError("--engine dask and --scheduler tcp://HOST:PORT go together")
    from study.plan.files import read_plan
    from study.plan.own import OwnContenders, from_module
    from study.record.index import write_index
    from study.run import run_study

    own = from_module(contenders) if contenders else {}
    name = plan or ("demo" if data is None else "quick")
    chosen = read_plan(
        name,
        overrides=overrides or (),
        data=data,
        predictions=predictions or (),
        without=without or (),
        stress=stress or (),
        also=also or (),
    )
    where = out or default_out(chosen, data)
    if dry_run:
        _show_plan(OwnContenders.of(own).join(chosen), where, jobs, as_json=as_json)
        return
    _say(f"{chosen.name}: {chosen.summary}")
    started = time.perf_counter()
    with bars() as shown:
        finished = run_study(
            chosen,
            where,
            contenders=own,
            cores=jobs,
            overwrite=overwrite,
            note=_say,
            scheduler=scheduler,
            stage=shown.stage,
            cell_progress=shown.cell,
        )
    if as_json:
        print_json({"report": str(finished.report), **finished.summary})
        return
    show_results(finished.summary, chosen.name, [*chosen.contenders, *own, *chosen.predictions])
    if out is None:
        write_index(where.parent)
    console.print(
        f"{time.perf_counter() - started:.0f} s, report: {finished.report}",
        markup=False,
        soft_wrap=True,
    )
    if plan is None and data is not None:
        command = "tox -e run-study --" if "TOX_ENV_NAME" in os.environ else "study run"
        console.print(
            f"The full comparison: {command} --plan utkface --data {shlex.quote(data)}",
            markup=False,
            soft_wrap=True,
        )


def _show_plan(plan: Plan, where: Path, jobs: int | None, *, as_json: bool) -> None:
    """Print the cells of a plan, and the time they took in earlier runs on this machine."""
    from study.engine.local import available_cores
    from study.machine.estimate import estimate

    expected = estimate(plan, where.parent)
    repeats = len(plan.seeds) * len(plan.protocols) * (plan.folds or 1)
    cores = jobs or available_cores()
    if as_json:
        cells = [{**vars(entry), "cells": repeats} for entry in expected]
        print_json({"out": str(where), "data": plan.data, "cores": cores, "contenders": cells})
        return
    rows = [
        [e.contender, str(repeats), f"{e.seconds:,.0f}" if e.source else "-", e.source or "-"]
        for e in expected
    ]
    title = f"{plan.name}: {plan.data} to {where} on {cores} cores"
    table(title, ["contender", "cells", "seconds each", "measured in"], rows)
    known = sum(e.seconds for e in expected if e.source) * repeats
    missing = [e.contender for e in expected if not e.source]
    if len(missing) < len(expected):
        _say(f"about {known:,.0f} s one after another, by earlier runs on this machine")
    if missing:
        _say(f"never timed here: {', '.join(missing)}; {plan.summary}")


def _say(sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)


def default_out(plan: Plan, data: str | None) -> Path:
    """Return ``runs/NAME``, or ``runs/NAME-DATA`` where the command line names the data."""
    if data is None:
        return Path("runs") / plan.name
    stem = Path(data).name.split(".")[0] or "data"
    return Path("runs") / f"{plan.name}-{stem}"
