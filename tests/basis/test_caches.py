"""Caches of libraries follow ours; nothing is written where nothing may be."""

from pathlib import Path

import pytest

from basis import caches, compiled
from basis.caches import LIBRARIES, VARIABLE, chosen_folder, compiler_folder, settle_libraries


def test_every_library_follows_the_variable_and_what_is_set_stays(tmp_path):
    environment = {VARIABLE: str(tmp_path), "HF_HOME": "/mine"}
    settle_libraries(environment)
    assert environment["HF_HOME"] == "/mine"
    for variable, name in LIBRARIES.items():
        if variable != "HF_HOME":
            assert environment[variable] == str(tmp_path / name)


def test_without_the_variable_libraries_keep_their_places():
    environment = {}
    settle_libraries(environment)
    assert environment == {}


def test_a_user_without_a_home_is_told_which_variable_to_set(monkeypatch):
    def no_home(*arguments, **options):
        raise RuntimeError("Could not determine home directory.")

    for variable in (VARIABLE, "NUMBA_CACHE_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(caches.platformdirs, "user_cache_dir", no_home)
    with pytest.raises(OSError, match=f"no home.*set {VARIABLE}"):
        chosen_folder()
    assert compiler_folder(Path("/proc/nowhere")) is None


def test_compiled_kernels_go_where_they_can_be_written(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.delenv(VARIABLE, raising=False)
    assert compiler_folder(tmp_path) == tmp_path / "__pycache__"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    assert compiler_folder(tmp_path) == tmp_path / "cache" / "numba"
    monkeypatch.setattr(caches, "is_writable", lambda folder: False)
    assert compiler_folder(tmp_path) is None
    assert compiled.settle(tmp_path) is False
