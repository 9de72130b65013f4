"""The charts of the report: one module each, found by walking this folder.

A chart module has

``TITLE``, ``SECTION``, ``ORDER``
    Heading, section of the page (a module of ``reports.sections``, or ``summary`` for the top)
    and place in it. ``TITLE`` may
    hold ``{variant}``; no two charts share one.
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
``UNITS``, optional
    Unit of each number column, such as ``{"value": "years"}``; else the variant tells it.
``LEGEND``, optional
    False if the picture names its contenders itself; else the page puts a legend below it.

Adding a chart is adding a module. Its file name, link and key in the summary follow from its title
(*Age error by age* is ``age-error-by-age``), so no other chart is renamed.
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
