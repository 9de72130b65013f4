"""Docstrings of what the four packages take from basis: sections, parameters, an example."""

import importlib
import pkgutil

import pytest
from docstrings import example_faults, section_faults, tops, with_methods

import basis


def written_here():
    """Every public class and function, by module."""
    for module in sorted(m.name for m in pkgutil.iter_modules(basis.__path__)):
        room = importlib.import_module(f"basis.{module}")
        for name, thing in vars(room).items():
            if not name.startswith("_") and getattr(thing, "__module__", None) == room.__name__:
                yield f"{module}.{name}"


PUBLIC = tops("basis", written_here())


@pytest.mark.parametrize("path", with_methods(PUBLIC))
def test_docstring(path):
    assert not section_faults(path)


@pytest.mark.parametrize("path", PUBLIC)
def test_example(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not example_faults(path)
