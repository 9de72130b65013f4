"""Networks that were trained apart and answer together."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from pipelines.cnn.network.network import FaceLoss, FaceNetwork

from .net import FaceNet

_PREFIX = "members."


class FaceEnsemble(nn.Module):
    """Several networks, asked one by one; their answers are averaged as distributions.

    What trainings from different seeds disagree about is chance, and the mean has less of it
    (Lakshminarayanan, Pritzel & Blundell, "Simple and Scalable Predictive Uncertainty Estimation
    using Deep Ensembles", NeurIPS 2017).
    """

    def __init__(self, members: Iterable[FaceNetwork]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.eval()


def together(networks: list[FaceNetwork]) -> FaceNetwork | FaceEnsemble:
    """Return one module for several networks; a single one stays as it is."""
    return networks[0] if len(networks) == 1 else FaceEnsemble(networks)


def answering_net(module: FaceNetwork | FaceEnsemble, device: str) -> FaceNet:
    """Return a skorch net around trained networks that answers and no longer trains."""
    net = FaceNet(module, FaceLoss(None, False), device=device)
    net.initialize().trim_for_prediction()
    return net


def names_of_members(names: Iterable[str]) -> list[str]:
    """Return the prefixes by which the state of a module names its members, ``""`` for one.

    >>> names_of_members(["members.0.heads.age.bias", "members.1.heads.age.bias"])
    ['members.0.', 'members.1.']
    >>> names_of_members(["heads.age.bias", "mean"])
    ['']
    """
    numbers = {int(name.split(".")[1]) for name in names if name.startswith(_PREFIX)}
    return [f"{_PREFIX}{number}." for number in sorted(numbers)] or [""]
