"""The charts of the report: one module each, found by walking this folder.

A chart module has

``TITLE``, ``SECTION``, ``ORDER``
    Heading, section of the page and place in it. ``TITLE`` may hold ``{variant}``.
``NOTE``
    How to read it, in a sentence or two.
``frame(evaluation, variant="") -> DataFrame or None``
    The numbers; None or an empty frame leaves the chart out.
``plot(frame, looks, variant="") -> Figure``
    The picture: a function of the table and of nothing else.
``variants(evaluation) -> list of (str, str)``, optional
    Key and title of each copy, if the chart is drawn more than once.
``describe(frame, variant="") -> str``, optional
    What the picture shows, for those who do not see it.

Adding a chart is adding a module.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def find() -> list[ModuleType]:
    """Return every chart module, in order of the page."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return sorted(modules, key=lambda module: (module.ORDER, module.__name__))
