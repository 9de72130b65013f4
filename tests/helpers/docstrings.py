"""What is asked of docstrings: numpydoc's sections, and examples that run."""

import doctest
import importlib
import inspect

from numpydoc.validate import validate

LEFT_TO_TASTE = {
    "GL01", "GL02",  # the summary begins behind the quotes, as ruff's convention has it
    "ES01",  # an extended summary, where one sentence says it
    "SA01", "SA04",  # "See Also" and its descriptions
    "EX01",  # an example: asked of classes and functions by `example_faults`, not of every method
    "PR06", "PR08", "PR09",  # spelling of types; descriptions that begin or end as they like
    "RT03", "RT04", "RT05",  # the same for returned values
}  # fmt: skip


def thing_at(path):
    """Return what stands at a dotted path: of modules first, then of what is in them."""
    head, *rest = path.split(".")
    thing = importlib.import_module(head)
    for part in rest:
        thing = getattr(thing, part)
    return thing


def tops(package, names):
    """Return the paths of the classes and functions among public names, below a package."""
    paths = [f"{package}.{name}" for name in names]
    return [path for path in paths if callable(thing_at(path))]


def with_methods(paths):
    """Return the paths, and after each class those of its methods that are written by us."""
    found = []
    for path in paths:
        found.append(path)
        thing = thing_at(path)
        if inspect.isclass(thing):
            found += [f"{path}.{name}" for name in _own_methods(thing, path.split(".")[0])]
    return found


def _own_methods(cls, package):
    for name, function in inspect.getmembers(cls, callable):
        module = inspect.getmodule(inspect.unwrap(function))
        if not name.startswith("_") and module and module.__name__.startswith(f"{package}."):
            yield name


def section_faults(path):
    """Return what numpydoc finds wrong at a path, but for what is left to taste."""
    return [
        f"{code}: {text}" for code, text in validate(path)["errors"] if code not in LEFT_TO_TASTE
    ]


def example_faults(path):
    """Return why the example of a class or function is none or wrong, "" if it is right.

    It starts from nothing, as a reader does: what it uses it imports.
    """
    examples = doctest.DocTestParser().get_doctest(
        inspect.getdoc(thing_at(path)), {}, path, None, None
    )
    if not examples.examples:
        return f"{path} shows no example"
    shown = []
    failed = doctest.DocTestRunner(verbose=False).run(examples, out=shown.append).failed
    return "".join(shown) if failed else ""
