"""Docstrings of everything public, as numpydoc validates them: sections, parameters, an example."""

from __future__ import annotations

import doctest
import inspect
import re

import pytest
from numpydoc.validate import validate

import pipelines
import pipelines.testing

PACKAGE = pipelines
# the room of the contenders shares its name with the function
MORE = ["registry.contenders", "testing.check_image_estimator", "testing.striped_faces"]

UNFINISHED = {"LateFusion", "MatchSharpness", "MeshPairs", "sharpness"}
"""Public names whose docstrings still lack sections: a name leaves this list, none joins it."""

LEFT_TO_TASTE = {
    "GL01", "GL02",  # the summary begins behind the quotes, as ruff's convention has it
    "GL08",  # attributes that numpydoc takes for functions
    "ES01",  # an extended summary, where one sentence says it
    "SA01", "SA04",  # "See Also" and its descriptions
    "EX01",  # an example: asked of classes and functions below, not of every method
    "PR06", "PR08", "PR09",  # spelling of types; descriptions that begin or end as they like
    "RT03", "RT04", "RT05",  # the same for returned values
}  # fmt: skip


def documented():
    """Every public class, its methods, and every public function, by path."""
    for name in [*PACKAGE.__all__, *MORE]:
        if name in UNFINISHED:
            continue
        thing = PACKAGE
        for part in name.split("."):
            thing = getattr(thing, part)
        if not callable(thing) or inspect.ismodule(thing):
            continue
        yield f"{PACKAGE.__name__}.{name}"
        if not inspect.isclass(thing):
            continue
        for method, function in inspect.getmembers(thing, callable):
            ours = inspect.getmodule(inspect.unwrap(function))
            if method.startswith("_") or ours is None:
                continue
            if ours.__name__.startswith(PACKAGE.__name__ + "."):
                yield f"{PACKAGE.__name__}.{name}.{method}"


@pytest.mark.parametrize("path", list(documented()))
def test_docstring(path):
    found = validate(path)
    wrong = [f"{code}: {text}" for code, text in found["errors"] if code not in LEFT_TO_TASTE]
    assert not wrong, "\n".join([path, *wrong])


def tops():
    """Classes and functions: what stands by itself."""
    for path in documented():
        name = path.removeprefix(f"{PACKAGE.__name__}.")
        if name in PACKAGE.__all__ or name in MORE:
            yield path


@pytest.mark.parametrize("path", list(tops()))
def test_classes_and_functions_show_an_example_that_runs(path):
    thing = PACKAGE
    for part in path.split(".")[1:]:
        thing = getattr(thing, part)
    if inspect.isclass(thing) and issubclass(thing, Exception):
        return
    examples = doctest.DocTestParser().get_doctest(inspect.getdoc(thing), {}, path, None, None)
    assert examples.examples, f"{path} shows no example"
    shown: list[str] = []
    failed = doctest.DocTestRunner(verbose=False).run(examples, out=shown.append).failed
    assert not failed, "".join(shown)


@pytest.mark.parametrize("name", ["CnnAgeGender", "CnnRegressor", "CnnClassifier"])
def test_every_parameter_of_a_network_is_listed_with_its_default(name):
    cls = getattr(PACKAGE, name)
    for parameter in inspect.signature(cls).parameters.values():
        line = rf"^{parameter.name} : .*, default={re.escape(repr(parameter.default))}$"
        assert re.search(line, inspect.getdoc(cls), flags=re.M), parameter.name


def test_networks_of_one_question_take_nothing_without_effect():
    both = set(inspect.signature(PACKAGE.CnnAgeGender).parameters)
    age = set(inspect.signature(PACKAGE.CnnRegressor).parameters)
    gender = set(inspect.signature(PACKAGE.CnnClassifier).parameters)
    assert both - age == {"label_smoothing", "gender_weight"}
    assert both - gender == {"age_head", "gender_weight"}
    assert not (age | gender) - both
