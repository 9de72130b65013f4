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


def test_stub_is_what_type_checkers_see(tmp_path):
    """A wrong keyword and a name that does not exist are errors; the right call is none."""
    from mypy import api

    user = tmp_path / "user.py"
    user.write_text(
        "import reports\n"
        "from reports import RunTables\n"
        "def page(run: RunTables) -> str:\n"
        "    return reports.render(run)\n"
        "def wrong(run: RunTables) -> str:\n"
        "    return reports.render(run, sumary={})\n"
        "reports.nothing_such\n"
    )
    out, _, code = api.run(["--strict", "--follow-imports=silent", "--no-incremental", str(user)])
    assert code == 1
    lines = [line for line in out.splitlines() if ": error:" in line]
    assert len(lines) == 2, out
    assert "sumary" in lines[0]
    assert "nothing_such" in lines[1]
