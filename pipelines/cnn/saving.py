"""Networks as plain arrays, for files without pickle (see :mod:`pipelines.persistence`)."""

from __future__ import annotations

import copy
from contextlib import nullcontext
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.cnn.batches.augment import Augmentation
from pipelines.cnn.layers.join import plain_layers
from pipelines.cnn.network.backbones import create_backbone
from pipelines.cnn.network.network import FaceNetwork
from pipelines.cnn.training.members import (
    FaceEnsemble,
    answering_net,
    names_of_members,
    together,
)
from pipelines.cnn.training.settings import TrainingRecord, choose_device

Arrays = dict[str, NDArray[Any]]


def network_arrays(network: torch.nn.Module) -> Arrays:
    """Return every parameter and buffer as an array on the CPU."""
    return {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}


def network_from_arrays(
    arrays: Arrays, *, backbone: str, image_size: int
) -> FaceNetwork | FaceEnsemble:
    """Rebuild a network, or several, that :func:`network_arrays` took apart."""
    members = [
        single_network(
            {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)},
            backbone=backbone,
            image_size=image_size,
        )
        for prefix in names_of_members(arrays)
    ]
    return together(members)


def single_network(arrays: Arrays, *, backbone: str, image_size: int) -> FaceNetwork:
    """Rebuild one network from its arrays."""
    widths = {
        name.split(".")[1]: len(value)
        for name, value in arrays.items()
        if name.startswith("heads.") and name.endswith(".weight")
    }
    # a network that was trained with timm's own layers names its tensors as they do
    joined = any(name.endswith(".scale") for name in arrays)
    with (
        torch.random.fork_rng(),  # the random start that is overwritten leaves no trace
        nullcontext() if joined else plain_layers(),
    ):
        body = create_backbone(backbone, weights=None, image_size=image_size)
        network = FaceNetwork(body, widths, image_size=image_size)
    state = {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"the tensors are not those of a {backbone}: {error}") from error
    return network.eval()


def without_network(estimator: Any) -> tuple[Any, Arrays]:
    """Return a copy of a fitted CNN estimator without its network, and the network's arrays."""
    light = copy.copy(estimator)
    arrays = network_arrays(estimator.net_.module_)
    del light.net_
    light.training_ = asdict(estimator.training_)
    light.progress = None  # a function of the session that trained
    if is_dataclass(light.augment) and not isinstance(light.augment, type):
        light.augment = asdict(light.augment)
    return light, arrays


def restore_network(estimator: Any, arrays: Arrays) -> None:
    """Give a copy made by :func:`without_network` its network back, on the device it asks for."""
    network = network_from_arrays(
        arrays, backbone=estimator.backbone, image_size=estimator.image_size
    )
    estimator.net_ = answering_net(network, choose_device(estimator.device))
    if isinstance(estimator.training_, dict):
        estimator.training_ = TrainingRecord(**estimator.training_)
    if isinstance(estimator.augment, dict):
        estimator.augment = Augmentation(**estimator.augment)
