"""One training run: build the network, run the skorch loop, return it ready to answer."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipelines.cnn.batches.augment import create_augmentation
from pipelines.cnn.batches.batches import FaceSet, TrainingBatches, plain_batches
from pipelines.cnn.batches.inputs import Pair
from pipelines.cnn.network.backbones import Backbone, create_backbone
from pipelines.cnn.network.heads import AgeHead
from pipelines.cnn.network.network import FaceLoss, FaceNetwork
from pipelines.cnn.network.statistics import restore_statistics

from .callbacks import (
    EpochSeed,
    OneCycle,
    Patience,
    SelectBest,
    ShowProgress,
    StopOnDivergence,
    StopTraining,
    WeightAverage,
)
from .checkpoints import Checkpoint, alone_in, task_key
from .members import answering_net, together
from .net import FaceNet
from .settings import TrainingRecord, choose_device, choose_precision, explained_memory, image_sizes

MEASURED_FACES = 512  # that tell the statistics of weights published without them


def train_members(
    estimator: Any, faces: FaceSet, select: Pair, head: AgeHead | None, seeds: list[int]
) -> tuple[FaceNet, TrainingRecord]:
    """Train one network per seed, one after the other, and let them answer together.

    Parameters and results are those of :func:`train`.
    """
    nets, records = [], []
    for number, seed in enumerate(seeds):
        net, record = train(estimator, faces, select, head, seed, (number, len(seeds)))
        nets.append(net)
        records.append(record)
    if len(nets) == 1:
        return nets[0], records[0]
    whole = replace(
        records[0],
        n_parameters=sum(record.n_parameters for record in records),
        best_epochs=[record.best_epochs[0] for record in records],
        history=[row for record in records for row in record.history],
        seconds_before=sum(record.seconds_before for record in records),
    )
    return answering_net(together([net.module_ for net in nets]), whole.device), whole


def train(
    estimator: Any,
    faces: FaceSet,
    select: Pair,
    head: AgeHead | None,
    seed: int,
    member: tuple[int, int],
) -> tuple[FaceNet, TrainingRecord]:
    """Train a network as ``estimator`` says.

    ``select`` chooses the epoch; ``member`` says which training this is, from 0, and of how many.
    The net is trimmed for prediction, with the best epoch's weights, on the device it trained on.
    """
    device = choose_device(estimator.device)
    precision = choose_precision(estimator.precision, device)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        backbone = create_backbone(
            estimator.backbone,
            weights=estimator.weights,
            image_size=estimator.image_size,
            allow_download=estimator.allow_download,
            drop_path=estimator.drop_path,
        )
        backbone.check_sizes(estimator.first_image_size, estimator.image_size)
        if backbone.folded and estimator.norm == "batch":
            rows = np.linspace(0, len(faces.rows) - 1, min(len(faces.rows), MEASURED_FACES))
            some = faces.images[np.unique(faces.rows[rows.astype(int)])]
            restore_statistics(backbone, plain_batches(some, 64, estimator.image_size))
        network = build_network(estimator, backbone, head, torch.as_tensor(faces.targets))
        net = _build_net(estimator, network, head, device, precision, seed)
        start = backbone.source.as_dict()
        batch_size = min(estimator.batch_size, len(faces.rows))
        with explained_memory(batch_size, estimator.image_size):
            best, seconds_before = _run(estimator, net, faces, select, head, seed, member, start)
    record = TrainingRecord(
        weights=start,
        precision=precision,
        device=device,
        n_parameters=sum(p.numel() for p in network.parameters()),
        best_epochs=[best.best_epoch],
        history=[{"member": member[0] + 1, **_plain_row(row)} for row in net.history],
        seconds_before=seconds_before,
    )
    net.module_.load_state_dict(best.best_state)
    net.trim_for_prediction()
    return net, record


def build_network(
    estimator: Any, backbone: Backbone, head: AgeHead | None, targets: torch.Tensor
) -> FaceNetwork:
    """Return the untrained network, its heads set to the answers of the training mean."""
    widths = {}
    if head is not None:
        widths["age"] = head.n_outputs
    if estimator._answers_gender:
        widths["gender"] = 1
    network = FaceNetwork(
        backbone,
        widths,
        dropout=estimator.dropout,
        freeze_stages=estimator.freeze_stages,
        norm=estimator.norm,
        image_size=estimator.image_size,
    )
    targets = targets[targets[:, 2] > 0]  # faces without weight have no say
    if head is not None:
        ages = targets[:, 0]
        network.set_bias("age", head.initial_bias(ages[~ages.isnan()]))
    if estimator._answers_gender:
        network.set_bias("gender", targets[:, 1].mean().clamp(0.01, 0.99).logit())
    return network


def _build_net(
    estimator: Any,
    network: FaceNetwork,
    head: AgeHead | None,
    device: str,
    precision: str,
    seed: int,
) -> FaceNet:
    """Wrap the network in an initialised skorch net."""
    loss = FaceLoss(
        head,
        estimator._answers_gender,
        label_smoothing=estimator.label_smoothing,
        gender_weight=estimator.gender_weight,
    )
    sizes = image_sizes(estimator.first_image_size, estimator.image_size, estimator.epochs)
    net = FaceNet(
        network,
        loss,
        bf16=precision == "bf16",
        layer_decay=estimator.layer_decay,
        weight_decay=estimator.weight_decay,
        optimizer=torch.optim.AdamW,
        lr=estimator.lr,
        batch_size=estimator.batch_size,
        iterator_train=TrainingBatches,
        iterator_train__sizes=sizes,
        iterator_train__augmentation=create_augmentation(estimator.augment),
        iterator_train__seed=seed,
        iterator_train__epoch=0,
        iterator_train__mixup=estimator.mixup,
        iterator_train__device=device,
        train_split=None,
        callbacks__print_log=None,
        device=device,
        verbose=0,
    )
    return net.initialize()


def _run(
    estimator: Any,
    net: FaceNet,
    faces: FaceSet,
    select: Pair,
    head: AgeHead | None,
    seed: int,
    member: tuple[int, int],
    start: dict[str, str],
) -> tuple[SelectBest, float]:
    """Run the loop with its callbacks, which are called in the order of the list.

    ``start`` tells the weights it begins with. Returns the best epoch, and the seconds that
    earlier processes spent on it.
    """
    steps = len(net.get_iterator(faces, training=True))
    average = None if estimator.ema is None else WeightAverage(estimator.ema)
    best = SelectBest(select, head, average, estimator.image_size, estimator.batch_size)
    rate = OneCycle(steps * estimator.epochs)
    show = ShowProgress(estimator.progress, steps, estimator.epochs, estimator.verbose, member)
    callbacks: list[tuple[str, Any]] = [
        ("seed", EpochSeed(seed)),
        ("rate", rate),
        ("divergence", StopOnDivergence()),
        *([] if average is None else [("average", average)]),
        ("select", best),
        ("show", show),
    ]
    with contextlib.ExitStack() as held:
        done, seconds_before = 0, 0.0
        if estimator.checkpoint is not None:
            here = {
                "precision": "bf16" if net.bf16 else "fp32",
                "device": str(net.device),
                "weights": start["sha256"] or start["kind"],  # a file may change behind its name
            }
            key = task_key({**estimator.get_params(), **here}, faces, select, seed)
            folder = Path(estimator.checkpoint) / key
            held.enter_context(alone_in(folder))
            saver = Checkpoint(folder, rate, best, show, average)
            done = saver.restore(net)
            seconds_before = saver.seconds_before
            callbacks.append(("checkpoint", saver))
        if estimator.patience is not None:
            callbacks.append(("patience", Patience(best, estimator.patience)))
            if done and done - best.best_epoch >= estimator.patience:
                return best, seconds_before  # it had stopped by itself
        net.iterator_train__epoch = done
        net.callbacks_ += callbacks
        net.notify("on_train_begin", X=faces, y=None)
        with contextlib.suppress(StopTraining):
            net.fit_loop(faces, epochs=estimator.epochs - done)
        net.notify("on_train_end", X=faces, y=None)
    return best, seconds_before


def _plain_row(row: dict[str, Any]) -> dict[str, float]:
    """Return the numbers of one epoch of skorch's history under our names."""
    names = {"epoch": "epoch", "train_loss": "train_loss", "dur": "seconds"}
    chosen = {new: float(row[old]) for old, new in names.items() if old in row}
    return {**chosen, **{k: v for k, v in row.items() if k.startswith("select_")}}
