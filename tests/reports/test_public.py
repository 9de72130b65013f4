"""What users import: typed, lazy, without drawing libraries."""

import gc
import subprocess
import sys

import pytest
from docstrings import example_faults, section_faults, tops, with_methods

import reports

PUBLIC = tops("reports", reports.__all__)


def _modules_after(code):
    script = f"import sys\n{code}\nprint(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_import_is_light():
    loaded = _modules_after("import reports")
    assert not loaded & {"matplotlib", "seaborn", "sklearn", "scipy", "pandas", "jinja2"}


def test_tables_need_no_drawing():
    loaded = _modules_after("from reports import RunTables")
    assert not loaded & {"matplotlib", "seaborn", "jinja2"}


def test_every_public_name_is_there():
    for name in reports.__all__:
        assert getattr(reports, name).__doc__
    assert set(reports.__all__) <= set(dir(reports))


@pytest.mark.parametrize("path", with_methods(PUBLIC))
def test_docstring(path):
    assert not section_faults(path)


@pytest.mark.parametrize("path", PUBLIC)
def test_example(path):
    assert not example_faults(path)


@pytest.mark.parametrize("collecting", [True, False])
def test_search_for_rubbish_goes_on_as_before_even_after_an_error(collecting, run):
    before = gc.isenabled()
    (gc.enable if collecting else gc.disable)()
    try:
        reports.summary(run)
        assert gc.isenabled() == collecting
        with pytest.raises(ValueError, match="not the summary of this run"):
            reports.render(run, summary={})
        assert gc.isenabled() == collecting
    finally:
        (gc.enable if before else gc.disable)()
