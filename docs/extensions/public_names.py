"""The API pages, written from the ``__init__.pyi`` of each package: what stands there is public.

Names are grouped by the room they come from, under the sentence of that room's ``__init__.py``.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import Any

from sphinx.pycode import ModuleAnalyzer

ROOT = Path(__file__).parents[2]
PACKAGES = ("data", "pipelines", "reports", "study")
MODULES = ("testing",)
"""Public modules that are imported by their own name, since they need a test runner."""


def public_names(package: str) -> dict[str, list[str]]:
    """Return the public names of a package by the room they come from ("" is the package)."""
    tree = ast.parse((ROOT / package / "__init__.pyi").read_text(encoding="utf-8"))
    rooms: dict[str, list[str]] = defaultdict(list)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            room = module.split(".")[0] if (ROOT / package / module.split(".")[0]).is_dir() else ""
            rooms[room] += [alias.asname or alias.name for alias in node.names]
    return {room: sorted(names, key=str.lower) for room, names in sorted(rooms.items())}


def sentence(init: Path) -> str:
    """Return the first paragraph of a module's docstring."""
    text = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ")


def package_page(package: str) -> str:
    """Return the page of one package as reStructuredText."""
    lines = [package, "=" * len(package), "", sentence(ROOT / package / "__init__.py"), ""]
    lines += [f".. currentmodule:: {package}", ""]
    for room, names in public_names(package).items():
        if room:
            title = f"{package}.{room}"
            lines += [title, "-" * len(title), ""]
            lines += [sentence(ROOT / package / room / "__init__.py"), ""]
        lines += [".. autosummary::", "   :toctree: names", "   :nosignatures:", ""]
        lines += [*(f"   {name}" for name in names), ""]
    for module in MODULES:
        path = ROOT / package / f"{module}.py"
        if path.is_file():
            title = f"{package}.{module}"
            lines += [title, "-" * len(title), "", f".. currentmodule:: {title}", ""]
            lines += [sentence(path), "", ".. autosummary::", "   :toctree: names", ""]
            lines += [*(f"   {name}" for name in all_of(path)), ""]
    return "\n".join(lines)


def all_of(path: Path) -> list[str]:
    """Return the ``__all__`` of a module."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def write_pages(app: Any, config: Any) -> None:
    """Write ``docs/api`` before Sphinx looks for sources."""
    folder = Path(app.srcdir) / "api"
    folder.mkdir(exist_ok=True)
    found = [package for package in PACKAGES if (ROOT / package / "__init__.pyi").is_file()]
    index = ["API reference", "=============", ""]
    index += [
        "Everything a package offers to your own code. Names are imported when they are first"
    ]
    index += ["used, and typed: a wrong parameter is seen by mypy and by editors.", ""]
    index += [".. toctree::", "   :maxdepth: 1", "", *(f"   {name}" for name in found), ""]
    pages = {"index": "\n".join(index), **{name: package_page(name) for name in found}}
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


ORDER = (
    "hog_in_a_pipeline",
    "tune_with_groups",
    "own_photos",
    "find_the_copies",
    "stack_hog_and_cnn",
    "own_backbone",
    "honest_intervals",
    "calibrated_gender",
    "by_group",
    "learning_curve",
    "save_and_export",
    "report_for_predictions",
)


def example_order(file_name: str) -> tuple[int, str]:
    """Sort the gallery as one would read it; examples not listed come last."""
    stem = Path(file_name).stem
    return (ORDER.index(stem) if stem in ORDER else len(ORDER), stem)


def constant_doc(
    app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]
) -> None:
    """Give a public constant the comment that stands above it where it is defined."""
    package, _, constant = name.rpartition(".")
    if what != "data" or package not in PACKAGES:
        return
    tree = ast.parse((ROOT / package / "__init__.pyi").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and constant in [alias.name for alias in node.names]:
            analyzer = ModuleAnalyzer.for_module(f"{package}.{node.module}")
            lines[:] = analyzer.find_attr_docs().get(("", constant), lines)


def skip_inherited(
    app: Any, what: str, name: str, member: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out what comes from other libraries' classes; its documentation stands there."""
    origin = getattr(member, "fget", None) or member  # a property's function knows its module
    module = str(getattr(origin, "__module__", None) or "")
    return True if module and module.split(".")[0] not in PACKAGES else None


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("config-inited", write_pages)
    app.connect("autodoc-skip-member", skip_inherited)
    app.connect("autodoc-process-docstring", constant_doc)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
