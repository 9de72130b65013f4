"""Changed copies of test faces after a run: what is asked, of whom, once."""

import shutil

import numpy as np
import pandas as pd
import pytest

import data
from data import stress as changes
from data import tables
from study.__main__ import call
from study.errors import UsageError
from study.extras import stress
from study.extras.saved import leaves_model, sample
from study.models.model import Model
from study.plan.files import read_plan
from study.plan.model import validate_plan

PLAN = """
summary = "two small contenders"
[contenders.dummy]
[contenders.hog-linear]
[stress]
faces = 20
conditions = {brightness = [1, -2], rotation = [30]}
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    path = tmp_path_factory.mktemp("plan") / "small.toml"
    path.write_text(PLAN)
    return str(path)


@pytest.fixture(scope="module")
def run(small_faces, plan, tmp_path_factory):
    out = tmp_path_factory.mktemp("stress") / "run"
    arguments = ["run", "--plan", plan, "--data", str(small_faces), "--out", str(out)]
    assert call([*arguments, "--jobs", "1"]) == 0
    return out


@pytest.fixture(scope="module")
def answers(run):
    return tables.read_table(run / "stress.parquet", tables.STRESS)


def test_every_contender_answers_every_level_for_the_same_test_faces(run, answers):
    splits = pd.read_parquet(run / "splits.parquet")
    test = set(splits.loc[splits["part"] == "test", "face_id"])
    parts = answers.groupby(["contender", "condition", "level"])["face_id"].agg(frozenset)
    assert len(set(parts)) == 1
    assert parts.iloc[0] <= test and len(parts.iloc[0]) == min(20, len(test))
    asked = [("brightness", -2), ("brightness", 1), ("rotation", 30), ("unchanged", 0)]
    for name in ("dummy", "hog-linear"):
        assert sorted(parts[name].index) == asked


def test_the_unchanged_pictures_get_the_answers_of_the_test(run, answers):
    """The chips go another way to the model than the cell's pixels, and end in the same place."""
    cells = [pd.read_parquet(p) for p in (run / "predictions").glob("*.parquet")]
    both = answers[answers["condition"] == "unchanged"].merge(
        pd.concat(cells), on=["contender", "face_id"], suffixes=("", "_home")
    )
    assert len(both) == len(answers[answers["condition"] == "unchanged"])
    np.testing.assert_allclose(both["age_pred"], both["age_pred_home"], atol=1e-3)
    np.testing.assert_allclose(both["p_female"], both["p_female_home"], atol=1e-4)


def test_an_answer_is_that_of_the_saved_model_to_the_changed_picture(run, answers, small_faces):
    faces = data.load(str(small_faces), pose=False)
    rows = answers.query("contender == 'hog-linear' and condition == 'rotation'")
    side = int(faces.table["height"].iloc[0])
    where = pd.Index(faces.table["face_id"]).get_indexer(rows["face_id"])
    turned = changes.change(faces.images(side)[where], "rotation", 30, rows["face_id"].to_list())
    expected = Model(run / "models" / "hog-linear").predict_all(turned)
    np.testing.assert_allclose(rows["age_pred"], expected["age"], rtol=1e-5)
    np.testing.assert_allclose(rows["age_high"], expected["interval"][:, 1], rtol=1e-5)


def test_the_same_command_repeats_nothing_and_a_damaged_piece_is_made_again(
    run, plan, small_faces, answers
):
    pieces = {p: p.stat().st_mtime_ns for p in run.glob("stress/*/*.parquet")}
    assert len(pieces) == 2 * 3
    damaged = sorted(pieces)[0]
    damaged.write_bytes(damaged.read_bytes()[:40])
    assert call(["run", "--plan", plan, "--data", str(small_faces), "--out", str(run)]) == 0
    after = {p: p.stat().st_mtime_ns for p in run.glob("stress/*/*.parquet")}
    assert [p for p in pieces if after[p] != pieces[p]] == [damaged]
    again = tables.read_table(run / "stress.parquet", tables.STRESS)
    pd.testing.assert_frame_equal(again, answers)


