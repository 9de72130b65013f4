"""The study: plan, cells, predictions, report, and the command line.

What is public stands in ``__init__.pyi``, where type checkers and editors read it too; each name
is imported when it is first used, so that the command line answers at once.

>>> import study
>>> plan = study.read_plan("demo", overrides=["cnn.epochs=1"])           # doctest: +SKIP
>>> finished = study.run_study(plan, "runs/short")                       # doctest: +SKIP
>>> model = study.load(finished.report.parent)                           # doctest: +SKIP
"""

from lazy_loader import attach_stub

try:
    from basis.siblings import check_siblings
except ImportError as error:
    import basis

    raise ImportError(
        f"{basis.__file__} is not the package 'basis' that study needs: rename it, or start "
        "Python from another folder"
    ) from error

check_siblings(__file__, ("basis", "data", "pipelines", "reports"))
__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
