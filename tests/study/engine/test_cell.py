"""One cell: its parts, the answers a fusion learns from, its scores and what it leaves."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from study.engine import cell as engine
from study.engine.answers import AnswerParts, answers_path, write_answers
from study.engine.parts import Parts
from study.engine.select import CHANGED_FACES, CHANGES, select_score, train_score
from study.errors import StudyFailed
from study.plan.cells import Cell, Job

N = 40
PARTS = np.repeat(["train", "select", "calibrate", "test"], [16, 8, 8, 8])


@pytest.fixture
def job(tmp_path):
    """A run of 40 faces in table order: 16 train, 8 select, 8 calibrate, 8 test."""
    faces = pd.DataFrame({"face_id": [f"f{k:02d}" for k in range(N)], "age": np.arange(20.0, 60)})
    faces["gender"], faces["group"] = (
        np.where(np.arange(N) % 2, "female", "male"),
        np.arange(N) // 2,
    )
    faces.to_parquet(tmp_path / "faces.parquet")
    split = pd.DataFrame({"data_set": "toy", "protocol": "full", "seed": 0, "fold": 0,
                          "face_id": faces["face_id"], "part": PARTS})  # fmt: skip
    others = [split.assign(part="test", **{k: v}) for k, v in
              (("protocol", "adult"), ("seed", 1), ("fold", 1))]  # fmt: skip
    pd.concat([*others, split]).to_parquet(tmp_path / "splits.parquet")
    pixels = np.random.default_rng(0).integers(0, 256, (N, 16, 16, 3)).astype(np.uint8)
    np.save(tmp_path / "pixels.npy", pixels)
    for folder in ("predictions", "records", "models", "checkpoints"):
        (tmp_path / folder).mkdir()
    mine = Cell("toy", "full", "dummy", 0, 0)
    return Job(mine, str(tmp_path), "dummy", str(tmp_path / "pixels.npy"), 16)


def test_parts_are_those_of_this_split(job):
    parts = Parts(job)
    assert parts.rows("train").tolist() == list(range(16))
    assert parts.rows("test").tolist() == list(range(32, 40))
    images, labels = parts.xy("select")
    assert labels.tolist() == [[36 + k, k % 2] for k in range(8)]
    np.testing.assert_array_equal(images, np.load(job.pixels)[16:24])
    images, labels, groups = parts.training(None, 0)
    assert (len(images), labels[3].tolist(), groups.tolist()) == (
        16,
        [23, 1],
        [k // 2 for k in range(16)],
    )


def test_smaller_training_sets_are_nested_sorted_and_drawn_by_seed(job):
    parts = Parts(job)
    small, large = parts.training_rows(5, 3), parts.training_rows(9, 3)
    assert (len(small), len(large)) == (5, 9)
    assert set(small) < set(large) < set(range(16))
    assert small.tolist() == sorted(small) != list(range(5))
    assert parts.training_rows(5, 4).tolist() != small.tolist()
    assert (
        parts.training_rows(16, 3).tolist()
        == parts.training_rows(99, 3).tolist()
        == list(range(16))
    )


@pytest.mark.parametrize("part", ["train", "select", "calibrate"])
def test_a_part_without_any_age_is_refused(job, tmp_path, part):
    faces = pd.read_parquet(tmp_path / "faces.parquet")
    mine = np.flatnonzero(part == PARTS)
    faces.loc[mine[1:], "age"] = np.nan
    faces.to_parquet(tmp_path / "faces.parquet")
    Parts(job)
    faces.loc[mine, "age"] = np.nan
    faces.to_parquet(tmp_path / "faces.parquet")
    with pytest.raises(StudyFailed, match=rf"no age is known in the part '{part}' of toy \(full\)"):
        Parts(job)


class Teller:
    """Answers with the first pixel of each face."""

    def predict_all(self, images, level=0.9):
        age = images[:, 0, 0, 0].astype(float)
        ends = np.stack([age - 10 * level, age + 10 * level], axis=1)
        return {"age": age, "interval": ends, "p_female": age / 255}

    def predict(self, images):
        return np.stack([images[:, 0, 0, 0].astype(float), np.ones(len(images))], axis=1)


def test_a_fusion_sees_answers_in_place_of_images(job, tmp_path):
    parts, pixels = Parts(job), np.load(job.pixels)[:, 0, 0, 0].astype(float)
    for name in ("one", "two"):
        cell = Cell("toy", "full", name, 0, 0)
        mine = Job(cell, job.run, name, job.pixels, 16)
        write_answers(Teller(), parts, mine)
        held = pd.read_parquet(answers_path(job.run, cell))
        assert held["part"].tolist() == ["select"] * 8 + ["calibrate"] * 8
        assert held["face_id"].tolist() == [f"f{k}" for k in range(16, 32)]
        assert held["age_pred"].tolist() == pixels[16:32].tolist()
        table, _ = engine.predict(Teller(), parts, mine)
        table.to_parquet(tmp_path / "predictions" / f"{cell.name}.parquet")
    fused = AnswerParts(Job(job.cell, job.run, "fusion", job.pixels, 16, parts=["one", "two"]))
    share = logit(np.clip(pixels / 255, 1e-6, 1 - 1e-6))
    for part, rows in (("select", slice(16, 24)), ("test", slice(32, 40))):
        found, labels = fused.xy(part)
        expected = np.column_stack([pixels[rows]] * 2 + [share[rows]] * 2)
        np.testing.assert_allclose(found, expected)
        np.testing.assert_array_equal(labels, parts.xy(part)[1])
    found, labels, groups = fused.training(None, 0)
    np.testing.assert_allclose(found, fused.xy("select")[0])
    assert groups.tolist() == [k // 2 for k in range(16, 24)]
    with pytest.raises(StudyFailed, match=r"needs the answers of gone.*in answers/\)"):
        AnswerParts(Job(job.cell, job.run, "fusion", job.pixels, 16, parts=["gone"]))
    (tmp_path / "predictions" / "full.one.seed0.fold0.parquet").unlink()
    with pytest.raises(StudyFailed, match=r"needs the answers of one.*in predictions/\)"):
        AnswerParts(Job(job.cell, job.run, "fusion", job.pixels, 16, parts=["one"]))


def test_predictions_of_the_test_part(job, capsys):
    table, speed = engine.predict(Teller(), Parts(job), job)
    age = np.load(job.pixels)[32:, 0, 0, 0].astype(float)
    assert table["face_id"].tolist() == [f"f{k}" for k in range(32, 40)]
    assert table["age_pred"].tolist() == age.tolist()
    assert table["age_low"].tolist() == (age - 9).tolist()
    assert table["age_high"].tolist() == (age + 9).tolist()
    assert set(table["contender"]) == {"dummy"}
    assert speed > 8  # faces a second, not seconds a face
    steps = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(s["stage"], s["done"], s["total"]) for s in steps] == [
        ("predict", 0, 8),
        ("predict", 8, 8),
    ]


def test_a_cell_from_job_to_files(job, tmp_path, capsys):
    checkpoints = tmp_path / "checkpoints" / job.cell.name
    checkpoints.mkdir()
    asked = Job(job.cell, job.run, "dummy", job.pixels, 16, train_size=10, save_model=True,
                cores=2, threads=3, shared=True)  # fmt: skip
    engine.run(asked)
    record = json.loads(asked.record_path.read_text())
    costs = record["costs"]
    assert (costs["n_train"], costs["cores"], costs["threads"], costs["shared"]) == (10, 2, 3, True)
    assert 0 < costs["fit_seconds"] < 60
    assert costs["device"] == "cpu"
    assert np.isnan(costs["n_parameters"])
    folder = tmp_path / "models" / "dummy"
    sizes = [p.stat().st_size for p in folder.iterdir() if p.name != "ranges.json"]
    assert costs["model_bytes"] == sum(sizes) + (folder / "ranges.json").stat().st_size
    low, high = json.loads((folder / "ranges.json").read_text())["sharpness"]
    assert low < high
    predictions = pd.read_parquet(asked.predictions_path)
    rows = np.sort(np.random.default_rng([0, 7]).permutation(16)[:10])
    assert set(predictions["age_pred"]) == {float(np.median(20 + rows))}
    assert record["select"]["mae"] == pytest.approx(
        np.abs(np.median(20 + rows) - np.arange(36, 44)).mean()
    )
    assert record["train"]["mae"] == pytest.approx(np.abs(np.median(20 + rows) - 20 - rows).mean())
    assert record["weights"] is None
    assert not checkpoints.exists()


def test_no_model_where_none_is_asked_for(job, tmp_path):
    engine.run(job)
    assert not any((tmp_path / "models").iterdir())
    assert np.isnan(json.loads(job.record_path.read_text())["costs"]["model_bytes"])


def test_facts_of_a_network_wherever_it_stands():
    net = SimpleNamespace(n_parameters_=5)
    assert engine.network_fact(net, "n_parameters_") == 5
    assert engine.network_fact(SimpleNamespace(features_=net), "n_parameters_") == 5
    steps = SimpleNamespace(steps=[("scale", SimpleNamespace()), ("net", net)])
    assert engine.network_fact(SimpleNamespace(features_=steps), "n_parameters_") == 5
    assert engine.network_fact(SimpleNamespace(), "n_parameters_", "none") == "none"


def test_hooks_go_to_builders_that_take_them(job):
    def hooks(*names):
        return engine._hooks(job, SimpleNamespace(option_names=lambda: names))

    assert hooks("alpha") == {}
    found = hooks("checkpoint", "image_size", "progress", "alpha")
    assert found["image_size"] == 16
    assert found["checkpoint"].endswith(f"checkpoints/{job.cell.name}")
    assert found["progress"] is engine.report_progress
    assert "mesh" not in found and "mesh" in hooks("mesh")


def test_scores_on_select_and_train_by_hand():
    images = np.repeat(np.arange(6, dtype=np.uint8), 64 * 64 * 3).reshape(6, 64, 64, 3) * 10
    labels = np.array([[1.0, 1], [12, 1], [23, 0], [np.nan, 1], [44, 0], [55, 1]])
    parts = SimpleNamespace(
        xy=lambda part: (images, labels), rows=lambda part: np.arange(6),
        faces=pd.DataFrame({"face_id": list("abcdef")}),
    )  # fmt: skip
    found = select_score(Teller(), parts)
    assert found["mae"] == pytest.approx((1 + 2 + 3 + 4 + 5) / 5)
    assert found["accuracy"] == pytest.approx(4 / 6)
    # flat pictures stay as they are under every change
    assert found["mae_changed"] == pytest.approx(found["mae"])
    train = train_score(Teller(), images, labels, 0)
    assert train["mae"] == pytest.approx(3.0)
    assert train["accuracy"] == pytest.approx(4 / 6)
    asked = []
    counting = SimpleNamespace(
        predict=lambda x: asked.append(x[:, 0, 0, 0]) or np.zeros((len(x), 2))
    )
    train_score(counting, images, labels, 0, most=3)
    assert len(asked[0]) == 3
    assert asked[0].tolist() == sorted(asked[0])


def test_which_changes_choose_a_model():
    assert CHANGES == (("sharpen", 6.0), ("blur", 2.0), ("scale", 0.9))
    assert CHANGED_FACES == 400
    assert engine.LEVEL == 0.9
    assert engine.FAMILIAR == (0.01, 0.99)
