"""The study: plan, cells, predictions, report, and the command line."""

from __future__ import annotations

from typing import Any

__all__ = ["load", "run_study"]


def __getattr__(name: str) -> Any:
    # the estimators behind a model take seconds to import; the command line should not wait
    if name == "load":
        from study.models.model import load

        return load
    if name == "run_study":
        from .run import run_study

        return run_study
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
