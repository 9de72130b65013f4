"""Run directories for tests."""

from __future__ import annotations

from typing import Any

from study.record.directory import RunDirectory


def opened(run: RunDirectory, identity: dict[str, Any], **options: bool) -> RunDirectory:
    """Open a run directory and let go of it: what a study leaves that ended at once."""
    with run.opened_for(identity, **options):
        return run
