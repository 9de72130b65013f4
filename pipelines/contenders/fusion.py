"""Contender ``fusion``: what the other contenders of a study say, weighted."""

from __future__ import annotations

from typing import Any

from ..registry import register


@register(
    "fusion",
    summary="Late fusion of the plan's other trained contenders, weights chosen on select",
    family="fusion",
    image_size=128,
    fuses=True,
    pretrained_on="its parts",
)
def build(
    *,
    random_state: int | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    smoothing: float = 0.02,
) -> Any:
    """Return an unfitted :class:`pipelines.fusion.LateFusion`; it takes answers, not images."""
    from pipelines.fusion import LateFusion

    return LateFusion(smoothing)
