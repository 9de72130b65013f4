"""How long a page takes: CPU seconds and bytes of a large report.

    python -m benchmarks.report_speed --faces 24000 --seeds 3

Claim: 24,000 test faces, 5 contenders, 3 seeds in at most 15 s on 2 cores, page at most 3 MB.
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import reports
from benchmarks.simulated_run import CONTENDERS, simulated_run


def measure(n_faces: int, seeds: int) -> dict[str, float]:
    """Return wall and CPU seconds of summary and page, page bytes, peak memory."""
    run = simulated_run(n_faces, seeds, tuple(CONTENDERS))
    wall, cpu = time.perf_counter(), time.process_time()
    reports.summary(run)
    summary_wall, summary_cpu = time.perf_counter() - wall, time.process_time() - cpu
    html = reports.render(run)
    return {
        "faces": n_faces,
        "contenders": len(CONTENDERS),
        "seeds": seeds,
        "summary_seconds": summary_wall,
        "summary_cpu_seconds": summary_cpu,
        "total_seconds": time.perf_counter() - wall,
        "total_cpu_seconds": time.process_time() - cpu,
        "page_bytes": len(html.encode()),
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=24_000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    print(json.dumps(measure(options.faces, options.seeds), indent=1))


if __name__ == "__main__":
    main()
