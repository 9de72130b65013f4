"""``study compare``: runs are told apart by as much of their paths as it takes."""

from pathlib import Path

import pytest

from study.commands.compare import _names
from study.errors import UsageError


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["runs/a", "runs/b"], ["a", "b"]),
        (["old/demo", "new/demo"], ["old/demo", "new/demo"]),
        (["old/demo", "new/demo", "new/other"], ["old/demo", "new/demo", "new/other"]),
        (["x/old/demo", "y/old/demo"], ["x/old/demo", "y/old/demo"]),
    ],
)
def test_names_tell_all_runs_apart(paths, names):
    assert _names([Path(p) for p in paths]) == names


def test_a_run_is_not_compared_with_itself():
    with pytest.raises(UsageError, match="given twice"):
        _names([Path("runs/a"), Path("runs/../runs/a")])
