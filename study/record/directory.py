"""The run directory: what a study leaves on disk, one study at a time, complete or absent."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from basis.files import write_json
from data import tables
from reports import OtherSet, RunTables
from reports.panel import PROTOCOL_ORDER
from study.errors import StudyFailed, UsageError
from study.plan.cells import Cell

from .files import finished_files, read_json, read_parquet, remove_unfinished
from .identity import MAY_GROW, differences
from .records import costs_on_one_machine, part_scores, select_scores

FOLDERS = ("predictions", "records", "failures", "models", "checkpoints")


class RunDirectory:
    """Paths, lock and tables of one run."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory alone; a second process gets a clear refusal.

        The lock is the system's: it ends with the process, however that dies, where a file with a
        process number would survive a ``kill -9`` and lock the user out.
        """
        lock = FileLock(self.path / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise UsageError(
                f"{self.path} is in use by another `study` process: wait for it, "
                "or give this one another --out"
            ) from None
        try:
            remove_unfinished(self.path)
            yield
        finally:
            lock.release()

    @contextmanager
    def opened_for(self, identity: dict[str, Any], *, overwrite: bool = False) -> Iterator[None]:
        """Hold the directory, created or checked to hold what may be continued.

        ``overwrite`` deletes what another run left there. ``UsageError`` if it is something else,
        or holds a run of another plan, data or version.
        """
        marker = self.path / "identity.json"
        if not marker.is_file() and self.path.exists() and self._is_foreign():
            raise UsageError(
                f"{self.path} exists and is not a run of this study: choose another --out"
            )
        self.path.mkdir(parents=True, exist_ok=True)
        with self.locked():
            if marker.is_file() and overwrite:
                self._empty()
            elif marker.is_file():
                self._check_identity(read_json(marker), identity)
            for folder in FOLDERS:
                (self.path / folder).mkdir(exist_ok=True)
            write_json(marker, identity)
            yield

    def _is_foreign(self) -> bool:
        return not self.path.is_dir() or any(p.name != ".lock" for p in self.path.iterdir())

    def _empty(self) -> None:
        for path in self.path.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != ".lock":
                path.unlink()

    def _finished_of(self, identity: dict[str, Any]) -> dict[str, Any]:
        """Leave out imported predictions and own contenders that have finished no cell.

        Whoever mends such a file may go on.
        """
        cells = [path.name for path in finished_files(self.path / "predictions", "*.parquet")]
        kept = {
            key: {
                name: digest
                for name, digest in identity.get(key, {}).items()
                if any(f".{name}.seed" in cell for cell in cells)
            }
            for key in MAY_GROW
        }
        return {**identity, **kept}

    def _check_identity(self, found: dict[str, Any], wanted: dict[str, Any]) -> None:
        if found.get("format") != wanted["format"]:
            raise UsageError(
                f"{self.path} was written by another version of this package "
                f"(format {found.get('format')}, now {wanted['format']}): choose another --out, "
                "or begin anew with --overwrite"
            )
        if told := differences(self._finished_of(found), wanted):
            raise UsageError(
                f"{self.path} holds a run of {', '.join(told)}: choose another --out, or begin "
                "anew with --overwrite, which deletes that run"
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
            json.loads(record.read_text(encoding="utf-8"))
        except (tables.ContractError, ValueError):
            path.unlink(missing_ok=True)
            return False
        return True

    def read(self) -> RunTables:
        """Read everything a report needs, from whatever is there."""
        provenance_path = self.path / "provenance.json"
        if not provenance_path.is_file():
            raise UsageError(f"{self.path} is not a run directory (no provenance.json in it)")
        provenance = read_json(provenance_path)
        cells = finished_files(self.path / "predictions", "*.parquet")
        records, failures = self._json_files("records"), self._json_files("failures")
        if not cells:
            reasons = [f"{f['cell']['contender']}: {f['error']}" for f in failures]
            raise StudyFailed("\n".join([f"{self.path}: no cell has finished", *reasons]))
        predictions = [tables.read_table(path, tables.PREDICTIONS) for path in cells]
        costs, elsewhere = costs_on_one_machine(records, provenance)
        protocols = {record["costs"]["protocol"] for record in records}
        shown = min(protocols, key=PROTOCOL_ORDER.index, default=None)  # what the page is about
        thumbnails, explanations, group_maps = self.read_pictures()
        return RunTables(
            faces=tables.read_table(self.path / "faces.parquet", tables.FACES),
            predictions=tables.concat(predictions, tables.PREDICTIONS),
            costs=tables.COSTS.validate(costs),
            provenance={**provenance, **elsewhere, "select_scores": select_scores(records, shown)},
            splits=tables.read_table(self.path / "splits.parquet", tables.SPLITS),
            failures=failures,
            thumbnails=thumbnails,
            explanations=explanations,
            group_maps=group_maps,
            part_scores=part_scores(records),
            **self._optional_tables(),
        )

    def read_pictures(
        self,
    ) -> tuple[dict[str, bytes] | None, pd.DataFrame | None, pd.DataFrame | None]:
        """Return thumbnails by ``face_id``, explanations, maps of groups; None where absent."""
        thumbs = self.path / "thumbs"  # JPEG in older runs
        paths = finished_files(thumbs, "*.jpg") + finished_files(thumbs, "*.webp")
        explained, maps = (self.path / f"{n}.parquet" for n in ("explanations", "group_maps"))
        return (
            {path.stem: path.read_bytes() for path in paths} or None,
            read_parquet(explained) if explained.is_file() else None,
            read_parquet(maps) if maps.is_file() else None,
        )

    def _json_files(self, folder: str) -> list[dict[str, Any]]:
        return [read_json(p) for p in finished_files(self.path / folder, "*.json")]

    def _other_set(self, name: str, answers: pd.DataFrame) -> OtherSet:
        folder = self.path / "also" / name
        return OtherSet(
            tables.read_table(folder / "faces.parquet", tables.FACES),
            answers,
            read_json(folder / "facts.json"),
            read_parquet(folder / "recalibration.parquet"),
        )

    def _optional_tables(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if (self.path / "audit.csv").is_file():
            found["audit"] = pd.read_csv(self.path / "audit.csv", keep_default_na=False)
        for name in ("pose_error", "leak", "curves", "near_duplicates", "stress"):
            if (self.path / f"{name}.parquet").is_file():
                found[name] = read_parquet(self.path / f"{name}.parquet")
        if (self.path / "also.parquet").is_file():
            answers = tables.read_table(self.path / "also.parquet", tables.PREDICTIONS)
            sets = answers.groupby("data_set", sort=False)
            found["also"] = {str(name): self._other_set(str(name), rows) for name, rows in sets}
        if (self.path / "label_noise.json").is_file():
            found["label_noise"] = read_json(self.path / "label_noise.json")
        return found
