"""Docstrings of everything public, as numpydoc validates them: sections, parameters, an example."""

from __future__ import annotations

import inspect
import re

import pytest
from docstrings import example_faults, section_faults, thing_at, tops, with_methods

import pipelines
import pipelines.testing

# the room of the contenders takes the place of the function of its name once it is imported
NAMES = [name for name in pipelines.__all__ if name != "contenders"]
MORE = ["registry.contenders", "testing.check_image_estimator", "testing.striped_faces"]

PUBLIC = tops("pipelines", [*NAMES, *MORE])


def is_exception(path):
    thing = thing_at(path)
    return inspect.isclass(thing) and issubclass(thing, Exception)


@pytest.mark.parametrize("path", with_methods(PUBLIC))
def test_docstring(path):
    assert not section_faults(path)


@pytest.mark.parametrize("path", [path for path in PUBLIC if not is_exception(path)])
def test_classes_and_functions_show_an_example_that_runs(path):
    assert not example_faults(path)


@pytest.mark.parametrize("name", ["CnnAgeGender", "CnnRegressor", "CnnClassifier"])
def test_every_parameter_of_a_network_is_listed_with_its_default(name):
    cls = getattr(pipelines, name)
    for parameter in inspect.signature(cls).parameters.values():
        line = rf"^{parameter.name} : .*, default={re.escape(repr(parameter.default))}$"
        assert re.search(line, inspect.getdoc(cls), flags=re.M), parameter.name


def test_networks_of_one_question_take_nothing_without_effect():
    both = set(inspect.signature(pipelines.CnnAgeGender).parameters)
    age = set(inspect.signature(pipelines.CnnRegressor).parameters)
    gender = set(inspect.signature(pipelines.CnnClassifier).parameters)
    assert both - age == {"label_smoothing", "gender_weight"}
    assert both - gender == {"age_head", "gender_weight"}
    assert not (age | gender) - both
