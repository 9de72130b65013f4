"""The cache folder: what lies in it, and making room by age."""

import json
import os
import time

import pytest

from study.__main__ import call
from study.machine.cache import clear, folder_sizes


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AGE_GENDER_STUDY_CACHE", str(tmp_path))
    for name, days, size in (("old", 40, 1000), ("new", 1, 500)):
        path = tmp_path / "pixels" / f"{name}.npy"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * size)
        then = time.time() - 86_400 * days
        os.utime(path, (then, then))
    return tmp_path


def test_cache_lists_and_clears_by_age(cache, capsys):
    assert call(["cache", "list", "--json"]) == 0
    entries = {e["entry"]: e for e in json.loads(capsys.readouterr().out)["entries"]}
    assert entries["pixels/old.npy"]["bytes"] == 1000
    assert entries["pixels/old.npy"]["days"] == pytest.approx(40, abs=0.1)
    assert call(["cache", "clear", "--older-than", "30"]) == 0
    assert "1 entries" in capsys.readouterr().err
    assert [p.name for p in (cache / "pixels").iterdir()] == ["new.npy"]
    assert call(["cache", "clear", "--older-than", "-1"]) == 2
    names = cache / "data_sets.json"
    names.write_text("{}")
    assert clear(cache, days=0) == {"pixels/new.npy": 500}
    assert names.exists(), "what the user called data sets cannot be made again"
    assert folder_sizes(cache) == {}
