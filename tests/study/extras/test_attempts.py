"""An extra that fails costs nothing but itself."""

import json

import pytest
from run_directories import opened

from study.extras.attempts import Attempts, Extra, LeftOut
from study.record.directory import RunDirectory


@pytest.fixture
def run(tmp_path):
    run = RunDirectory(tmp_path / "run")
    opened(run, {"format": 2})
    return run


def fail(message="out of paper"):
    raise RuntimeError(message)


def test_a_failing_extra_is_put_down_with_its_traceback(run):
    attempts = Attempts(run)
    assert not attempts.make("value of the leak", fail)
    (entry,) = attempts.left_out
    assert entry.failed and entry.extra == "value of the leak"
    log = run.path / "records" / "extra-value-of-the-leak.log"
    assert entry.reason == f"out of paper (log: {log})"
    assert "RuntimeError: out of paper" in log.read_text(encoding="utf-8")


def test_what_another_command_asked_for_is_forgotten(run):
    Attempts(run).make("other people", fail)
    Attempts(run).make("pictures", fail)
    Attempts(run).keep(["pictures", "model cards"])
    assert [entry.extra for entry in Attempts(run).left_out] == ["pictures"]


def test_an_extra_that_works_at_last_is_no_longer_missing(run):
    Attempts(run).make("pictures", fail)
    Attempts(run).make("model cards", fail)
    assert Attempts(run).make("pictures", lambda: None)
    assert [entry.extra for entry in Attempts(run).left_out] == ["model cards"]
    assert json.loads((run.path / "extras.json").read_text())[0]["extra"] == "model cards"


def test_what_the_data_cannot_give_is_no_failure(run):
    extra = Extra("value of the leak", lambda: fail("no copies"), lambda: None)
    assert not Attempts(run).possible(extra)
    assert Attempts(run).left_out == [LeftOut("value of the leak", "no copies", False)]


def test_nothing_is_written_where_nothing_fails(run):
    assert Attempts(run).make("pictures", lambda: None)
    assert not (run.path / "extras.json").exists()


def test_an_interrupt_is_no_failure_of_an_extra(run):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Attempts(run).make("pictures", interrupted)
