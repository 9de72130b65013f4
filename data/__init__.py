"""Faces in: readers, audit, pixel store, head pose, alignment, splits and changed copies.

What is public stands in ``__init__.pyi``, where type checkers and editors read it too; each name
is imported when it is first used, so that ``import data`` takes no time.

>>> import data
>>> faces = data.load("embedded")                            # doctest: +SKIP
>>> splits = data.split(faces.table, data_set=faces.name)    # doctest: +SKIP
>>> X = faces.images(128)                                    # doctest: +SKIP
"""

from lazy_loader import attach_stub

try:
    from basis.siblings import check_siblings
except ImportError as error:
    import basis

    raise ImportError(
        f"{basis.__file__} is not the package 'basis' that data needs: rename it, or start "
        "Python from another folder"
    ) from error

check_siblings(__file__, ("basis",))
__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
