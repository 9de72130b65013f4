"""Cells: the grid data set x protocol x contender x seed x fold, and what one cell needs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .model import Plan


@dataclass(frozen=True, order=True)
class Cell:
    """One contender on one split: the unit that is run, resumed, lost or repeated as a whole."""

    data_set: str
    protocol: str
    contender: str
    seed: int
    fold: int

    @property
    def name(self) -> str:
        """File stem of the cell, the same on every machine."""
        return f"{self.protocol}.{self.contender}.seed{self.seed}.fold{self.fold}"


@dataclass(frozen=True)
class Job:
    """Everything a fresh process needs to run one cell: plain data, JSON on the wire.

    Attributes
    ----------
    cell : Cell
    run : str
        Run directory; on several machines it is on a shared file system.
    contender : str
        The registered contender; ``cell.contender`` may be another name for it.
    pixels : str
        The ``.npy`` pixel store for this contender's image size.
    image_size : int
        Side of these images in px.
    train_size : int or None
        Train on so many faces of the part only.
    options : dict
        Keyword arguments of the contender's builder.
    cores, threads : int
        Cores reserved for the cell and threads it may start.
    save_model : bool
        Whether to leave ``models/<contender>`` behind.
    shared : bool
        Whether other cells may run beside this one; said beside its times.
    gpu : bool
        Whether it takes a GPU where there is one.
    handed_over : str or None
        A contender of the caller's own, for the process that runs the cell.
    parts : list of str
        Contenders of the plan whose answers a fusion builds on; it runs after them.
    leave_answers : bool
        Whether a fusion needs this cell's answers about *select* and *calibrate*.
    """

    cell: Cell
    run: str
    contender: str
    pixels: str
    image_size: int
    train_size: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    cores: int = 1
    threads: int = 1
    save_model: bool = False
    shared: bool = False
    gpu: bool = False
    handed_over: str | None = None
    parts: list[str] = field(default_factory=list)
    leave_answers: bool = False

    def to_json(self) -> str:
        """Return the job as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        """Read what ``to_json`` wrote."""
        table = json.loads(text)
        return cls(**{**table, "cell": Cell(**table["cell"])})

    @property
    def predictions_path(self) -> Path:
        """Where the cell leaves its predictions; a valid file there is a finished cell."""
        return Path(self.run) / "predictions" / f"{self.cell.name}.parquet"

    @property
    def record_path(self) -> Path:
        """Where the cell leaves its costs and *select* scores, before its predictions."""
        return Path(self.run) / "records" / f"{self.cell.name}.json"

    @property
    def failure_path(self) -> Path:
        """Where a failed cell leaves its reason."""
        return Path(self.run) / "failures" / f"{self.cell.name}.json"


def grid(plan: Plan, data_set: str) -> list[Cell]:
    """Return all cells of a plan; seeds vary slowest, so that seed 0 is complete first."""
    return [
        Cell(data_set, protocol, contender, seed, fold)
        for seed in plan.seeds
        for protocol in plan.protocols
        for contender in plan.contenders
        for fold in range(plan.folds or 1)
    ]
