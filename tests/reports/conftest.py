"""A simulated run and its page, made once for all tests of reports."""

import numpy as np
import pytest

import reports
from benchmarks.simulated_run import simulated_run
from reports.tables import RunTables


@pytest.fixture(scope="session")
def run():
    made = simulated_run(300)
    reports.summary(made)  # before any test leaves charts out: sections are made once
    return made


@pytest.fixture(scope="session")
def summary(run):
    return reports.summary(run)


@pytest.fixture(scope="session")
def html(run):
    return reports.render(run)


@pytest.fixture(scope="session")
def changed():
    """Return a function that copies a run with some of its tables replaced."""
    names = ("faces", "predictions", "costs", "provenance", "splits")

    def change(run, **tables):
        return RunTables(**{name: getattr(run, name) for name in names} | tables)

    return change


@pytest.fixture(scope="session")
def only():
    """Return a function that picks the predictions of some contenders, seeds or faces."""

    def pick(run, **wanted):
        rows = run.predictions
        for column, value in wanted.items():
            rows = rows[rows[column].isin(np.atleast_1d(value))]
        return rows

    return pick


@pytest.fixture
def unpictured(monkeypatch):
    """Render pages without charts: for tests of words and tables."""
    monkeypatch.setattr("reports.page.page.Page._charts", lambda self, section: [])


@pytest.fixture
def unexported(monkeypatch):
    """Render pages whose charts are drawn but not exported: for tests that could break a chart."""
    monkeypatch.setattr("reports.drawing.svg.to_svg", lambda *arguments: "<svg></svg>")
