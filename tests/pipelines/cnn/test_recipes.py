"""Recipes and builders of the CNN contenders."""

from __future__ import annotations

import inspect

import pytest

from pipelines.cnn.estimators import CnnAgeGender
from pipelines.cnn.recipes import RECIPES, recipe_options
from pipelines.registry import get_contender


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipes_hold_parameters_of_the_estimator(recipe):
    assert RECIPES[recipe].keys() <= inspect.signature(CnnAgeGender).parameters.keys()


def test_options_go_before_the_recipe():
    settings = recipe_options("quick", {"epochs": 2, "image_size": 96})
    assert settings == {**RECIPES["quick"], "epochs": 2, "image_size": 96}
    assert recipe_options("full", {"image_size": 96})["first_image_size"] == 96
    assert (
        recipe_options("full", {"image_size": 96, "first_image_size": 64})["first_image_size"] == 64
    )
    with pytest.raises(ValueError, match="did you mean 'quick'"):
        recipe_options("quik", {})


def test_builders_pass_seed_threads_and_options():
    cnn = get_contender("cnn").build(random_state=3, n_jobs=2, recipe="demo", lr=0.5)
    assert (cnn.random_state, cnn.threads, cnn.lr) == (3, 2, 0.5)
    assert cnn.freeze_stages == RECIPES["demo"]["freeze_stages"]
    scratch = get_contender("cnn-scratch").build(random_state=3, recipe="quick", freeze_stages=1)
    assert scratch.weights is None
    assert scratch.freeze_stages == 1
    assert get_contender("cnn-scratch").build(recipe="quick").freeze_stages == 0
    frozen = get_contender("cnn-frozen").build(n_jobs=1, image_size=64)
    assert frozen.features[0].get_params()["image_size"] == 64
    assert frozen.features[0].mirror
