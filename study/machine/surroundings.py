"""What the command line inherits from its surroundings and must not be changed by.

A notebook's back end for figures, warnings turned into errors, a console that knows no UTF-8, a
home that cannot be written: none of them may break a command or change a number.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import MutableMapping

from basis.caches import settle_libraries

FIGURES = "MPLBACKEND"
DROPPED = ("PYTHONWARNINGS", "PYTHONOPTIMIZE", "OMP_THREAD_LIMIT", "OMP_DYNAMIC", "MKL_DYNAMIC")
"""Settings that processes of ours do not pass on: they break libraries or change threads."""


def settle() -> None:
    """Make this process, and those it starts, independent of what it inherited."""
    settle_environment(os.environ)
    if sys.warnoptions:
        warnings.resetwarnings()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console without "−" shows "?", and goes on


def settle_environment(environment: MutableMapping[str, str]) -> None:
    """Set and drop what libraries read when they are imported, in place."""
    environment[FIGURES] = "Agg"  # pages are drawn into files
    for name in DROPPED:
        environment.pop(name, None)
    settle_libraries(environment)
