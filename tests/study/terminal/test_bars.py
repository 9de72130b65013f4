"""What a log and a program get: lines with times, UTF-8 whatever the console."""

import io
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from study.terminal import bars
from study.terminal.bars import Lines, print_json, print_machine_text


def test_a_log_has_a_line_where_a_stage_begins_ends_and_now_and_then():
    lines, now = [], [0.0]
    told = Lines(lines.append, every=30.0, clock=lambda: now[0])
    for done in range(0, 11):
        now[0] = 10.0 * done
        told.stage("decode", done, 10)
    told.stage("decode", 10, 10)
    told.cell("cnn", "epoch", 0, 3)
    assert lines == [
        "[     0 s] decode 0/10",
        "[    30 s] decode 3/10",
        "[    60 s] decode 6/10",
        "[    90 s] decode 9/10",
        "[   100 s] decode 10/10",
        "[   100 s] cnn: epoch 0/3",
    ]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-16"])
def test_programs_get_utf_8_whatever_the_console_is(monkeypatch, encoding):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    content = {"photo": "Jürgen/−図.jpg", "n": np.int64(3), "age": np.float32(1.5)}
    print_json(content)
    assert json.loads(raw.getvalue().decode("utf-8")) == {**content, "n": 3, "age": 1.5}


def test_a_file_name_that_is_no_text_costs_no_answer(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="utf-8"))
    print_machine_text("caf\udce9.jpg,31\n")
    assert raw.getvalue() == b"caf\\udce9.jpg,31\n"


def test_what_is_no_number_is_null_in_json(capsys):
    print_json({"seconds": math.nan, "rows": [(np.float64(np.inf), 2)], "path": Path("a")})
    assert json.loads(capsys.readouterr().out) == {
        "seconds": None, "rows": [[None, 2]], "path": "a",
    }  # fmt: skip


def test_a_narrow_terminal_does_not_break_numbers(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    assert bars._console(stderr=False).width == bars.NARROWEST
    monkeypatch.delenv("COLUMNS")
    assert bars._console(stderr=False).width == 160
