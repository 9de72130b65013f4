"""The skorch net behind the CNN estimators.

skorch runs the loop, keeps the history and calls the callbacks. What it would do silently and
wrong here is switched off: its random ungrouped ``train_split``, and its ``predict``, which
returns the first of several outputs (predictions read :meth:`FaceNet.outputs`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from skorch import NeuralNet
from torch import Tensor

from pipelines.cnn.batches.batches import plain_batches
from pipelines.cnn.network.network import parameter_groups


class FaceNet(NeuralNet):
    """skorch net that trains in mixed precision with layer-wise rates and answers every head.

    ``bf16`` runs the network under bfloat16 autocast; the loss is always float32.
    """

    def __init__(
        self,
        module: Any,
        criterion: Any,
        *,
        bf16: bool = False,
        layer_decay: float = 1.0,
        weight_decay: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(module, criterion, **kwargs)
        self.bf16 = bf16
        self.layer_decay = layer_decay
        self.weight_decay = weight_decay

    def __getstate__(self) -> dict[str, Any]:
        """Leave ``module`` out: it is ``module_`` again, which skorch saves free of its device."""
        state: dict[str, Any] = super().__getstate__()
        if "module_" in vars(self):
            del state["module"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Put ``module`` back."""
        super().__setstate__(state)
        if "module_" in vars(self):
            self.module = self.module_

    def get_params_for_optimizer(self, prefix: str, named_parameters: Any) -> tuple[Any, Any]:
        """Return layer-wise groups in place of skorch's patterns over names."""
        rates = {
            "lr": self.lr,
            "layer_decay": self.layer_decay,
            "weight_decay": self.weight_decay,
        }
        groups = [g for one in self.module_.members for g in parameter_groups(one, **rates)]
        return (groups,), {"lr": self.lr}

    def infer(self, x: Any, **fit_params: Any) -> Any:
        """Run the module under autocast when asked to."""
        kind = torch.device(self.device).type
        with torch.autocast(kind, dtype=torch.bfloat16, enabled=self.bf16):
            return super().infer(x, **fit_params)

    @torch.inference_mode()
    def outputs(
        self, images: np.ndarray, *, size: int, batch_size: int, mirror: bool = False
    ) -> Iterator[list[dict[str, Tensor]]]:
        """Yield the raw fp32 outputs of every batch: one dictionary per member and view.

        Views are the image and, with ``mirror``, its mirror image.
        """
        self._set_training(False)
        for batch in plain_batches(images, batch_size, size):
            batch = batch.to(self.device)
            views = [batch, batch.flip(3)] if mirror else [batch]
            yield [
                {name: value.cpu() for name, value in member(view).items()}
                for member in self.module_.members
                for view in views
            ]
