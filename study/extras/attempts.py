"""Extras are tried: one that fails is left out, and the page says which and why."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass

from basis.files import write_json, write_text
from study.record.directory import RunDirectory
from study.record.files import read_json


@dataclass(frozen=True)
class Extra:
    """Something a plan asks for beside its cells, made after them.

    ``check`` raises what can be known before any training, ``make`` leaves a table that the report
    finds; ``name`` is as the page says it.
    """

    name: str
    check: Callable[[], object]
    make: Callable[[], object]


@dataclass(frozen=True)
class LeftOut:
    """An extra that a run does without: it ``failed``, or it cannot be had for these data."""

    extra: str
    reason: str
    failed: bool


class Attempts:
    """The extras of one run, each tried alone; what was left out stands in ``extras.json``."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._path = run.path / "extras.json"

    @property
    def left_out(self) -> list[LeftOut]:
        """What is missing, in alphabetical order."""
        stored = read_json(self._path) if self._path.is_file() else []
        return [LeftOut(**entry) for entry in stored]

    def keep(self, names: Collection[str]) -> None:
        """Forget all others: what another command asked for in vain is no failure of this one."""
        if self._path.is_file():
            kept = [asdict(entry) for entry in self.left_out if entry.extra in names]
            write_json(self._path, kept)

    def possible(self, extra: Extra) -> bool:
        """Whether its check raises nothing: what can be known before training, is."""
        return self._try(extra.name, extra.check, failed=False)

    def make(self, name: str, work: Callable[[], object]) -> bool:
        """Do the work; an error is put down, with its traceback in ``records``, and we go on."""
        return self._try(name, work, failed=True)

    def _try(self, name: str, work: Callable[[], object], *, failed: bool) -> bool:
        others = {entry.extra: entry for entry in self.left_out if entry.extra != name}
        done = True
        try:
            work()
        except Exception as error:  # whatever it is, it must not cost the report
            done, reason = False, str(error).strip() or type(error).__name__
            if failed:
                log = self._run.path / "records" / f"extra-{name.replace(' ', '-')}.log"
                write_text(log, traceback.format_exc())
                reason = f"{reason} (log: {log})"
            others[name] = LeftOut(name, reason, failed)
        if others or self._path.is_file():
            write_json(self._path, [asdict(others[key]) for key in sorted(others)])
        return done
