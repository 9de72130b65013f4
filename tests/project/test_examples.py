"""The example script runs and says what its comments promise."""

import re
import runpy
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "reuse_in_scikit_learn.py"


def test_the_example_runs(capsys):
    names = runpy.run_path(str(EXAMPLE))
    shown = capsys.readouterr().out
    found = re.search(r"HOG \+ ridge: ([\d.]+) years", shown)
    assert found and float(found[1]) < 16, "the median alone is 23 years off"
    assert 0.8 < names["covered"] <= 1
