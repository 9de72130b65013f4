"""GPUs: found without PyTorch, lent to one cell at a time."""

import subprocess
import threading
import time

import pytest

from study.engine import local as engine
from study.engine.devices import VISIBLE, DevicePool, visible_devices
from study.plan.model import validate_plan
from study.run import run_study


@pytest.mark.parametrize(
    ("value", "expected"), [("0,2", ["0", "2"]), ("", []), ("-1", []), ("GPU-8f1e", ["GPU-8f1e"])]
)
def test_the_variable_decides(value, expected):
    assert visible_devices({VISIBLE: value}) == expected


def test_the_driver_leaves_a_file_per_device(tmp_path):
    for name in ("nvidia10", "nvidia2", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    assert visible_devices({}, tmp_path) == ["2", "10"]
    assert visible_devices({}, tmp_path / "nothing") == []


def test_this_process_is_asked_where_nothing_is_given(monkeypatch):
    monkeypatch.setenv(VISIBLE, " 3 ,4,")
    assert visible_devices() == ["3", "4"]


def test_without_devices_nothing_is_said_of_them():
    for wanted in (True, False):
        with DevicePool([]).borrow(wanted) as variables:
            assert variables == {}
    with DevicePool(["1"]).borrow(False) as variables:
        assert variables == {VISIBLE: ""}


def test_a_device_comes_back_after_an_error():
    pool = DevicePool(["1"])
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), pool.borrow(True):
            raise ZeroDivisionError


def test_no_device_is_lent_twice():
    pool, held, most = DevicePool(["0", "1"]), [], []

    def cell():
        with pool.borrow(True) as variables:
            held.append(variables[VISIBLE])
            most.append(len(held))
            assert len(set(held)) == len(held)
            time.sleep(0.02)
            held.remove(variables[VISIBLE])

    threads = [threading.Thread(target=cell) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 6 and max(most) == 2


def test_cells_of_a_study_spread_over_devices(small_faces, tmp_path, monkeypatch):
    seen = []

    def start(*arguments, env, **options):
        seen.append(env.get(VISIBLE))
        return popen(*arguments, env=env, **options)

    popen = subprocess.Popen
    monkeypatch.setattr(engine.subprocess, "Popen", start)
    monkeypatch.setattr(engine, "visible_devices", lambda: ["5"])
    contenders = {"dummy": {}, "cnn-frozen": {"image_size": 32}}
    plan = {"name": "two", "data": str(small_faces), "contenders": contenders, "save_models": False}
    run_study(validate_plan(plan), tmp_path / "run")
    assert sorted(seen) == ["", "5"]
