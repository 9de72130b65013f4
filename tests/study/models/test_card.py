"""The numbers of a model card, by hand."""

import dataclasses
import json

import cv2
import numpy as np
import pandas as pd
import pytest

import data
from benchmarks.simulated_run import simulated_run
from study.models.card import make_card, to_markdown, write_cards


@pytest.fixture(scope="module")
def run():
    return simulated_run(160, seeds=1)


def test_errors_are_those_of_the_contenders_test_faces(run):
    contender = run.predictions["contender"].iloc[-1]
    card = make_card(run, contender)
    mine = run.predictions[run.predictions["contender"] == contender]
    mine = mine[(mine["seed"] == mine["seed"].iloc[0])].merge(run.faces, on="face_id")
    errors = {(row["breakdown"], row["group"]): row for row in card["errors"]}
    overall = errors["all", "all"]
    assert overall["n"] == len(mine)
    assert overall["mae"] == pytest.approx((mine["age_pred"] - mine["age"]).abs().mean(), abs=1e-3)
    right = (mine["p_female"] >= 0.5) == (mine["gender"] == "female")
    assert overall["gender_accuracy"] == pytest.approx(right.mean(), abs=1e-4)
    women = mine[mine["gender"] == "female"]
    row = errors["gender", "female"]
    assert row["n"] == len(women)
    assert row["mae"] == pytest.approx((women["age_pred"] - women["age"]).abs().mean(), abs=1e-3)
    assert f"{overall['mae']:.2f}" in to_markdown(card)


def test_training_data_are_the_train_part_and_its_central_98_percent(run):
    contender = run.predictions["contender"].iloc[-1]
    told = make_card(run, contender)["training_data"]
    splits = run.splits
    first = run.predictions[run.predictions["contender"] == contender].iloc[0]
    mine = splits[(splits["seed"] == first["seed"]) & (splits["fold"] == first["fold"])]
    ids = mine.loc[mine["part"] == "train", "face_id"]
    faces = run.faces[run.faces["face_id"].isin(ids)]
    assert told["n_train"] == len(faces)
    low, high = faces["age"].astype(float).quantile([0.01, 0.99])
    assert told["ranges"]["age"] == pytest.approx([low, high])


def test_a_card_is_of_the_first_seed_of_the_plan_whatever_its_file_is_called(run):
    more = dataclasses.replace(run)
    more.predictions = pd.concat([run.predictions.assign(seed=2), run.predictions.assign(seed=10)])
    more.predictions.loc[more.predictions["seed"] == 2, "age_pred"] += 100
    more.splits = pd.concat([run.splits.assign(seed=2), run.splits.assign(seed=10)])
    more.provenance = {**run.provenance, "seeds": [10, 2]}
    contender = run.predictions["contender"].iloc[0]
    card = make_card(more, contender)
    assert card["details"]["seed"] == 10
    assert card["errors"] == make_card(run, contender)["errors"]
    beside = pd.concat([run.predictions.assign(protocol="adult", age_pred=0.0), run.predictions])
    more = dataclasses.replace(run, predictions=beside.assign(fold=0))
    assert make_card(more, contender) == make_card(run, contender)


def test_a_model_of_fewer_faces_says_so(run):
    contender = run.predictions["contender"].iloc[0]
    plan = {**run.provenance["plan"], "contenders": {contender: {"train_size": 30}}}
    few = dataclasses.replace(run, provenance={**run.provenance, "plan": plan})
    told = make_card(few, contender)["training_data"]
    assert told["n_train"] == 30
    ids = run.splits.loc[run.splits["part"] == "train", "face_id"]
    rows = np.flatnonzero(run.faces["face_id"].isin(ids))
    chosen = np.sort(np.random.default_rng([0, 7]).permutation(rows)[:30])
    ages = run.faces["age"].iloc[chosen].astype(float)
    assert told["ranges"]["age"] == pytest.approx(ages.quantile([0.01, 0.99]).tolist())


def test_a_card_keeps_the_day_of_its_training(run, tmp_path):
    contender = run.predictions["contender"].iloc[0]
    folder = tmp_path / "models" / contender
    folder.mkdir(parents=True)
    later = dataclasses.replace(run, provenance={**run.provenance, "started": "2027-01-01"})
    write_cards(tmp_path, run)
    write_cards(tmp_path, later)
    card = json.loads((folder / "card.json").read_text())
    assert card["details"]["trained"] == run.provenance["started"] != "2027-01-01"
    (folder / "card.json").write_text("cut")
    write_cards(tmp_path, later)
    assert json.loads((folder / "card.json").read_text())["details"]["trained"] == "2027-01-01"


def test_a_finished_model_knows_how_sharp_its_training_faces_were(finished, source):
    """The central 98% of the Laplacian's variance, at the size the model sees."""
    card = json.loads((finished.path / "models" / "hog-linear" / "card.json").read_text())
    splits = pd.read_parquet(finished.path / "splits.parquet")
    faces = data.load(source)
    ids = splits.loc[(splits["protocol"] == "full") & (splits["part"] == "train"), "face_id"]
    rows = np.flatnonzero(faces.table["face_id"].isin(ids))
    assert len(rows) == card["training_data"]["n_train"] < 1000
    pictures = faces.images(card["details"]["image_size"])[rows]
    grey = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(float) for picture in pictures)
    spread = [cv2.Laplacian(picture, cv2.CV_64F).var() for picture in grey]
    told = card["training_data"]["ranges"]["sharpness"]
    assert told == pytest.approx(np.quantile(spread, [0.01, 0.99]), rel=0.02)
