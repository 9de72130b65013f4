"""The largest memory of this process, on every system."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil


def peak_rss_bytes(status: Path = Path("/proc/self/status")) -> float:
    """Return the largest resident memory of this process so far, in bytes.

    ``getrusage`` would not do on Linux: a child inherits its parent's peak through fork. Where a
    system remembers no peak, it is what is resident now.
    """
    if status.is_file():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) * 1024
    memory = psutil.Process().memory_info()
    if hasattr(memory, "peak_wset"):  # Windows
        return float(memory.peak_wset)
    if sys.platform == "darwin":
        import resource

        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return float(memory.rss)
