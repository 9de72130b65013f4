"""Every parameter of every public estimator is tried with a second value by some test.

A parameter that no test sets may do nothing, or the opposite of what its docstring says. What the
tests look for they say themselves; this one holds that none is forgotten, a new one neither.
"""

import ast
import inspect
from pathlib import Path

import pytest

import pipelines

TESTS = Path(__file__).parents[1]
FAMILY = {"CnnRegressor": "CnnAgeGender", "CnnClassifier": "CnnAgeGender",
          "FeatureMachineClassifier": "FeatureMachineRegressor"}  # fmt: skip
"""Estimators that take the parameters they share from one place: tried there, tried for both."""

NO_RESULT = {"n_jobs", "verbose", "threads", "progress", "memory", "batch_size"}
"""What changes time or output, never an answer; those that tests set are not asked for twice."""


def estimators():
    for name in pipelines.__all__:
        kind = getattr(pipelines, name)
        if isinstance(kind, type) and hasattr(kind, "get_params"):
            yield name, inspect.signature(kind.__init__).parameters


PARAMETERS = [
    (name, parameter)
    for name, parameters in estimators()
    for parameter in parameters
    if parameter not in {"self", "args", "kwargs", *NO_RESULT}
]


@pytest.fixture(scope="module")
def modules():
    """Every test module: its words, and the values it gives to keywords and keys."""
    found = []
    for path in sorted(TESTS.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        given: dict[str, list[ast.expr]] = {}
        calls = []
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.keyword) and node.arg:
                given.setdefault(node.arg, []).append(node.value)
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        given.setdefault(key.value.rpartition("__")[2], []).append(value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                calls.append((getattr(node.func, "id", getattr(node.func, "attr", "")), node.args))
        names = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
        names |= {n.attr for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Attribute)}
        found.append((names, given, calls))
    return found


def is_default(value, default):
    try:
        return ast.literal_eval(value) == default
    except ValueError:
        return False  # a variable, a loop, an object


@pytest.mark.parametrize(("estimator", "parameter"), PARAMETERS, ids=".".join)
def test_every_parameter_has_a_second_value(modules, estimator, parameter):
    signature = inspect.signature(getattr(pipelines, estimator).__init__)
    default = signature.parameters[parameter].default
    place = [p for p in signature.parameters if p != "self"].index(parameter)
    kin = {estimator, FAMILY.get(estimator, estimator)}
    tried = False
    for names, given, calls in modules:
        if not names & kin:
            continue
        values = list(given.get(parameter, ()))
        values += [a[place] for name, a in calls if name in kin and len(a) > place]
        tried = tried or any(not is_default(value, default) for value in values)
    assert tried, f"no test sets {parameter} of {estimator} to anything but {default!r}"
