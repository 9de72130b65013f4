"""Tables in, one self-contained HTML page out.

What is public stands in ``__init__.pyi``, where type checkers and editors read it too; each name
is imported when it is first used, so that ``import reports`` never waits for matplotlib.

>>> import reports
>>> run = reports.RunTables(faces, predictions, costs, provenance)   # doctest: +SKIP
>>> page = reports.render(run)                                       # doctest: +SKIP
>>> numbers = reports.summary(run)                                   # doctest: +SKIP
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
