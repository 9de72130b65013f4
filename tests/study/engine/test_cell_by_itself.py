"""What a cell says of itself, with a clock, a contender and a parent made by hand."""

import io
import json
import pickle
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from study.engine import cell as engine
from study.engine.answers import AnswerParts, answers_path
from study.engine.parts import Parts
from study.engine.select import train_score
from study.plan.cells import Cell, Job

PART = np.repeat(["train", "select", "calibrate", "test"], [6, 3, 3, 4])


class Always40:
    """Answers 40 years, and may be female."""

    def __init__(self, **facts):
        vars(self).update(facts)

    def fit(self, X, y, groups=None, select=None, calibrate=None):
        self.seen = X, y, groups, select, calibrate
        return self

    def predict(self, X):
        return np.tile([40.0, 1.0], (len(X), 1))

    def predict_all(self, X, level=0.9):
        age = np.full(len(X), 40.0)
        return {"age": age, "interval": np.stack([age, age], 1), "p_female": np.full(len(X), 0.5)}


@pytest.fixture
def job(tmp_path):
    faces = pd.DataFrame({"face_id": [f"f{k:02d}" for k in range(16)], "group": range(16)})
    faces["age"], faces["gender"] = np.arange(30.0, 46.0), "female"
    faces.to_parquet(tmp_path / "faces.parquet")
    split = {"protocol": "full", "seed": 0, "fold": 0, "face_id": faces["face_id"], "part": PART}
    pd.DataFrame(split).to_parquet(tmp_path / "splits.parquet")
    np.save(tmp_path / "pixels.npy", np.zeros((16, 40, 40, 3), np.uint8))
    for folder in ("predictions", "records", "models", "answers"):
        (tmp_path / folder).mkdir()
    cell = Cell("toy", "full", "mine", 0, 0)
    return Job(cell, str(tmp_path), "mine", str(tmp_path / "pixels.npy"), 40)


