"""What an estimator looked at, as pictures: HOG drawings, Grad-CAM over a face.

One entry in ``EXPLAINERS`` per kind of estimator; an estimator that none of them knows is simply
not explained.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]


def explain(estimator: Any, X: NDArray[np.uint8]) -> tuple[str, Pictures] | None:
    """Return ``'hog'`` or ``'grad-cam'`` and a picture per face, None where neither applies."""
    for kind, explainer in EXPLAINERS.items():
        pictures = explainer(estimator, X)
        if pictures is not None:
            return kind, pictures
    return None


def _histograms(estimator: Any, X: Pictures) -> Pictures | None:
    """Draw the gradient histograms of an ``AgeGender`` whose features can draw themselves."""
    features: Any = getattr(estimator, "features_", None)
    if not hasattr(features, "visualize"):
        return None
    drawings = [np.asarray(features.visualize(image), dtype=np.float64) for image in X]
    return np.stack([_as_grey_picture(drawing) for drawing in drawings])


def _as_grey_picture(drawing: NDArray[np.float64]) -> Pictures:
    """Stretch a drawing to 0..255; a few very strong edges should not darken the rest."""
    top = max(float(np.quantile(drawing, 0.995)), 1e-9)
    grey = np.rint(255 * np.clip(drawing / top, 0, 1)).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def _class_activation(estimator: Any, X: Pictures) -> Pictures | None:
    """Lay Grad-CAM maps over the faces: for age, or for gender where age was not asked."""
    targets = _explained_targets(estimator)
    if not targets:
        return None
    from pipelines.cnn.gradcam import grad_cam, overlay

    return overlay(X, grad_cam(estimator, X, targets[0]))


def _explained_targets(estimator: Any) -> list[str]:
    """Return what maps can be made for: nothing without a network whose features are maps."""
    if not hasattr(estimator, "net_"):
        return []
    from pipelines.cnn.gradcam import has_maps

    first = estimator.net_.module_.members[0]
    return list(first.heads) if has_maps(first, estimator.image_size) else []


def explain_groups(
    estimator: Any, X: Pictures, groups: NDArray[np.object_], target: str
) -> dict[Any, Pictures]:
    """Return what a network looks at in groups of faces: the mean map over the mean face.

    One picture per group; none for estimators that hold no network, one whose features are no maps,
    or one that was not asked for ``target``.
    """
    if target not in _explained_targets(estimator):
        return {}
    from pipelines.cnn.gradcam import average_maps, grad_cam, overlay

    pictures = {}
    for group, mean_map in average_maps(grad_cam(estimator, X, target), groups).items():
        mean_face = np.rint(X[groups == group].mean(0)).astype(np.uint8)
        strongest = max(float(mean_map.max()), 1e-9)
        pictures[group] = overlay(mean_face[None], mean_map[None] / strongest)[0]
    return pictures


EXPLAINERS: dict[str, Callable[[Any, Pictures], Pictures | None]] = {
    "hog": _histograms,
    "grad-cam": _class_activation,
}
