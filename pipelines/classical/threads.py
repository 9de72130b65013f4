"""Blocks of rows spread over threads, with linear algebra kept to one thread in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from joblib import Parallel, delayed, effective_n_jobs
from threadpoolctl import threadpool_limits


def blocks(n: int, size: int) -> Iterator[slice]:
    """Yield slices of at most ``size`` rows that cover ``n``."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def over_blocks(n: int, size: int, task: Callable[[slice], None], n_jobs: int | None) -> None:
    """Call ``task`` on every block of ``size`` of ``n`` rows, on up to ``n_jobs`` threads.

    The task works in compiled code that releases the GIL, and writes its own rows of a result.
    """
    parts = list(blocks(n, size))
    threads = max(1, min(effective_n_jobs(n_jobs), len(parts)))
    # threads of threads would wait for one another
    with threadpool_limits(1 if threads > 1 else None, user_api="blas"):
        Parallel(threads, prefer="threads")(delayed(task)(part) for part in parts)
