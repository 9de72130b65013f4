"""The largest memory of a process, as each system tells it."""

import sys
from types import SimpleNamespace

import pytest

from study.engine import memory
from study.engine.memory import peak_rss_bytes

STATUS = "Name:\tpython\nVmPeak:\t 99 kB\nVmHWM:\t   12 kB\nVmRSS:\t 7 kB\n"


@pytest.fixture
def told(monkeypatch):
    """Let the system tell these numbers."""

    def tell(platform="linux", **numbers):
        process = SimpleNamespace(memory_info=lambda: SimpleNamespace(**numbers))
        monkeypatch.setattr(memory.psutil, "Process", lambda: process)
        monkeypatch.setattr(memory.sys, "platform", platform)

    return tell


def test_linux_tells_it_in_kibibytes(tmp_path, told):
    told(rss=7)
    (tmp_path / "status").write_text(STATUS)
    assert peak_rss_bytes(tmp_path / "status") == 12 * 1024


def test_a_linux_that_does_not_tell_it_gives_what_is_resident(tmp_path, told):
    told(rss=7)
    assert peak_rss_bytes(tmp_path / "none") == 7.0
    (tmp_path / "status").write_text("Name:\tpython\n")
    assert peak_rss_bytes(tmp_path / "status") == 7.0


def test_windows_tells_it_in_bytes(tmp_path, told):
    told("win32", rss=7, peak_wset=9)
    assert peak_rss_bytes(tmp_path / "none") == 9.0


def test_macos_tells_it_in_bytes(tmp_path, told, monkeypatch):
    resource = pytest.importorskip("resource", reason="not on Windows")
    told("darwin", rss=7)
    usage = SimpleNamespace(ru_maxrss=11)
    monkeypatch.setattr(resource, "getrusage", lambda who: usage)
    assert peak_rss_bytes(tmp_path / "none") == 11.0


def test_this_process_has_a_peak():
    assert 1e6 < peak_rss_bytes() < 1e12
    assert sys.platform == memory.sys.platform
