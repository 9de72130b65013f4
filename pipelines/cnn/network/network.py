"""The network: a timm backbone with one linear head per question, and the loss that trains it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import torch
from timm.models import group_parameters
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from pipelines.cnn.layers.join import join_conv_norm

from .backbones import Backbone
from .heads import AgeHead


def _zero_linear(n_inputs: int, n_outputs: int) -> nn.Linear:
    """Return a layer of zeros: every face starts at the bias, whatever its features."""
    layer = nn.Linear(n_inputs, n_outputs)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class FaceNetwork(nn.Module):
    """Faces in, one tensor of raw outputs per question out (``heads``: outputs by question).

    The first ``freeze_stages`` layer groups, as timm groups them with the stem as the first, keep
    their weights, and no backward pass runs through them. ``norm`` 'batch' follows the batches
    while training, 'frozen' keeps the statistics. ``rotated`` backbones want their images turned by
    180 degrees.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        backbone: Backbone,
        heads: Mapping[str, int],
        *,
        dropout: float = 0.2,
        freeze_stages: int = 0,
        norm: str = "batch",
        image_size: int = 128,
    ) -> None:
        super().__init__()
        if norm not in ("batch", "frozen"):
            raise ValueError(f"unknown norm {norm!r}: choose batch or frozen")
        self.backbone = backbone.module
        self.joined, self.rotated = join_conv_norm(self.backbone, image_size, live=norm == "batch")
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict(
            {name: _zero_linear(backbone.n_features, width) for name, width in heads.items()}
        )
        self.register_buffer("mean", torch.tensor(backbone.mean).reshape(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(backbone.std).reshape(1, -1, 1, 1))
        self.frozen = freeze(self.backbone, freeze_stages)
        if norm != "batch":  # normalisations that stand alone must not follow batches either
            self.frozen += [m for m in self.backbone.modules() if isinstance(m, _BatchNorm)]

    def features(self, images: Tensor) -> Tensor:
        """Return pooled features ``(n, n_features)`` of images on the 0-255 scale."""
        if self.rotated:
            images = images.flip(2, 3)
        return self.backbone((images - self.mean) / self.std)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return float32 outputs ``(n, k)`` of every head for images ``(n, 3, H, W)``, 0-255."""
        features = self.dropout(self.features(images)).float()
        # eight bits of mantissa are too few for a softmax over 131 years
        kind = features.device.type
        exact = (
            torch.autocast(kind, enabled=False)
            if torch.is_autocast_enabled(kind)
            else contextlib.nullcontext()
        )
        with exact:
            return {name: head(features) for name, head in self.heads.items()}

    @torch.no_grad()
    def set_bias(self, head: str, bias: Tensor) -> None:
        """Start a head at ``bias``."""
        layer = self.heads[head]
        assert isinstance(layer, nn.Linear)
        layer.bias.copy_(bias)

    @property
    def members(self) -> list[FaceNetwork]:
        """The networks that answer: this one."""
        return [self]

    def train(self, mode: bool = True) -> FaceNetwork:
        """Switch modes; frozen layers keep the statistics they were trained with."""
        super().train(mode)
        for module in self.frozen:
            module.eval()
        return self


class FaceLoss(nn.Module):
    """Weighted sum of the losses of the questions a network answers.

    Targets are ``(n, p, 3)``: ``age, gender, weight`` of the p answers to each image (two under
    mixup). The column of a question that is not asked is ignored; an age of NaN is unknown and adds
    nothing. With smoothing s gender targets become ``s / 2`` and ``1 - s / 2``.
    """

    def __init__(
        self,
        age_head: AgeHead | None,
        gender: bool,
        *,
        label_smoothing: float = 0.0,
        gender_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.age_head = age_head
        self.gender = gender
        self.label_smoothing = label_smoothing
        self.gender_weight = gender_weight

    def forward(self, outputs: Mapping[str, Tensor], targets: Tensor) -> Tensor:
        """Return the weighted loss per face of a batch, a scalar; weights are 1 on average."""
        answers = [self._each(outputs, *one.unbind(1)) for one in targets.unbind(1)]
        return torch.stack(answers).sum() / len(targets)

    def _each(
        self, outputs: Mapping[str, Tensor], age: Tensor, gender: Tensor, weight: Tensor
    ) -> Tensor:
        """Return the weighted loss of every face, ``(n,)``."""
        loss = torch.zeros_like(weight)
        if self.age_head is not None:
            known = ~age.isnan()
            # the place holder is for the gradient: of NaN it would be NaN, masked or not
            each = self.age_head.loss(outputs["age"], age.where(known, torch.zeros_like(age)))
            loss = loss + each.where(known, torch.zeros_like(each))
        if self.gender:
            target = gender * (1 - self.label_smoothing) + self.label_smoothing / 2
            loss = loss + self.gender_weight * functional.binary_cross_entropy_with_logits(
                outputs["gender"][:, 0], target, reduction="none"
            )
        return loss * weight


def freeze(backbone: nn.Module, n_groups: int) -> list[nn.Module]:
    """Stop the gradients of the first ``n_groups`` layer groups; return their leaf modules."""
    if not n_groups:
        return []
    groups = layer_groups(backbone)
    if not 0 < n_groups <= max(groups.values()):
        raise ValueError(
            f"freeze_stages={n_groups}: this backbone has {max(groups.values()) + 1} layer "
            f"groups, choose 0 to {max(groups.values())}"
        )
    first = {name for name, group in groups.items() if group < n_groups}
    for name, parameter in backbone.named_parameters():
        if name in first:
            parameter.requires_grad_(False)
    return [
        module
        for name, module in backbone.named_modules()
        if (own := [f"{name}.{key}" for key, _ in module.named_parameters(recurse=False)])
        and first.issuperset(own)
    ]


def layer_groups(backbone: nn.Module) -> dict[str, int]:
    """Return the depth of every parameter by name, counted by timm's own grouping from the stem."""
    matcher: Any = getattr(backbone, "group_matcher", None)
    if matcher is None:
        return {name: 0 for name, _ in backbone.named_parameters()}
    try:
        groups = matcher(coarse=True)
    except AssertionError:  # timm knows only the finest grouping (RDNet)
        groups = matcher(coarse=False)
    return dict(group_parameters(backbone, groups, reverse=True))


def parameter_groups(
    network: FaceNetwork, *, lr: float, layer_decay: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Return optimizer groups: earlier layers learn slower, biases and norms do not decay.

    ``lr`` is the rate of the heads, ``layer_decay`` its factor per layer group down to the stem
    (Howard & Ruder, "Universal Language Model Fine-tuning for Text Classification", ACL 2018).
    """
    depth = layer_groups(network.backbone)
    deepest = max(depth.values(), default=0) + 1
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        below = deepest - depth.get(name.removeprefix("backbone."), deepest)
        decay = weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((lr * layer_decay**below, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "max_lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]
