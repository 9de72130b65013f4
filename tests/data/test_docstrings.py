"""Docstrings of everything public: sections, parameters, an example that runs."""

import pytest
from docstrings import example_faults, section_faults, tops, with_methods

import data
from data import stress, tables

ROOMS = {"stress": stress, "tables": tables}
"""Public modules, whose own names are public too."""

PUBLIC = tops(
    "data",
    [name for name in data.__all__ if name not in ROOMS]
    + [f"{room}.{name}" for room, module in ROOMS.items() for name in module.__all__],
)


def test_rooms_are_public():
    assert set(ROOMS) <= set(data.__all__)


@pytest.mark.parametrize("path", with_methods(PUBLIC))
def test_docstring(path):
    assert not section_faults(path)


@pytest.mark.parametrize("path", PUBLIC)
def test_example(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not example_faults(path)
