"""ONNX: a fitted CNN as one file, and an estimator that answers from it without PyTorch.

Needs the extra ``onnx`` (``onnx``, ``onnxscript`` to export; ``onnxruntime`` to run).
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from basis.files import replacing
from pipelines.cnn.layers.join import fold_layers

from .runtime import CARD_KEY

__all__ = ["export_onnx"]


class _Deployed(nn.Module):
    """Pixels in, calibrated answers out: everything an application would have to repeat."""

    def __init__(self, networks: Any, head: Any, temperature: float, mirror: bool) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.head = head
        self.temperature = temperature
        self.mirror = mirror

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        images = faces.permute(0, 3, 1, 2).float()
        views = [images, images.flip(3)] if self.mirror else [images]
        outputs = [network(view) for network in self.networks for view in views]
        age, spread = self.head.decode([output["age"] for output in outputs])
        logit = torch.stack([output["gender"][:, 0] for output in outputs]).mean(0)
        return age, spread, torch.sigmoid(logit / self.temperature)


def export_onnx(estimator: Any, path: str | Path, *, mirror: bool | None = None) -> Path:
    """Write a fitted :class:`pipelines.CnnAgeGender` as ONNX.

    The graph takes ``faces``, uint8 ``(n, S, S, 3)`` RGB with ``S = estimator.image_size`` and
    any n, and returns ``age`` and ``spread`` in years and the calibrated ``p_female``. The age
    intervals travel as metadata; :class:`pipelines.cnn.onnx.runtime.OnnxAgeGender` reads them.

    Parameters
    ----------
    estimator : CnnAgeGender
        Fitted.
    path : path
        Written under a temporary name, then renamed.
    mirror : bool or None
        Average over the mirror image inside the graph; None: as the estimator does.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ImportError
        The extra is not installed.
    ValueError
        An estimator of one question.

    See Also
    --------
    pipelines.OnnxAgeGender : Answers from the file.

    Examples
    --------
    >>> from pipelines import CnnAgeGender, OnnxAgeGender, export_onnx
    >>> cnn = CnnAgeGender(image_size=64, epochs=1)
    >>> file = export_onnx(cnn.fit(X, Y), "faces.onnx")  # doctest: +SKIP
    >>> OnnxAgeGender(file).predict(X).shape  # doctest: +SKIP
    (96, 2)
    """
    if not (estimator._answers_age and estimator._answers_gender):
        raise ValueError(
            f"only a CnnAgeGender can be exported, not a {type(estimator).__name__}: the file "
            f"answers both questions"
        )
    _need("onnx", "onnxscript")
    import onnx

    path = Path(path)
    mirror = estimator.mirror if mirror is None else mirror
    module = fold_layers(copy.deepcopy(estimator.net_.module_).cpu().eval())
    temperature = float(estimator.temperature_)
    model = _Deployed(module.members, estimator._head(), temperature, mirror).eval()
    size = estimator.image_size
    faces = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    program = torch.onnx.export(
        model,
        (faces,),
        input_names=["faces"],
        output_names=["age", "spread", "p_female"],
        dynamic_shapes={"faces": {0: torch.export.Dim("n", min=1)}},
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    program.optimize()
    proto = program.model_proto
    card = {
        "image_size": size,
        "backbone": estimator.backbone,
        "mirror": mirror,
        "band": estimator.band_.to_dict(),
        # not in the graph: it looks at each picture as a whole before anything is computed
        "sharpness": None if estimator.sharpness_ is None else estimator.sharpness_.to_dict(),
    }
    onnx.helper.set_model_props(proto, {CARD_KEY: json.dumps(card)})
    with replacing(path) as temporary:
        onnx.save_model(proto, temporary)
    return path


def _need(*modules: str) -> None:
    import importlib.util

    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        raise ImportError(
            f"{', '.join(missing)} is not installed: pip install onnx onnxruntime onnxscript"
        )
