"""The sections of the page: one module each, found by walking this folder.

A section module has

``TITLE``, ``ORDER``
    Heading and place on the page. The module's name is the section's key: a chart whose
    ``SECTION`` is this name stands in it, and ``report.html#name`` links to it.
``lead(evaluation) -> str``
    What the section is about, in a sentence.
``blocks(evaluation, charts) -> list of Block``
    Its tables, paragraphs and galleries (``reports.display.blocks``), and the ``charts``
    of the section where they belong among them. No block: the section is left out.
``finding(evaluation) -> str``, optional
    What the numbers of the section say, in a computed line: it is read while the section is
    folded. Empty: there is nothing to say.

Adding a section is adding a module.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from types import ModuleType

from reports.display.blocks import Block, Section
from reports.evaluation import Evaluation


def find() -> dict[str, ModuleType]:
    """Return every section module by its key, in order of the page."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__))
    found = {name: importlib.import_module(f"{__name__}.{name}") for name in names}
    return dict(sorted(found.items(), key=lambda item: (item[1].ORDER, item[0])))


def made(
    evaluation: Evaluation, charts: Callable[[str], list[Block]], keys: Iterable[str]
) -> dict[str, Section]:
    """Return the sections ``keys`` that have anything to show; ``charts(key)`` are those of one."""
    known, out = find(), {}
    for key in keys:
        module = known[key]
        blocks = module.blocks(evaluation, charts(key))
        if blocks or key == "methods":  # its text is a template
            finding = module.finding(evaluation) if hasattr(module, "finding") else ""
            out[key] = Section(key, module.TITLE, module.lead(evaluation), blocks, finding)
    return out
