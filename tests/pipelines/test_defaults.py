"""Defaults are those that the docstring names: ``n_even, n_odd : int, default=600, 300``."""

from __future__ import annotations

import ast
import inspect
import re

import pytest

import pipelines

LINE = re.compile(r"^(?P<names>\w+(?:, \w+)*) : .*?default=(?P<values>.+)$", flags=re.M)


def told(text):
    """What a docstring says: name and default of every parameter that it gives one."""
    for line in LINE.finditer(text):
        if re.search(r"[a-z]\.", line["values"]):
            continue  # a name in some library
        value, names = ast.literal_eval(line["values"]), line["names"].split(", ")
        values = value if isinstance(value, tuple) else (value,) * len(names)
        yield from zip(names, values, strict=True)


def documented():
    for name in pipelines.__all__:
        thing = getattr(pipelines, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            yield name, thing, inspect.getdoc(thing) or ""
        if inspect.isclass(thing):
            for method, function in inspect.getmembers(thing, inspect.isfunction):
                if not method.startswith("_") and "default=" in (function.__doc__ or ""):
                    yield f"{name}.{method}", function, inspect.getdoc(function)


CASES = [
    (path, thing, parameter, value)
    for path, thing, text in documented()
    for parameter, value in told(text)
]


@pytest.mark.parametrize(
    ("path", "thing", "parameter", "value"),
    CASES,
    ids=[f"{path}-{parameter}" for path, _, parameter, _ in CASES],
)
def test_default(path, thing, parameter, value):
    default = inspect.signature(thing).parameters[parameter].default
    assert default == value
    assert isinstance(default, bool) == isinstance(value, bool)


def test_most_parameters_are_told():
    assert len(CASES) > 100
