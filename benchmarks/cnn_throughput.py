"""Training throughput: our loop against a plain fp32 skorch net with a DataLoader, in one run.

The plain loop is what a careful user writes in half an hour: a timm model, torchvision
augmentation of one image after the other, ``skorch.NeuralNet`` with a ``DataLoader``. Ours does
the same task through ``CnnAgeGender``. Both start from random weights and normalise by batch
statistics; speed does not depend on the values. Per backbone one line each, and one for frozen
early stages:

    images/s, GFLOP/s, and the share of this machine's fp32 and bf16 matrix rates, measured in
    the same run (a dash where bf16 has no instructions of its own).

GFLOP/s count the arithmetic of the plain model, forward and backward, whoever does it: frozen
stages save some of it, so that their share may pass 100%.

The loops take turns, and the best of some rounds counts. Run it on an otherwise idle machine;
``--cpu-time`` counts processor seconds instead, for a busy one.

    python benchmarks/cnn_throughput.py --threads 2 --size 96
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import timm
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torch.utils.flop_counter import FlopCounterMode
from torchvision.transforms import v2

from pipelines.cnn.estimators import CnnAgeGender
from pipelines.cnn.network.heads import create_age_head
from pipelines.cnn.network.network import FaceLoss
from pipelines.cnn.training.settings import choose_precision

BACKBONES = ("tf_efficientnet_lite0", "mobilenetv2_100", "resnet18", "efficientnet_b0")
PLAIN = "plain skorch, fp32"


class PlainFaces(Dataset[tuple[Tensor, Tensor]]):
    """One image at a time, varied as our ``standard`` augmentation varies it."""

    def __init__(self, images: np.ndarray, targets: np.ndarray, size: int) -> None:
        self.images, self.targets = images, targets
        self.transform = v2.Compose(
            [
                v2.RandomHorizontalFlip(),
                v2.RandomAffine(10, (0.06, 0.06), (0.9, 1.1)),
                v2.Resize(size, antialias=True),
                v2.ColorJitter(0.2, 0.2, 0.2),
                v2.RandomGrayscale(0.05),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize([0.5] * 3, [0.5] * 3),
                v2.RandomErasing(0.25, (0.04, 0.2)),
            ]
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        image = torch.from_numpy(self.images[index]).permute(2, 0, 1)
        return self.transform(image), torch.from_numpy(self.targets[index])


class PlainNetwork(nn.Module):
    """A timm model with two linear heads."""

    def __init__(self, backbone: str) -> None:
        super().__init__()
        self.backbone = timm.create_model(backbone, num_classes=0)
        self.age = nn.LazyLinear(create_age_head("distribution").n_outputs)
        self.gender = nn.LazyLinear(1)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return the outputs of both heads."""
        features = self.backbone(images)
        return {"age": self.age(features), "gender": self.gender(features)}


class Stopwatch(Callback):
    """Seconds between the end of the warm-up steps and the last step."""

    def __init__(self, clock: Callable[[], float], warm_up: int) -> None:
        self.clock, self.warm_up = clock, warm_up
        self.step, self.start, self.stop = 0, 0.0, 0.0

    def tick(self) -> None:
        """Count one step."""
        self.step += 1
        self.stop = self.clock()
        if self.step == self.warm_up:
            self.start = self.stop

    def on_batch_end(self, net: Any, **kwargs: Any) -> None:
        """Count one step of skorch's loop."""
        self.tick()

    def images_per_second(self, batch_size: int) -> float:
        """Return the rate after the warm-up."""
        return (self.step - self.warm_up) * batch_size / (self.stop - self.start)


def plain(backbone: str, images: np.ndarray, targets: np.ndarray, args: Any) -> float:
    watch = Stopwatch(args.clock, args.warm_up)
    network = PlainNetwork(backbone)
    network(torch.zeros(2, 3, args.size, args.size))  # gives the lazy heads their width
    net = NeuralNet(
        network,
        FaceLoss(create_age_head("distribution"), True),
        optimizer=torch.optim.AdamW,
        lr=1e-3,
        batch_size=args.batch_size,
        iterator_train=DataLoader,
        iterator_train__shuffle=True,
        train_split=None,
        max_epochs=1,
        callbacks=[watch],
        verbose=0,
    )
    net.fit(PlainFaces(images, targets[:, None], args.size), None)
    return watch.images_per_second(args.batch_size)


