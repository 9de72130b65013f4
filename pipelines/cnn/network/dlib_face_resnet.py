"""dlib's face recognition network as a timm model, ``dlib_face_resnet``.

A residual network of 29 convolutions that Davis King trained to tell about 7,500 people apart on
some three million faces, and gave to the public domain (CC0). Its weights lie beside this module
(``files/SOURCES.md``); importing the module registers the architecture, so that every name of a
timm model may be this one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import timm
import torch
from timm.layers import DropPath
from timm.models import build_model_with_cfg, register_model
from torch import Tensor, nn
from torch.nn import functional

NAME = "dlib_face_resnet"

#: Converted by ``tools/convert_dlib_face_resnet.py``.
WEIGHTS = Path(__file__).parent / "files" / f"{NAME}.safetensors"

#: Length of the descriptor by which dlib tells faces apart.
DESCRIPTOR = 128

#: Channels and number of blocks of every stage; all but the first begin by halving the map.
STAGES = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))

#: Names of the maps to pool for features of every depth: the stem, and every block but the last,
#: whose pooled map is what the network answers with.
BLOCKS = (
    "maxpool",
    *(f"stages.{k}.{j}" for k, (_, n) in enumerate(STAGES[:-1]) for j in range(n)),
)

_SMALLEST = 3


class FaceBlock(nn.Module):
    """Two convolutions and what goes around them.

    Where the map is halved, dlib pads neither the convolution nor the 2 x 2 mean that goes around
    it; their sizes may then differ by one, and the smaller one is continued by zeros, as are the
    channels that the input lacks.
    """

    def __init__(self, n_inputs: int, n_channels: int, *, down: bool, drop_path: float) -> None:
        super().__init__()
        stride, padding = (2, 0) if down else (1, 1)
        self.conv1 = nn.Conv2d(n_inputs, n_channels, 3, stride, padding, bias=False)
        self.bn1 = nn.BatchNorm2d(n_channels)
        self.act1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(n_channels, n_channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_channels)
        self.drop_path = DropPath(drop_path) if drop_path else nn.Identity()
        self.act2 = nn.ReLU(inplace=True)
        self.down = down

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's map."""
        if self.down:
            x = _at_least(x, _SMALLEST)
        y = self.drop_path(self.bn2(self.conv2(self.act1(self.bn1(self.conv1(x))))))
        if self.down:
            x = functional.avg_pool2d(x, 2)
            x = functional.pad(x, (0, 0, 0, 0, 0, y.shape[1] - x.shape[1]))
            y = _at_least(y, x.shape[-2], x.shape[-1])
        return self.act2(x + y)


def _at_least(x: Tensor, rows: int, columns: int | None = None) -> Tensor:
    """Continue maps by zeros below and right up to a size."""
    more = max(0, (rows if columns is None else columns) - x.shape[-1]), max(0, rows - x.shape[-2])
    return functional.pad(x, (0, more[0], 0, more[1])) if any(more) else x


class DlibFaceResnet(nn.Module):
    """The network, with timm's interface; without classes it answers the 256 pooled features.

    ``folded_norm``: dlib published its normalisations as a scale and a shift, without means and
    variances.
    """

    folded_norm = True

    def __init__(
        self,
        num_classes: int = DESCRIPTOR,
        in_chans: int = 3,
        drop_rate: float = 0.0,
        drop_path_rate: float = 0.0,
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.drop_rate = drop_rate
        self.num_features = self.head_hidden_size = STAGES[-1][0]
        width = STAGES[0][0]
        self.conv1 = nn.Conv2d(in_chans, width, 7, 2, 0, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.act1 = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2)
        rates = iter(torch.linspace(0, drop_path_rate, sum(n for _, n in STAGES)).tolist())
        self.feature_info: list[dict[str, Any]] = []
        stages = []
        for index, (channels, n_blocks) in enumerate(STAGES):
            blocks = []
            for block in range(n_blocks):
                down = index > 0 and block == 0
                blocks.append(FaceBlock(width, channels, down=down, drop_path=next(rates)))
                width = channels
            stages.append(nn.Sequential(*blocks))
            self.feature_info.append(
                {"num_chs": channels, "reduction": 4 * 2**index, "module": f"stages.{index}"}
            )
        self.stages = nn.Sequential(*stages)
        self.fc: nn.Module
        self.reset_classifier(num_classes)

    def reset_classifier(self, num_classes: int, global_pool: str | None = None) -> None:
        """Replace the last matrix; 0 leaves it out."""
        self.num_classes = num_classes
        self.fc = (
            nn.Linear(self.num_features, num_classes, bias=False) if num_classes else nn.Identity()
        )

    def get_classifier(self) -> nn.Module:
        """Return the last matrix."""
        return self.fc

    def group_matcher(self, coarse: bool = False) -> dict[str, Any]:
        """Return how parameters are grouped by depth."""
        blocks = r"^stages\.(\d+)" if coarse else r"^stages\.(\d+)\.(\d+)"
        return {"stem": r"^conv1|^bn1", "blocks": blocks}

    def stem(self, x: Tensor) -> Tensor:
        """Return the map before the first stage."""
        return self.maxpool(self.act1(self.bn1(self.conv1(x))))

    def forward_features(self, x: Tensor) -> Tensor:
        """Return the last map ``(n, 256, h, w)``."""
        return self.stages(self.stem(x))

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """Pool a map and multiply by the last matrix."""
        x = functional.dropout(x.mean((2, 3)), self.drop_rate, self.training)
        return x if pre_logits else self.fc(x)

    def forward(self, x: Tensor) -> Tensor:
        """Return features ``(n, 256)``, or ``(n, num_classes)``."""
        return self.forward_head(self.forward_features(x))


#: dlib subtracts its training faces' mean and divides by 256; timm's numbers are shares of 255.
CONFIG: dict[str, Any] = {
    "architecture": NAME,
    "file": str(WEIGHTS),
    "num_classes": DESCRIPTOR,
    "input_size": (3, 150, 150),
    "pool_size": (2, 2),
    "crop_pct": 1.0,
    "interpolation": "bilinear",
    "mean": (122.782 / 255, 117.001 / 255, 104.298 / 255),
    "std": (256 / 255, 256 / 255, 256 / 255),
    "first_conv": "conv1",
    "classifier": "fc",
    "license": "cc0-1.0",
    "origin_url": "https://github.com/davisking/dlib-models",
}

default_cfgs = timm.models.generate_default_cfgs({f"{NAME}.cc0_faces": CONFIG})


@register_model
def dlib_face_resnet(pretrained: bool = False, **kwargs: Any) -> nn.Module:
    """Build dlib's face recognition network; ``pretrained`` loads the weights shipped here."""
    return build_model_with_cfg(DlibFaceResnet, NAME, pretrained, **kwargs)