def ran(job, monkeypatch, estimator, **kind):
    """Run the cell on a clock that stands at 100, 107, 200 and 202 seconds; return its record."""
    contender = SimpleNamespace(
        build=lambda **options: estimator, option_names=lambda: (),
        **{"fuses": False, "trained": True} | kind,
    )  # fmt: skip
    monkeypatch.setattr(engine, "get_contender", lambda name: contender)
    monkeypatch.setattr(engine, "AnswerParts", Parts)
    ticks = iter([100.0, 107.0, 200.0, 202.0])
    monkeypatch.setattr(engine, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    engine.run(job)
    return json.loads(job.record_path.read_text())


def test_times_are_those_of_the_clock(job, monkeypatch):
    costs = ran(job, monkeypatch, Always40())["costs"]
    assert costs["fit_seconds"] == 7.0
    assert costs["predict_images_per_second"] == 4 / 2
    assert costs["n_train"] == 6


def test_what_an_interrupted_training_took_counts_too(job, monkeypatch):
    estimator = Always40(training_=SimpleNamespace(seconds_before=50.0))
    assert ran(job, monkeypatch, estimator)["costs"]["fit_seconds"] == 57.0


def test_scores_are_those_of_trained_contenders_that_saw_the_faces(job, monkeypatch):
    found = ran(job, monkeypatch, Always40(weights_source_="x", n_parameters_=3, device_="cuda"))
    assert found["select"]["mae"] == pytest.approx((4 + 3 + 2) / 3)
    assert found["train"]["mae"] == pytest.approx((10 + 9 + 8 + 7 + 6 + 5) / 6)
    assert found["weights"] == "x"
    assert (found["costs"]["n_parameters"], found["costs"]["device"]) == (3.0, "cuda")


def test_who_is_not_trained_has_no_training_time_and_no_score_of_it(job, monkeypatch):
    found = ran(job, monkeypatch, Always40(), trained=False)
    assert (found["costs"]["fit_seconds"], found["costs"]["n_train"]) == (0.0, 0)
    assert found["train"] is None
    assert found["select"] is not None


def test_a_fusion_is_not_scored_on_what_it_was_fitted_on(job, monkeypatch):
    found = ran(job, monkeypatch, Always40(), fuses=True)
    assert found["select"] is None
    assert found["train"] is None
    assert found["costs"]["n_train"] == 6


@pytest.mark.parametrize("leave", [True, False])
def test_answers_are_left_where_a_fusion_wants_them(job, monkeypatch, leave):
    asked = Job(**{**vars(job), "leave_answers": leave})
    estimator = Always40()
    ran(asked, monkeypatch, estimator)
    assert answers_path(job.run, job.cell).is_file() == leave
    _, labels, groups, select, calibrate = estimator.seen
    assert labels[:, 0].tolist() == [30, 31, 32, 33, 34, 35]
    assert groups.tolist() == [0, 1, 2, 3, 4, 5]
    assert select[1][:, 0].tolist() == [36, 37, 38]
    assert calibrate[1][:, 0].tolist() == [39, 40, 41]


def test_a_sure_answer_has_the_log_odds_of_one_in_a_million(job, tmp_path):
    ids, p = [f"f{k:02d}" for k in range(6, 16)], [0.0, 1.0, 0.5, *[0.2] * 7]
    answers = pd.DataFrame({"face_id": ids, "age_pred": 1.0, "p_female": p})
    cell = Cell("toy", "full", "sure", 0, 0)
    answers[:6].to_parquet(answers_path(tmp_path, cell))
    answers[6:].to_parquet(tmp_path / "predictions" / f"{cell.name}.parquet")
    found, _ = AnswerParts(Job(**{**vars(job), "parts": ["sure"]})).xy("select")
    assert found[:, 1] == pytest.approx([logit(1e-6), -logit(1e-6), 0.0], rel=1e-9)


def saved(job, tmp_path, monkeypatch, images, **held):
    """Save a model whose parameters are ``held``; return what was reset and how many were measured.

    Sharpness is the number of the picture, so its quantiles can be worked out.
    """
    reset, measured = {}, []

    def save(estimator, folder):
        Path(folder).mkdir(exist_ok=True)
        (Path(folder) / "model.bin").write_bytes(b"12345")
        return Path(folder)

    def sharpness(some):
        measured.append(len(some))
        return np.arange(101.0)

    estimator = SimpleNamespace(
        get_params=lambda deep: held if deep else {}, set_params=reset.update
    )
    monkeypatch.setattr("pipelines.persistence.save", save)
    monkeypatch.setattr(engine, "sharpness", sharpness)
    size = engine._save(estimator, images, Job(**{**vars(job), "save_model": True}))
    folder = tmp_path / "models" / "mine"
    ranges = folder / engine.RANGES
    assert size == 5 + (ranges.stat().st_size if ranges.exists() else 0)
    return reset, measured, json.loads(ranges.read_text()) if ranges.exists() else None


def test_a_saved_model_is_free_of_this_process(job, tmp_path, monkeypatch):
    held = {"progress": print, "net__checkpoint": "here", "net__progress_bar": 1, "alpha": 2}
    reset, _, _ = saved(job, tmp_path, monkeypatch, np.zeros((5, 2, 2, 3)), **held)
    assert reset == {"progress": None, "net__checkpoint": None}


@pytest.mark.parametrize(("n", "measured"), [(10, 10), (999, 999), (1999, 1999), (2500, 1250)])
def test_sharpness_is_measured_on_about_a_thousand_faces(job, tmp_path, monkeypatch, n, measured):
    _, found, ranges = saved(job, tmp_path, monkeypatch, np.zeros((n, 1, 1, 3), np.uint8))
    assert found == [measured]
    assert ranges == {"sharpness": [1.0, 99.0]}
    assert engine.MEASURED == 1000


def test_answers_of_others_have_no_sharpness(job, tmp_path, monkeypatch):
    _, measured, ranges = saved(job, tmp_path, monkeypatch, np.zeros((7, 4)))
    assert (measured, ranges) == ([], None)


def test_a_cell_ends_when_its_parent_is_gone(monkeypatch):
    """Standard input is read until it closes, in a thread that keeps no process alive."""
    read, ended, started = iter([b"x", b"y", b""]), [], []

    def next_of(descriptor, most):
        assert descriptor == 0
        assert most > 0
        return next(read)

    monkeypatch.setattr(engine, "os", SimpleNamespace(read=next_of, _exit=ended.append))
    monkeypatch.setattr(
        engine.threading,
        "Thread",
        lambda target, daemon: started.append(daemon) or SimpleNamespace(start=target),
    )
    engine.die_with_parent()
    assert started == [True]
    assert ended == [1]
    assert next(read, None) is None


def test_progress_reaches_the_parent_at_once(monkeypatch):
    class Pipe(io.StringIO):
        flushed = ""

        def flush(self):
            self.flushed = self.getvalue()

    pipe = Pipe()
    monkeypatch.setattr(sys, "stdout", pipe)
    engine.report_progress("fit", 1, 2)
    assert json.loads(pipe.flushed) == {"stage": "fit", "done": 1, "total": 2}


def test_the_process_reads_its_job_and_watches_its_parent(job, monkeypatch):
    done = []
    monkeypatch.setattr(sys, "stdin", io.StringIO(job.to_json() + "\n{more"))
    monkeypatch.setattr(engine, "die_with_parent", lambda: done.append("watched"))
    monkeypatch.setattr(engine, "run", done.append)
    engine.main()
    assert done == ["watched", job]


def test_pixels_are_never_unpickled(job):
    Path(job.pixels).write_bytes(pickle.dumps(np.zeros((16, 2, 2, 3), np.uint8)))
    with pytest.raises(ValueError, match="pickle"):
        Parts(job)


def test_at_most_a_thousand_training_faces_are_answered_again():
    asked = []
    estimator = SimpleNamespace(predict=lambda X: asked.append(len(X)) or np.zeros((len(X), 2)))
    train_score(estimator, np.zeros((1200, 1)), np.zeros((1200, 2)), 0)
    train_score(estimator, np.zeros((30, 1)), np.zeros((30, 2)), 0)
    assert asked == [1000, 30]
