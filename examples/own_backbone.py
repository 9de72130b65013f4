"""
A backbone of your own
======================

``CnnAgeGender`` fine-tunes any timm model by its name, and a network of your own becomes a timm
model by one decorator. Here a small one that starts at random weights meets the EfficientNet-lite
that comes with the package and knows ImageNet.
"""

# %%
# A backbone is an ``nn.Module`` from images to one row of features per image, with the few
# attributes that timm's own models have: ``num_features`` and ``pretrained_cfg``, and for Grad-CAM
# ``forward_features`` and ``forward_head``.
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit
from timm.models import register_model
from torch import Tensor, nn

import data
from pipelines import CnnAgeGender


class SmallNet(nn.Module):
    """Four blocks of convolution, normalisation and activation, each half the size of the last."""

    num_features = head_hidden_size = 128

    def __init__(self, num_classes: int = 0, in_chans: int = 3, **options: object) -> None:
        super().__init__()
        widths = (in_chans, 16, 32, 64, self.num_features)
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
                    nn.BatchNorm2d(after),
                    nn.ReLU(),
                )
                for before, after in pairwise(widths)
            )
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.pretrained_cfg = {  # pixels of 0..1 are normalised with these
            "mean": (0.5, 0.5, 0.5),
            "std": (0.25, 0.25, 0.25),
            "input_size": (3, 48, 48),
        }

    def forward_features(self, x: Tensor) -> Tensor:
        return self.blocks(x)

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        return self.pool(x).flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))


@register_model
def small_face_net(pretrained: bool = False, **options: object) -> SmallNet:
    return SmallNet(**options)


# %%
# Train, and test on heads that training never saw.
faces = data.load("embedded")
table = faces.table.iloc[::4].reset_index(drop=True)
images = faces.images(48)[::4]
truth = np.column_stack([table["age"], table["gender"] == "female"]).astype(float)
train, test = next(
    GroupShuffleSplit(1, test_size=0.3, random_state=0).split(images, groups=table["group"])
)

# small batches and no averaging of weights: few faces are few steps
common = {"image_size": 48, "batch_size": 16, "ema": None, "random_state": 0}
models = {
    "small_face_net, random weights": CnnAgeGender(
        "small_face_net", weights=None, epochs=8, lr=5e-3, **common
    ),
    "tf_efficientnet_lite0, ImageNet": CnnAgeGender("tf_efficientnet_lite0", epochs=2, **common),
}
rows, answers = [], {}
for name, model in models.items():
    model.fit(images[train], truth[train], groups=table["group"].to_numpy()[train])
    answers[name] = model.predict(images[test])
    off = np.abs(answers[name][:, 0] - truth[test, 0]).mean()
    right = (answers[name][:, 1] == truth[test, 1]).mean()
    size = sum(p.numel() for p in model.net_.module_.parameters()) / 1e6
    rows.append(
        {"model": name, "parameters, millions": size, "age MAE": off, "gender, %": 100 * right}
    )
results = pd.DataFrame(rows).set_index("model").round(2)
results

# %%
figure, axes = plt.subplots(1, 2, figsize=(8, 4), sharey=True, layout="constrained")
for ax, (name, answer) in zip(axes, answers.items(), strict=True):
    ax.plot([0, 90], [0, 90], color="0.7")
    ax.scatter(truth[test, 0], answer[:, 0], s=8)
    ax.set(title=name, xlabel="age, years")
axes[0].set_ylabel("answer, years")

# %%
median = np.abs(np.median(truth[train, 0]) - truth[test, 0]).mean()
best = results["age MAE"].idxmin()
print(f"The median alone is {median:.1f} years off. Better of the two for age: {best}.")
