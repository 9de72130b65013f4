"""Work over many files in threads, in order, with a bound on what waits in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from joblib import cpu_count

_CHUNK = 64


def n_threads(n_jobs: int | None) -> int:
    """Return the number of threads: all available cores for None, else as scikit-learn counts."""
    if n_jobs is None:
        return cpu_count()
    return n_jobs if n_jobs > 0 else max(cpu_count() + 1 + n_jobs, 1)


def in_threads(work: Any, items: Sequence[Any], n_jobs: int | None) -> Iterator[Any]:
    """Yield ``work(chunk)`` over chunks of 64 items, in order, at most ``4 * n_jobs`` ahead.

    The bound keeps memory flat: results wait for their consumer, not for the end of the list.
    """
    n_jobs = n_threads(n_jobs)
    chunks = (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
    with ThreadPoolExecutor(n_jobs) as pool:
        waiting = [pool.submit(work, chunk) for chunk in islice(chunks, 4 * n_jobs)]
        while waiting:
            result = waiting.pop(0).result()
            waiting.extend(pool.submit(work, chunk) for chunk in islice(chunks, 1))
            yield result
