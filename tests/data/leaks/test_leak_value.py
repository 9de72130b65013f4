"""The leak experiment recovers a leak that was built in, and none where there is none."""

import numpy as np
import pandas as pd
import pytest

import data
from data.leaks.value import leak_design, leak_value, measure_leak


def table(n=1500, n_twins=300, seed=0):
    """Return faces of which the last ``n_twins`` are copies of the first, label and all."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"age": rng.uniform(1, 80, n), "gender": rng.choice(["male", "female"], n)}
    ).assign(group=np.arange(n))
    frame = pd.concat([frame, frame[:n_twins]], ignore_index=True)
    return frame.assign(face_id=[f"f{i}" for i in range(len(frame))])


def memory(frame):
    """Return a model that knows faces it has seen and guesses 40 years, male, for all others."""

    def fit_predict(train, test):
        seen = frame.iloc[train].set_index("group")
        seen = seen[~seen.index.duplicated()]
        known = seen.reindex(frame["group"].iloc[test])
        return known["age"].fillna(40).to_numpy(), (known["gender"] == "female").to_numpy(float)

    return fit_predict


def test_the_design_is_paired_and_balanced():
    frame = table()
    design = leak_design(frame, seed=3)
    count = design["role"].value_counts()
    assert count["copy"] == count["stranger"]
    assert count["test"] / len(frame) == pytest.approx(0.2, abs=0.03)
    test_groups = set(design.loc[design["role"] == "test", "group"])
    for role, shared in (("copy", True), ("base", False), ("stranger", False)):
        groups = set(design.loc[design["role"] == role, "group"])
        assert (groups <= test_groups) if shared else not (groups & test_groups)
    twinned = set(design.loc[design["twinned"], "group"])
    assert twinned == set(design.loc[design["role"] == "copy", "group"])
    by_role = design.groupby("role")
    assert by_role["age"].mean()["copy"] == pytest.approx(by_role["age"].mean()["stranger"], abs=2)
    assert not leak_design(frame, seed=4).equals(design)
    assert list(design) == ["face_id", "group", "age", "gender", "row", "role", "twinned"]


def test_a_model_that_remembers_shows_the_whole_leak():
    frame = table()
    events = []
    paired = measure_leak(
        frame, memory(frame), seeds=[0, 1], progress=lambda *event: events.append(event)
    )
    value = leak_value(paired).set_index(["faces", "metric"])
    twins = paired[paired["twinned"]]
    gain = value.loc[("twinned", "age MAE")]
    assert gain["with_leak"] == 0
    assert gain["difference"] == pytest.approx(-(twins["age"] - 40).abs().mean())
    assert gain["low"] < gain["difference"] < gain["high"] < 0
    assert value.loc[("twinned", "gender accuracy"), "with_leak"] == 1
    everyone = value.loc[("all", "age MAE")]
    share = paired["twinned"].mean()
    assert everyone["difference"] == pytest.approx(share * gain["difference"])
    assert events == [("value of the leak", done, 4) for done in range(5)]
    assert paired.index.tolist() == list(range(len(paired)))


def test_one_training_pair_by_default_and_no_interval_for_one_group():
    frame = table(n=300, n_twins=60)
    paired = measure_leak(frame, memory(frame))
    assert set(paired["seed"]) == {0}
    alone = pd.DataFrame({"group": [1], "twinned": [True], "age": [30.0], "gender": ["female"]})
    alone = alone.assign(age_with=30.0, age_without=32.0, p_female_with=0.9, p_female_without=0.1)
    value = leak_value(alone)
    assert value["difference"].tolist() == [-2, 1, -2, 1]
    assert value[["low", "high"]].isna().all(axis=None)


def test_a_model_that_ignores_training_shows_none():
    frame = table()
    value = leak_value(measure_leak(frame, lambda a, b: (np.full(len(b), 40.0), np.zeros(len(b)))))
    assert (value["difference"] == 0).all()


def test_no_copies_no_experiment():
    with pytest.raises(data.DataError, match="no leak to value"):
        leak_design(table(n_twins=0))
    with pytest.raises(data.DataError, match="too few to replace"):
        leak_design(table(n=100, n_twins=100), test_share=0.8)
