"""The engine: runs the jobs of a study on joblib, each in a fresh process, cores never oversold."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from joblib import Parallel, cpu_count, delayed

from basis.files import write_json
from data import tables
from study.plan.cells import Job
from study.record.directory import RunDirectory

from .devices import DevicePool, visible_devices

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
Progress = Callable[[str, str, int, int], None]  # cell, stage, done, total


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    job: Job
    error: str | None
    seconds: float


class CoreBudget:
    """A counting lock over cores: a cell waits until as many as it declares are free."""

    def __init__(self, cores: int) -> None:
        self._free = cores
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def reserve(self, cores: int) -> Iterator[None]:
        """Hold ``cores`` cores for the duration of the block."""
        with self._changed:
            self._changed.wait_for(lambda: self._free >= cores)
            self._free -= cores
        try:
            yield
        finally:
            with self._changed:
                self._free += cores
                self._changed.notify_all()


def available_cores() -> int:
    """Return how many cores this process may use (containers and ``taskset`` respected)."""
    return int(cpu_count())


def run_jobs(jobs: Sequence[Job], cores: int, progress: Progress | None = None) -> list[Outcome]:
    """Run jobs on this machine; a failing one does not stop the others.

    Small cells run side by side first, those that want every core come last and alone. Where
    there are GPUs each network gets one of them for itself.
    """
    budget, devices = CoreBudget(cores), DevicePool(visible_devices())
    children: set[subprocess.Popen[str]] = set()

    def one(job: Job) -> Outcome:
        with budget.reserve(min(job.cores, cores)), devices.borrow(job.gpu) as variables:
            return execute(job, progress, children, variables)

    ordered = sorted(jobs, key=lambda job: job.cores >= cores)
    try:
        return Parallel(n_jobs=min(cores, max(len(jobs), 1)), backend="threading", batch_size=1)(
            delayed(one)(job) for job in ordered
        )
    except BaseException:
        for child in list(children):
            child.kill()
        raise


def execute(
    job: Job,
    progress: Progress | None = None,
    children: set[subprocess.Popen[str]] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Outcome:
    """Run one job in a fresh process and wait for it; a finished job is not repeated.

    The child dies when this process dies: it watches the pipe that is its standard input.
    """
    started = time.perf_counter()
    if RunDirectory(job.run).is_finished(job.cell):
        return Outcome(job, None, 0.0)
    threads = {name: str(job.threads) for name in THREAD_VARIABLES}
    environment = {**os.environ, **threads, **(variables or {})}
    environment["PYTHONPATH"] = os.pathsep.join(_python_path(job))
    environment["PYTHONUTF8"] = "1"  # progress and logs are UTF-8 whatever the console is
    log_path = Path(job.run) / "records" / f"{job.cell.name}.log"
    with log_path.open("w", encoding="utf-8") as log:
        child = subprocess.Popen(
            # -P: a folder named data or reports where the user stands must not shadow ours
            [sys.executable, "-P", "-m", "study.engine.cell"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
            errors="replace",
            env=environment,
        )
        if children is not None:
            children.add(child)
        _converse(child, job, progress)
        code = child.wait()
        for pipe in (child.stdin, child.stdout):
            with contextlib.suppress(BrokenPipeError):  # what a dead child did not take
                pipe.close()  # type: ignore[union-attr]
        if children is not None:
            children.discard(child)
    error = _verdict(job, code, log_path)
    if error is None:
        job.failure_path.unlink(missing_ok=True)
    else:
        write_json(job.failure_path, {"cell": vars(job.cell), "error": error})
    return Outcome(job, error, time.perf_counter() - started)


def _python_path(job: Job) -> list[str]:
    """Return the import path of a child: a bare checkout must find itself, an install does.

    A contender of the caller's own may need what the caller can import; ours comes first.
    """
    root = str(Path(__file__).parents[2])
    if job.handed_over is not None:
        return [root, *(path or str(Path.cwd()) for path in sys.path)]
    inherited = os.environ.get("PYTHONPATH")
    own = [] if root in sysconfig.get_paths().values() else [root]
    return own + ([inherited] if inherited else [])


def _converse(child: subprocess.Popen[str], job: Job, progress: Progress | None) -> None:
    """Hand the job over and pass its progress lines on."""
    assert child.stdin is not None and child.stdout is not None
    try:
        child.stdin.write(job.to_json() + "\n")
        child.stdin.flush()
    except BrokenPipeError:
        return
    for line in child.stdout:
        try:
            step = json.loads(line)
            stage, done, total = step["stage"], int(step["done"]), int(step["total"])
        except (ValueError, KeyError, TypeError):
            continue  # a library's own print is not progress
        if progress is not None:
            progress(job.cell.name, stage, done, total)


def _verdict(job: Job, code: int, log_path: Path) -> str | None:
    """Return None for a finished cell, else one sentence and where the log is."""
    if code == 0:
        try:
            tables.read_table(job.predictions_path, tables.PREDICTIONS)
            return None
        except (tables.ContractError, FileNotFoundError) as error:
            return str(error)
    lines = [
        line
        for line in log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.strip()
    ]
    last = lines[-1] if lines else "no message"
    reason = f"killed by signal {-code}" if code < 0 else last
    return f"{reason} (log: {log_path})"
