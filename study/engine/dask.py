"""The same grid of cells on a Dask cluster, through joblib's back end.

What must be shared: the run directory and the cache folder (pixel stores) on one file system,
mounted at the same path everywhere; pixels never travel through the scheduler. A lost worker's
cells are given to another one by Dask; a cell that had finished is recognised by its predictions
and not repeated.
"""

from __future__ import annotations

from collections.abc import Sequence

from joblib import Parallel, delayed, parallel_config

from study.errors import UsageError
from study.plan.cells import Job

from .local import Outcome, execute

WAIT_FOR_WORKERS = 60  # seconds


def run_on_dask(jobs: Sequence[Job], scheduler: str) -> list[Outcome]:
    """Run jobs on the workers of the Dask scheduler at an address such as ``tcp://host:8786``."""
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("--engine dask needs the extra: pip install '.[dask]'") from error
    try:
        client = Client(scheduler, timeout=WAIT_FOR_WORKERS)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {scheduler} ({error})") from error
    with client, parallel_config("dask", wait_for_workers_timeout=WAIT_FOR_WORKERS):
        # one cell a task: a cell is minutes, so the scheduler's milliseconds do not matter
        return Parallel(batch_size=1)(delayed(execute)(job) for job in jobs)
