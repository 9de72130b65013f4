"""The run directory: what a study leaves on disk, one study at a time, complete or absent."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from data import tables
from reports import RunTables
from study.errors import StudyFailed, UsageError
from study.plan.cells import Cell

FORMAT = 1


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically: temporary name, then rename."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write JSON atomically."""
    write_text(path, json.dumps(content, indent=1, sort_keys=True, default=float) + "\n")


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write a table that has no contract, atomically."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        frame.to_parquet(temporary, index=False)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class RunDirectory:
    """Paths, lock and tables of one run.

    Parameters
    ----------
    path : Path or str
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory alone; a second process gets a clear refusal.

        ``flock`` is released by the kernel when the process dies, however it dies; a file with a
        process number would survive a ``kill -9`` and lock the user out.
        """
        with (self.path / ".lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(
                    f"{self.path} is in use by another `study` process: wait for it, "
                    "or give this one another --out"
                ) from None
            yield

    def open_for(self, identity: dict[str, Any]) -> None:
        """Create the directory, or check that it holds the same plan on the same data.

        Parameters
        ----------
        identity : dict
            ``format``, ``plan`` and ``data`` digests that decide the numbers.

        Raises
        ------
        UsageError
            The directory is something else, or was made by another plan, data or version.
        """
        marker = self.path / "identity.json"
        if marker.is_file():
            self._check_identity(json.loads(marker.read_text()), identity)
        elif self.path.exists() and (not self.path.is_dir() or self._foreign_content()):
            raise UsageError(
                f"{self.path} exists and is not a run of this study: choose another --out"
            )
        for folder in ("predictions", "records", "failures", "models", "checkpoints"):
            (self.path / folder).mkdir(parents=True, exist_ok=True)
        write_json(marker, identity)

    def _foreign_content(self) -> bool:
        return any(p.name not in {".lock"} for p in self.path.iterdir())

    def _check_identity(self, found: dict[str, Any], wanted: dict[str, Any]) -> None:
        if found.get("format") != wanted["format"]:
            raise UsageError(
                f"{self.path} was written by another version of this package "
                f"(format {found.get('format')}, now {wanted['format']}): choose another --out"
            )
        different = [key for key in ("plan", "data") if found.get(key) != wanted[key]]
        if different:
            raise UsageError(
                f"{self.path} holds a run of another {' and '.join(different)}: choose another "
                "--out, or delete that folder if you do not need it"
            )

    def predictions(self, cell: Cell) -> Path:
        """Return the path of a cell's predictions."""
        return self.path / "predictions" / f"{cell.name}.parquet"

    def is_finished(self, cell: Cell) -> bool:
        """Whether a cell's predictions and record exist and validate; damaged files are removed."""
        path, record = self.predictions(cell), self.path / "records" / f"{cell.name}.json"
        if not path.is_file() or not record.is_file():
            return False
        try:
            tables.read_table(path, tables.PREDICTIONS)
            json.loads(record.read_text())
        except (tables.ContractError, json.JSONDecodeError):
            path.unlink(missing_ok=True)
            return False
        return True

    def read(self) -> RunTables:
        """Read everything a report needs, from whatever is there.

        Raises
        ------
        UsageError
            The directory is not a run.
        StudyFailed
            No cell of it has finished; the message says why, as far as that is known.
        """
        provenance_path = self.path / "provenance.json"
        if not provenance_path.is_file():
            raise UsageError(f"{self.path} is not a run directory (no provenance.json in it)")
        provenance = json.loads(provenance_path.read_text())
        cells = sorted((self.path / "predictions").glob("*.parquet"))
        records, failures = self._json_files("records"), self._json_files("failures")
        if not cells:
            reasons = [f"{f['cell']['contender']}: {f['error']}" for f in failures]
            raise StudyFailed("\n".join([f"{self.path}: no cell has finished", *reasons]))
        predictions = [tables.read_table(path, tables.PREDICTIONS) for path in cells]
        costs = tables.COSTS.validate(pd.DataFrame([r["costs"] for r in records]))
        thumbnails, explanations, group_maps = self.read_pictures()
        return RunTables(
            faces=tables.read_table(self.path / "faces.parquet", tables.FACES),
            predictions=tables.concat(predictions, tables.PREDICTIONS),
            costs=costs,
            provenance={**provenance, "select_scores": select_scores(records)},
            splits=tables.read_table(self.path / "splits.parquet", tables.SPLITS),
            failures=failures,
            thumbnails=thumbnails,
            explanations=explanations,
            group_maps=group_maps,
            **self._optional_tables(),
        )

    def read_pictures(
        self,
    ) -> tuple[dict[str, bytes] | None, pd.DataFrame | None, pd.DataFrame | None]:
        """Return thumbnails by ``face_id``, explanations, maps of groups; None where absent."""
        paths = sorted((self.path / "thumbs").glob("*.jpg"))
        explained, maps = (self.path / f"{n}.parquet" for n in ("explanations", "group_maps"))
        return (
            {path.stem: path.read_bytes() for path in paths} or None,
            pd.read_parquet(explained) if explained.is_file() else None,
            pd.read_parquet(maps) if maps.is_file() else None,
        )

    def _json_files(self, folder: str) -> list[dict[str, Any]]:
        return [json.loads(p.read_text()) for p in sorted((self.path / folder).glob("*.json"))]

    def _optional_tables(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if (self.path / "audit.csv").is_file():
            found["audit"] = pd.read_csv(self.path / "audit.csv", keep_default_na=False)
        for name in ("pose_error", "leak", "curves", "near_duplicates"):
            if (self.path / f"{name}.parquet").is_file():
                found[name] = pd.read_parquet(self.path / f"{name}.parquet")
        if (self.path / "label_noise.json").is_file():
            found["label_noise"] = json.loads((self.path / "label_noise.json").read_text())
        return found


def select_scores(records: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Average each contender's scores on *select* over cells: they name the tested pair."""
    rows = pd.DataFrame(
        [{"contender": r["costs"]["contender"], **r["select"]} for r in records if r.get("select")]
    )
    if rows.empty:
        return {}
    means = rows.groupby("contender")[["mae", "accuracy"]].mean()
    return {str(name): row.to_dict() for name, row in means.iterrows()}