def test_a_finished_run_is_given_another_level_without_training_again(
    run, plan, small_faces, answers, tmp_path
):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    cells = {p: p.stat().st_mtime_ns for p in copy.glob("predictions/*.parquet")}
    more = ["--set", "stress.conditions={rotation = [30, 60]}"]
    arguments = ["run", "--plan", plan, "--data", str(small_faces), "--out", str(copy)]
    assert call([*arguments, *more]) == 0
    assert cells == {p: p.stat().st_mtime_ns for p in copy.glob("predictions/*.parquet")}
    found = tables.read_table(copy / "stress.parquet", tables.STRESS)
    assert set(found["level"]) == {0, 30, 60}
    keys = ["contender", "face_id", "condition", "level"]
    old = answers[answers["level"].isin([0, 30])].set_index(keys)["age_pred"].sort_index()
    new = found[found["level"].isin([0, 30])].set_index(keys)["age_pred"].sort_index()
    pd.testing.assert_series_equal(new, old)


def labelled(n, seed=0):
    rng = np.random.default_rng(seed)
    ages = rng.integers(1, 90, n).astype("float32")
    table = pd.DataFrame({"face_id": [f"f{k:05d}" for k in range(n)], "age": ages})
    table["gender"] = pd.Categorical(rng.choice(["male", "female"], n), ["male", "female"])
    table["age_bin"] = data.bins.age_bin(ages)
    return table


def test_the_sample_does_not_hang_on_the_order_of_the_table():
    faces = labelled(900)
    ids = faces["face_id"].iloc[100:800]
    one = sample(faces, ids, 150)
    two = sample(faces.sample(frac=1, random_state=1), ids.sample(frac=1, random_state=2), 150)
    pd.testing.assert_frame_equal(one, two)
    assert set(one["face_id"]) <= set(ids) and len(one) == 150


def test_the_sample_holds_ages_and_genders_in_their_shares():
    faces = labelled(2000)
    chosen = sample(faces, faces["face_id"], 200)
    keys = ["age_bin", "gender"]
    whole = faces.groupby(keys, observed=False).size()
    part = chosen.groupby(keys, observed=False).size()
    assert (part - whole / 10).abs().max() <= 1


def test_small_test_parts_are_taken_whole():
    faces = labelled(30)
    pd.testing.assert_frame_equal(sample(faces, faces["face_id"], 50), faces)


# what a plan may say ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ['"all"', '["all"]', "{conditions = 'all'}", "{faces = 30}"])
def test_all_conditions_with_their_usual_levels(text):
    found = read_plan("quick", overrides=[f"stress={text}"]).stress.conditions
    known = changes.conditions()
    assert found == {name: c.mild_first(c.levels) for name, c in known.items()}


@pytest.mark.parametrize("given", [{"stress": ["blur", "mask"]}, {"overrides": ["stress=blur"]}])
def test_names_get_their_usual_levels(given):
    found = read_plan("quick", **given).stress
    assert found.conditions["blur"] == (1, 2, 4, 8)
    assert found.faces == 1000


def test_levels_are_put_in_order_and_the_identity_is_left_out():
    text = "stress.conditions={brightness = [2, 0, -1], jpeg = [5, 101, 60]}"
    found = read_plan("quick", overrides=[text]).stress.conditions
    assert found == {"brightness": (-1, 2), "jpeg": (60, 5)}


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("stress=blurr", "did you mean 'blur'"),
        ('stress=["blur", "fog"]', "unknown stress condition 'fog'"),
        ("stress.conditions={blur = [-1]}", "level -1 is out of range: choose from 0 to 40"),
        ("stress.conditions={jpeg = ['bad']}", "stress.conditions.jpeg"),
        ("stress.conditions={blur = [0]}", "at least one level that changes"),
        ("stress.faces=3", "stress.faces"),
        ("stress.face=300", "stress.face"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(override, sentence):
    with pytest.raises(UsageError, match="stress") as found:
        read_plan("quick", overrides=[override])
    assert sentence in str(found.value)


def test_contenders_that_leave_no_model_cannot_be_asked():
    two = {"hog-linear": {}, "lbp-linear": {}}
    plan = validate_plan({"name": "x", "contenders": {**two, "fusion": {}}})
    assert [leaves_model(plan, name, ["lbp-linear"]) for name in plan.contenders] == [
        True, False, False,
    ]  # fmt: skip
    stress.check(plan)
    stress.check(plan, ["lbp-linear"])
    with pytest.raises(data.DataError, match="leaves a model that could be asked"):
        stress.check(plan, list(two))


def test_stress_without_saved_models_is_refused():
    with pytest.raises(UsageError, match="leave save_models true"):
        read_plan("quick", stress=["blur"], overrides=["save_models=false"])
