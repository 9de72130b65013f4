"""Checks that an estimator of age and gender from images passes, on 48 x 48 pixels.

scikit-learn's own suite feeds tables and skips image estimators almost entirely (1 check of 52), so
these are its ideas with images. :func:`check_image_estimator` runs them all; ``CHECKS`` is for
``pytest.mark.parametrize``.
"""

from . import behaviour, refusals  # noqa: F401 - importing them fills CHECKS
from .checks import CHECKS, check_image_estimator
from .faces import striped_faces

__all__ = ["CHECKS", "check_image_estimator", "striped_faces"]
