"""Pictures drawn by two processes: the same bytes in the same order, whatever becomes of one."""

from concurrent.futures import Future

import pandas as pd
import pytest
from joblib import parallel_config
from joblib.externals.loky.process_executor import BrokenProcessPool

from reports.drawing.figures import looks
from reports.page import pictures
from reports.page.pictures import Sketch, draw_all

LOOKS = looks({"hog-kernel": "classical", "cnn": "cnn"})


def sketches(n):
    made = {}
    for k in range(n):
        rows = [
            {"contender": name, "years": years, "value": share, "value_low": share - 0.1,
             "value_high": share + 0.1}
            for name, start in (("hog-kernel", 0.1), ("cnn", 0.2))
            for years in (0.5, 5.0, 10.0)
            for share in [start + 0.01 * k + 0.05 * years]
        ]  # fmt: skip
        module = "reports.charts.cumulative_score"
        made[f"c{k}"] = Sketch(module, f"c{k}", f"Curve {k}", "", pd.DataFrame(rows), LOOKS)
    return made


@pytest.fixture(scope="module")
def alone():
    return draw_all(sketches(pictures.MANY))


class Helper:
    """Stands for the second process: of three pictures one is done, one waits, one was lost."""

    def __init__(self, max_workers):
        assert max_workers == 1
        self.asked = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def submit(self, function, sketch):
        promise = Future()
        kind, self.asked = self.asked % 3, self.asked + 1
        if kind < 2:
            promise.set_running_or_notify_cancel()
        if kind == 0:
            promise.set_result(function(sketch))
        elif kind == 1:
            promise.set_exception(BrokenProcessPool("killed"))
        return promise


def test_what_is_done_waits_or_was_lost_comes_out_the_same(alone, monkeypatch):
    monkeypatch.setattr(pictures, "ProcessPoolExecutor", Helper)
    with parallel_config(n_jobs=2):
        shared = draw_all(sketches(pictures.MANY))
    assert list(shared) == list(alone) == [f"c{k}" for k in range(pictures.MANY)]
    assert shared == alone


def test_a_real_second_process_draws_the_same_bytes(alone):
    with parallel_config(n_jobs=2):
        assert draw_all(sketches(pictures.MANY)) == alone


@pytest.mark.parametrize(("cores", "n"), [(1, pictures.MANY), (2, pictures.MANY - 1)])
def test_one_core_or_few_pictures_start_no_process(cores, n, monkeypatch):
    def refuse(max_workers):
        raise AssertionError("a second process")

    monkeypatch.setattr(pictures, "ProcessPoolExecutor", refuse)
    with parallel_config(n_jobs=cores):
        assert len(draw_all(sketches(n))) == n


def test_pictures_differ_and_know_their_width(alone):
    assert len({picture.svg for picture in alone.values()}) == pictures.MANY
    assert all(picture.wide is False and "<svg" in picture.svg for picture in alone.values())
