"""Plan files and the words of the command line: a plan, or a UsageError with a sentence."""

import pytest
from damage import JSON, WORDS, damages, fuzzed
from hypothesis import given
from hypothesis import strategies as st

from study.errors import UsageError
from study.plan.files import read_plan, shipped_plans
from study.plan.model import Plan, validate_plan

TEXT = """
name = "mine"
summary = "words"
data = "embedded"
protocols = ["full", "adult"]
seeds = [0, 1]
folds = 3
leak = ["hog-linear"]
also = ["other.csv"]
thumbnails = false
save_models = true
[stress]
conditions = ["blur", "scale"]
faces = 100
[predictions]
other = "other.csv"
[contenders.dummy]
[contenders.hog-linear]
alpha = 3.0
cores = 1
train_size = 40
[contenders."linear@2"]
of = "hog-linear"
image_size = 64
"""
KEYS = [
    *Plan.model_fields, "stress.faces", "stress.conditions", "dummy.cores", "dummy",
    "hog-linear.alpha", "contenders.dummy.of", "contenders", "contenders.", ".", "stress.",
    "dummy.options",
]  # fmt: skip


def plan_or_sentence(make):
    try:
        plan = make()
    except UsageError as error:
        assert str(error).strip()
        return None
    assert isinstance(plan, Plan)
    return plan


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("plans") / "mine.toml"


def test_the_text_is_a_plan(path):
    path.write_text(TEXT)
    assert len(read_plan(str(path)).contenders) == 3


@fuzzed()
@given(damages(), damages())
def test_bytes_of_a_plan_file(path, first, second):
    path.write_bytes(second(first(TEXT.encode())))
    plan_or_sentence(lambda: read_plan(str(path)))


@fuzzed()
@given(st.integers(0, 200), WORDS)
def test_values_of_a_plan_file(path, number, value):
    lines = TEXT.strip().splitlines()
    place = number % len(lines)
    key, equals, _ = lines[place].partition(" = ")
    lines[place] = f"{key} = {value}" if equals else value
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    plan_or_sentence(lambda: read_plan(str(path)))


@fuzzed()
@given(st.dictionaries(st.sampled_from(KEYS) | WORDS, JSON, max_size=4))
def test_tables(table):
    whole = {"name": "mine", "contenders": {"dummy": {}, "hog-linear": {}}}
    plan_or_sentence(lambda: validate_plan(whole | table))
    plan_or_sentence(lambda: validate_plan(table))


@fuzzed()
@given(st.lists(st.tuples(st.sampled_from(KEYS) | WORDS, WORDS).map("=".join) | WORDS, max_size=3))
def test_set(path, overrides):
    path.write_text(TEXT)
    plan_or_sentence(lambda: read_plan(str(path), overrides=overrides))


@fuzzed()
@given(
    st.lists(WORDS | WORDS.map("a={}".format), max_size=2),
    st.lists(WORDS | st.just("dummy"), max_size=2),
    st.lists(WORDS | st.just("blur"), max_size=2),
    st.lists(WORDS, max_size=2),
    WORDS | st.none(),
)
def test_other_options(path, predictions, without, stress, also, data):
    path.write_text(TEXT)
    plan_or_sentence(
        lambda: read_plan(
            str(path), predictions=predictions, without=without, stress=stress, also=also, data=data
        )
    )


@fuzzed()
@given(WORDS | st.sampled_from(sorted(shipped_plans())))
def test_names(name):
    plan_or_sentence(lambda: read_plan(name))
