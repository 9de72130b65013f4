"""How a grid of cells is handed to a Dask scheduler, without one."""

import contextlib
import sys
from types import SimpleNamespace

import pytest

from study.engine import dask
from study.errors import UsageError


@pytest.fixture
def client(monkeypatch):
    """Let a function stand for Dask's client."""

    def put(Client):
        monkeypatch.setitem(sys.modules, "distributed", SimpleNamespace(Client=Client))

    return put


def test_each_cell_is_a_task_and_workers_have_a_minute_to_come(client, monkeypatch):
    asked = {}

    def parallel(**options):
        asked["parallel"] = options
        return lambda tasks: [function(*given, **named) for function, given, named in tasks]

    @contextlib.contextmanager
    def configured(backend, **options):
        asked["backend"] = backend, options
        yield

    def connect(address, timeout):
        asked["client"] = address, timeout
        return contextlib.nullcontext()

    client(connect)
    monkeypatch.setattr(dask, "Parallel", parallel)
    monkeypatch.setattr(dask, "parallel_config", configured)
    monkeypatch.setattr(dask, "execute", lambda job: f"{job} done")
    assert dask.run_on_dask(["a", "b"], "tcp://host:1") == ["a done", "b done"]
    assert asked == {
        "client": ("tcp://host:1", 60),
        "backend": ("dask", {"wait_for_workers_timeout": 60}),
        "parallel": {"batch_size": 1},
    }


@pytest.mark.parametrize("error", [OSError("no route"), ValueError("no address")])
def test_a_scheduler_that_is_not_there_is_named(client, error):
    def connect(address, timeout):
        raise error

    client(connect)
    with pytest.raises(UsageError, match=rf"no Dask scheduler answers at tcp://x:1 \({error}\)"):
        dask.run_on_dask([], "tcp://x:1")


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install '\.\[dask\]'"):
        dask.run_on_dask([], "tcp://x:1")
