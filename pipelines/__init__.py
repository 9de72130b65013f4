"""Estimators of age and gender from images that follow scikit-learn's conventions.

What is public stands in ``__init__.pyi``, where type checkers and editors read it too; each name
is imported when it is first used, so that users of HOG never wait for PyTorch.
"""

import sys
from typing import Any

from lazy_loader import attach_stub

try:
    from basis.siblings import check_siblings
except ImportError as error:
    import basis

    raise ImportError(
        f"{basis.__file__} is not the package 'basis' that pipelines needs: rename it, or start "
        "Python from another folder"
    ) from error

check_siblings(__file__, ("basis",))
_attached, __dir__, __all__ = attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    found = _attached(name)
    if isinstance(found, type) and "sklearn.metrics" in sys.modules:
        from . import joint  # noqa: F401 - scorers by name, in the processes of joblib too
    return found
