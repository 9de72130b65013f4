"""Contenders of one's own: from Python, from a file, and what is refused."""

import re

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from pipelines import AgeGender, registry
from study.errors import UsageError
from study.plan.model import validate_plan
from study.plan.own import OwnContenders, from_module, receive

MODULE = """
from beside import STRENGTH
from pipelines import AgeGender
from pipelines.registry import register
from sklearn.linear_model import LogisticRegression, Ridge

def both(strength):
    return AgeGender(age=Ridge(strength), gender=LogisticRegression(C=strength))

CONTENDERS = {"from-dict": both(2.0)}

@register("from-builder", summary="mine", family="classical", image_size=24)
def build(*, random_state=None, n_jobs=None, verbose=0, strength=STRENGTH):
    return both(strength)
"""


@pytest.fixture(autouse=True)
def own_registry(monkeypatch):
    registry.contenders()
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "beside.py").write_text("STRENGTH = 7.0\n")
    path = tmp_path / "my_models.py"
    path.write_text(MODULE)
    return path


def estimator(**options):
    return AgeGender(age=Ridge(**options), gender=LogisticRegression())


def test_a_file_brings_what_it_registers_and_what_it_lists(module):
    found = from_module(module)
    assert sorted(found) == ["from-builder", "from-dict"]
    assert found["from-builder"].image_size == 24
    assert found["from-builder"].build().age.alpha == 7.0
    assert found["from-dict"].build(random_state=3).age.alpha == 2.0


def test_they_join_a_plan_once():
    plan = validate_plan({"name": "x", "contenders": {"dummy": {}}})
    own = OwnContenders.of({"mine": estimator()})
    assert list(own.join(plan).contenders) == ["dummy", "mine"]
    assert own.join(own.join(plan)) == own.join(plan)


def test_a_name_stands_for_an_estimator_or_a_file_not_for_both():
    plan = validate_plan(
        {"name": "x", "contenders": {"dummy": {}}, "predictions": {"mine": "theirs.csv"}}
    )
    with pytest.raises(UsageError, match="'mine' names a contender of your own and a file"):
        OwnContenders.of({"mine": estimator()}).join(plan)


@pytest.mark.parametrize("pair", [["dummy", "mine"], ["theirs", "dummy"]])
def test_a_pair_may_be_of_ones_own(pair):
    table = {"contenders": {"dummy": {}}, "predictions": {"theirs": "theirs.csv"}, "pair": pair}
    joined = OwnContenders.of({"mine": estimator()}).join(validate_plan({"name": "x", **table}))
    assert list(joined.pair) == pair


def test_a_pair_of_strangers_is_refused():
    plan = validate_plan({"name": "x", "contenders": {"dummy": {}}, "pair": ["mime", "dummy"]})
    sentence = "x: pair: 'mime' is no contender of this plan: did you mean 'mine'?"
    with pytest.raises(UsageError, match=re.escape(sentence)):
        OwnContenders.of({"mine": estimator()}).join(plan)


def test_another_process_gets_the_same_estimator():
    own = OwnContenders.of({"mine": estimator(alpha=5.0)})
    payload = own.payload("mine")
    del registry._REGISTRY["mine"]
    receive(payload)
    built = registry.get_contender("mine").build(random_state=4)
    assert built.age.alpha == 5.0 and built.random_state == 4
    assert own.payload("dummy") is None


def test_a_builder_gives_copies_and_leaves_the_original_alone():
    mine = estimator()
    builder = OwnContenders.of({"mine": mine})["mine"].build
    images = np.random.default_rng(0).integers(0, 255, (40, 8, 8, 3), dtype=np.uint8)
    labels = np.column_stack([np.linspace(1, 80, 40), np.arange(40) % 2])
    fitted = builder(random_state=0).fit(images.reshape(40, -1), labels)
    assert fitted is not mine and not hasattr(mine, "age_")


def test_settings_and_source_identify_it():
    def one(**options):
        return OwnContenders.of({"mine": estimator(**options)}).identities()["mine"]

    assert one() == one() == one(alpha=1.0)
    assert one(alpha=2.0) != one()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"mine": Ridge()}, "'mine': Ridge has no predict_all(): hand over AgeGender"),
        ({"hog-linear": estimator()}, "'hog-linear' is registered by"),
        ({"svm/rbf": estimator()}, "contender 'svm/rbf': letters, digits"),
    ],
)
def test_what_cannot_take_part_is_refused(given, sentence):
    with pytest.raises(UsageError) as caught:
        OwnContenders.of(given)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("CONTENDERS = [1]", "is a list, not a dict"),
        ("x = 1", "brings none"),
        ("import no_such_thing", "ModuleNotFoundError"),
        (None, "no such"),
    ],
)
def test_a_file_that_brings_nothing_is_named(tmp_path, text, sentence):
    path = tmp_path / "empty_handed.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=sentence) as caught:
        from_module(path)
    assert "empty_handed.py" in str(caught.value)
