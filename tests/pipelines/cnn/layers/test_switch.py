"""One switch turns all layers of ours off, and a training gives the same numbers without them."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines import CnnAgeGender, load, save
from pipelines.cnn.layers.conv_norm import ConvNorm
from pipelines.cnn.layers.join import plain_layers
from pipelines.testing import striped_faces

X, Y = striped_faces(32)
QUICK = {"weights": None, "image_size": 32, "epochs": 2, "batch_size": 16, "threads": 1,
         "random_state": 0, "precision": "fp32", "lr": 1e-3}  # fmt: skip


@pytest.mark.parametrize("norm", ["batch", "frozen"])
@pytest.mark.parametrize("backbone", ["test_efficientnet", "test_resnet"])
def test_training_without_them_gives_the_same(backbone, norm, tmp_path):
    def trained():
        return CnnAgeGender(backbone, **QUICK, norm=norm).fit(X, Y)

    def joined(cnn):
        return sum(isinstance(module, ConvNorm) for module in cnn.net_.module_.modules())

    fast = trained()
    with plain_layers():
        plain = trained()
    assert joined(fast) > joined(plain) == 0
    for row, other in zip(fast.training_.history, plain.training_.history, strict=True):
        assert row["train_loss"] == pytest.approx(other["train_loss"], rel=1e-3)
    np.testing.assert_allclose(fast.predict(X)[:, 0], plain.predict(X)[:, 0], atol=0.1)
    np.testing.assert_allclose(
        fast.predict_gender_proba(X), plain.predict_gender_proba(X), atol=5e-3
    )
    np.testing.assert_array_equal(load(save(plain, tmp_path)).predict(X), plain.predict(X))
