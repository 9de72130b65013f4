"""What users import: typed, lazy, without drawing libraries."""

import subprocess
import sys

import pytest

import reports


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


@pytest.mark.parametrize("name", reports.__all__)
def test_docstrings_are_complete(name):
    """Summary, parameters, returns and types as numpydoc asks for."""
    from numpydoc.validate import validate

    asked = {"GL08", "SS01", "SS05", "PR01", "PR02", "PR03", "PR04", "PR07", "PR10", "RT01"}
    found = validate(f"{getattr(reports, name).__module__}.{name}")["errors"]
    assert [e for e in found if e[0] in asked] == []
