"""Plans: what is accepted, what is refused, and in which words."""

import re

import pytest

from study.errors import UsageError
from study.plan.cells import grid
from study.plan.files import read_plan, shipped_plans
from study.plan.model import validate_plan

SMALL = {"name": "small", "contenders": {"dummy": {}, "hog-linear": {}}}


@pytest.mark.parametrize("name", shipped_plans())
def test_every_shipped_plan_is_valid(name):
    plan = read_plan(name)
    assert plan.name == name
    assert plan.summary


def test_override_sets_an_option_of_a_contender_and_a_key_of_the_plan():
    plan = read_plan("demo", overrides=["cnn.epochs=3", "seeds=[0, 1]"])
    assert plan.contenders["cnn"].options["epochs"] == 3
    assert plan.seeds == (0, 1)


def test_data_replaces_the_data_set_of_the_plan():
    assert read_plan("demo", data="somewhere.tar").data == "somewhere.tar"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seed": [0]}, "unknown key 'seed': did you mean 'seeds'?"),
        ({"protocols": ["ful"]}, "unknown protocol 'ful': did you mean 'full'?"),
        ({"seeds": [1, 1]}, "seeds must be distinct"),
        ({"contenders": {"hog-lineer": {}}}, "did you mean 'hog-linear'?"),
        ({"contenders": {"dummy": {"cores": 0}}}, "greater than or equal to 1"),
        ({"contenders": {}}, "at least one contender"),
        ({"name": "../elsewhere"}, "name"),
        ({"pair": ["dummy", "dummy"]}, "pair: 'dummy' stands there twice"),
        ({"pair": ["dummy"]}, "pair"),
    ],
)
def test_a_wrong_plan_is_refused_in_a_sentence(change, sentence):
    with pytest.raises(UsageError, match=None) as caught:
        validate_plan({**SMALL, **change})
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("contender", "options", "sentence"),
    [
        ("cnn", {"precision": "float32"}, "unknown precision 'float32': choose auto, fp32 or bf16"),
        ("cnn", {"recipe": "ful"}, "unknown recipe 'ful': did you mean 'full'?"),
        ("cnn-face", {"backbone": "resnet19"}, "has no model 'resnet19': did you mean"),
        ("cnn-scratch", {"augment": "wilds"}, "unknown augmentation 'wilds': did you mean 'wild'?"),
        ("cnn", {"age_head": "ordinl"}, "did you mean 'ordinal'?"),
        ("cnn", {"epochs": 0}, "epochs must be at least 1, got 0"),
    ],
)
def test_a_value_that_no_training_could_use_is_refused_before_anything_runs(
    contender, options, sentence
):
    with pytest.raises(UsageError, match=re.escape(f"contender {contender!r}: ")) as caught:
        validate_plan({**SMALL, "contenders": {"dummy": {}, contender: options}})
    assert sentence in str(caught.value)


def test_unknown_option_names_the_nearest(tmp_path):
    with pytest.raises(UsageError, match="no option 'epoch': did you mean 'epochs'"):
        read_plan("demo", overrides=["cnn.epoch=3"])


def test_unknown_plan_and_broken_toml(tmp_path):
    with pytest.raises(UsageError, match="did you mean 'demo'"):
        read_plan("demos")
    broken = tmp_path / "broken.toml"
    broken.write_text("seeds = [")
    with pytest.raises(UsageError, match="not valid TOML"):
        read_plan(str(broken))


@pytest.mark.parametrize("override", ["cnn.epochs", "=3", "cmm.epochs=3"])
def test_a_wrong_override_is_refused(override):
    with pytest.raises(UsageError, match="--set"):
        read_plan("demo", overrides=[override])


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["contenders=3", "cnn.epochs=2"], "contenders must be a table, not 3"),
        (["predictions=3"], "predictions must be a table, not 3"),
        (["also=3"], "also: Input should be"),
        (["leak=3"], "leak: Input should be"),
    ],
)
def test_words_in_place_of_tables_are_refused_in_a_sentence(overrides, message):
    """Found by fuzzing: they came out as a TypeError."""
    with pytest.raises(UsageError, match=message):
        read_plan("demo", overrides=overrides, predictions=["x=y.csv"], without=["hog-linear"])


@pytest.mark.parametrize("name", ["x" * 5000, "zero\0inside", ""])
def test_names_that_no_file_can_have(name):
    with pytest.raises(UsageError, match="unknown plan"):
        read_plan(name)


def test_grid_has_every_cell_once_and_completes_seed_zero_first():
    plan = validate_plan({**SMALL, "seeds": [0, 1], "protocols": ["full", "adult"], "folds": 2})
    cells = grid(plan, "faces")
    assert len(cells) == len(set(cells)) == 2 * 2 * 2 * 2
    assert [c.seed for c in cells] == sorted(c.seed for c in cells)
    assert len({c.name for c in cells}) == len(cells)


def test_digest_changes_with_the_numbers_only():
    plan = validate_plan(SMALL)
    assert plan.digest() == validate_plan({**SMALL, "name": "other", "thumbnails": True}).digest()
    assert plan.digest() != validate_plan({**SMALL, "folds": 3}).digest()
    assert plan.digest() == validate_plan({**SMALL, "seeds": [1]}).digest()
    assert plan.grid_settings() != validate_plan({**SMALL, "seeds": [1]}).grid_settings()


def test_a_contender_can_be_left_out():
    plan = read_plan("utkface", without=["cnn", "hog-linear"])
    assert "cnn" not in plan.contenders and "hog-kernel" in plan.contenders
    assert plan.leak == ()


def test_leaving_out_what_is_not_there_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'hog-kernel'"):
        read_plan("demo", without=["hog-kernal"])


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_plan_is_read_as_editors_write_it(tmp_path, mark, ends):
    path = tmp_path / "mine.toml"
    lines = ['summary = "Größe"'.encode(), b"seeds = [3]", b"[contenders.dummy]", b""]
    path.write_bytes(mark + ends.join(lines))
    plan = read_plan(str(path))
    assert (plan.name, plan.summary, plan.seeds) == ("mine", "Größe", (3,))


def test_what_a_plan_asks_for_beside_its_cells_can_be_left_out():
    full = {**SMALL, "stress": {"conditions": "all", "faces": 50}, "leak": ["dummy"]}
    assert validate_plan(full).stress is not None
    plan = validate_plan({**full, "stress": False, "leak": []})
    assert plan.stress is None and plan.leak == ()