def ours(backbone: str, images: np.ndarray, targets: np.ndarray, args: Any, **more: Any) -> float:
    watch = Stopwatch(args.clock, args.warm_up)

    def progress(stage: str, done: int, total: int) -> None:
        watch.tick()

    few = (images[:4], targets[:4, :2])
    CnnAgeGender(
        backbone,
        weights=None,
        image_size=args.size,
        epochs=1,
        batch_size=args.batch_size,
        threads=args.threads,
        random_state=0,
        progress=progress,
        **more,
    ).fit(images, targets[:, :2], select=few, calibrate=few)
    return watch.images_per_second(args.batch_size)


def step_flops(backbone: str, size: int) -> float:
    """Return floating-point operations of one image, forward and backward.

    Three times the forward pass: the backward pass computes two gradients of the same size.
    (PyTorch's counter takes depthwise convolutions for full ones on the way back.)
    """
    model = timm.create_model(backbone, num_classes=0)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, 3, size, size))
    return 3 * counter.get_total_flops()


def matrix_rate(dtype: torch.dtype, clock: Callable[[], float], n: int = 1024) -> float:
    """Return the best FLOP/s of matrix products of side ``n``, tried for two seconds.

    At least one is timed: without instructions for it, bfloat16 can be a hundred times slower
    than float32, and one product takes seconds.
    """
    a, b = torch.randn(n, n).to(dtype), torch.randn(n, n).to(dtype)
    (a[:64] @ b).sum()
    seconds: list[float] = []
    while sum(seconds) < 2:
        start = clock()
        a @ b
        seconds.append(clock() - start)
    return 2 * n**3 / min(seconds)


def measure(backbone: str, images: np.ndarray, targets: np.ndarray, args: Any) -> dict[str, float]:
    """Return the best images/s of each loop, the loops taking turns on a shared machine."""
    loops: dict[str, dict[str, Any]] = {"ours, fp32": {"precision": "fp32"}}
    precision = choose_precision("auto", "cpu")
    if precision != "fp32":
        loops[f"ours, {precision}"] = {"precision": precision}
    loops[f"ours, {precision}, 3 groups frozen"] = {"precision": precision, "freeze_stages": 3}
    best = dict.fromkeys((PLAIN, *loops), 0.0)
    for _ in range(args.rounds):
        best[PLAIN] = max(best[PLAIN], plain(backbone, images, targets, args))
        for name, more in loops.items():
            best[name] = max(best[name], ours(backbone, images, targets, args, **more))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbones", nargs="+", default=BACKBONES)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3, help="the best of these counts")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--cpu-time", action="store_true")
    args = parser.parse_args()
    args.clock = time.process_time if args.cpu_time else time.perf_counter
    torch.set_num_threads(args.threads)
    rng = np.random.default_rng(0)
    n = args.steps * args.batch_size
    images = rng.integers(0, 255, (n, 128, 128, 3), dtype=np.uint8)
    targets = np.column_stack([rng.uniform(1, 90, n), np.arange(n) % 2, np.ones(n)])
    targets = targets.astype(np.float32)
    rates = [matrix_rate(dtype, args.clock) for dtype in (torch.float32, torch.bfloat16)]
    print(
        f"{args.threads} thread(s), {args.size} px, batch {args.batch_size}; matrix rate "
        f"{rates[0] / 1e9:.0f} GFLOP/s fp32, {rates[1] / 1e9:.1f} bf16\n\n"
        "| backbone | loop | images/s | speed-up | GFLOP/s | of fp32 | of bf16 |\n"
        "|---|---|---|---|---|---|---|"
    )
    for backbone in args.backbones:
        flops = step_flops(backbone, args.size)
        speeds = measure(backbone, images, targets, args)
        for name, speed in speeds.items():
            achieved = speed * flops
            shares = [f"{achieved / rate:.0%}" if rate >= rates[0] else "-" for rate in rates]
            print(
                f"| {backbone} | {name} | {speed:.1f} | {speed / speeds[PLAIN]:.2f} | "
                f"{achieved / 1e9:.0f} | {' | '.join(shares)} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
