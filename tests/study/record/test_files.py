"""Files of a run: whole or absent, and named when they are damaged."""

import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pytest
from run_directories import opened

from study.errors import StudyFailed
from study.record.directory import RunDirectory
from study.record.files import (
    finished_files,
    read_json,
    read_parquet,
    remove_unfinished,
    write_parquet,
)
from study.record.records import select_scores

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe{}"])
def test_damaged_json_is_named(tmp_path, content):
    path = tmp_path / "provenance.json"
    path.write_bytes(content)
    with pytest.raises(StudyFailed, match=r"provenance\.json is damaged .*: delete it"):
        read_json(path)


def test_a_damaged_card_says_what_writes_it_again(tmp_path):
    (tmp_path / "card.json").write_text("{")
    with pytest.raises(StudyFailed, match="`study report` on its run writes it again"):
        read_json(tmp_path / "card.json")


def test_a_damaged_table_is_named_and_an_absent_one_is_absent(tmp_path):
    path = tmp_path / "leak.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(StudyFailed, match=r"leak\.parquet is damaged"):
        read_parquet(path)
    with pytest.raises(FileNotFoundError):
        read_parquet(tmp_path / "none.parquet")


def test_what_is_being_written_is_no_finished_file(tmp_path):
    unfinished = tmp_path / ".0123456789ab.a.parquet"
    for path in (unfinished, tmp_path / "b.parquet", tmp_path / ".lock"):
        path.write_text("")
    assert [p.name for p in finished_files(tmp_path, "*.parquet")] == ["b.parquet"]
    remove_unfinished(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".lock", "b.parquet"]


def test_threads_that_write_one_table_leave_one_whole_table(tmp_path):
    path = tmp_path / "curves.parquet"

    def write(value):
        for _ in range(10):
            write_parquet(path, pd.DataFrame({"x": [value] * 500}))

    threads = [threading.Thread(target=write, args=[v]) for v in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        if path.exists():
            assert len(set(read_parquet(path)["x"])) == 1
    for thread in threads:
        thread.join()
    assert [p.name for p in tmp_path.iterdir()] == ["curves.parquet"]


def test_a_second_process_cannot_take_a_locked_run(tmp_path):
    run = RunDirectory(tmp_path / "run")
    opened(run, {"format": 2})
    code = (
        "import sys\n"
        "from study.errors import UsageError\n"
        "from study.record.directory import RunDirectory\n"
        "try:\n"
        f"    with RunDirectory({str(run.path)!r}).locked(): print('taken')\n"
        "except UsageError as error: print(error)\n"
    )
    ask = [sys.executable, "-c", code]
    with run.locked():
        told = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "in use by another `study` process" in told
    told = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told.strip() == "taken"


def test_select_scores_are_means_over_cells():
    records = [
        {"costs": {"contender": "a"}, "select": {"mae": 4.0, "accuracy": 0.8}},
        {"costs": {"contender": "a"}, "select": {"mae": 6.0, "accuracy": 1.0}},
        {"costs": {"contender": "b"}},
    ]
    assert select_scores(records) == {"a": {"mae": 5.0, "accuracy": pytest.approx(0.9)}}
    assert select_scores([]) == {}
