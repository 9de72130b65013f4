"""Callbacks of the training loop, each doing one thing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback
from torch import Tensor

from pipelines.cnn.batches.batches import seeded_generator
from pipelines.cnn.batches.inputs import Pair
from pipelines.cnn.network.answers import decode, selection_score
from pipelines.cnn.network.heads import AgeHead

Progress = Callable[[str, int, int], None]


class StopTraining(Exception):  # noqa: N818 - a signal, not an error
    """Ends the loop early; skorch's own KeyboardInterrupt would also swallow Ctrl-C."""


class DivergedError(FloatingPointError):
    """The loss became NaN or infinite; the message tells the step, the rate and what to try."""


class EpochSeed(Callback):
    """Makes every epoch a function of (seed, epoch): order, augmentation, dropout.

    A run that resumes at epoch 5 thus draws what an uninterrupted run would have drawn.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        """Seed the global generator, from which dropout and stochastic depth draw."""
        torch.manual_seed(seeded_generator(self.seed, len(net.history) - 1, 2**31).initial_seed())


class OneCycle(Callback):
    """Learning rates up a short ramp and down a cosine, as a function of the step alone.

    ``warmup`` is the share of the steps on the ramp, ``final`` the last rate as a share of the
    highest (Smith & Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large
    Learning Rates", 2018).
    """

    def __init__(self, total_steps: int, warmup: float = 0.15, final: float = 0.01) -> None:
        self.total_steps = total_steps
        self.warmup = warmup
        self.final = final
        self.step = 0

    def factor(self, step: int) -> float:
        """Return the share of the highest rate at ``step``."""
        done = step / max(self.total_steps, 1)
        if done < self.warmup:
            return 0.04 + 0.96 * done / self.warmup
        falling = 0.5 * (1 + math.cos(math.pi * (done - self.warmup) / (1 - self.warmup)))
        return self.final + (1 - self.final) * falling

    def on_batch_begin(self, net: Any, training: bool = False, **kwargs: Any) -> None:
        """Set the rate of every group for the coming step."""
        factor = self.factor(self.step)
        for group in net.optimizer_.param_groups:
            group["lr"] = group["max_lr"] * factor
        self.step += 1


class StopOnDivergence(Callback):
    """Ends the training with an explanation when the loss is no longer a number."""

    def on_batch_end(self, net: Any, loss: Any = None, **kwargs: Any) -> None:
        """Raise :class:`DivergedError` on a NaN or infinite loss."""
        if loss is not None and not torch.isfinite(loss.detach()):
            epoch, rate = len(net.history), net.optimizer_.param_groups[-1]["lr"]
            step = len(net.history[-1, "batches"])
            raise DivergedError(
                f"the loss is {loss.item()} at step {step} of epoch {epoch}, learning rate "
                f"{rate:.2g}: {_advice(net.lr)}"
            )


def _advice(lr: float) -> str:
    return f"try a third of lr={lr:g}, a smaller layer_decay, or precision='fp32'"


class WeightAverage(Callback):
    """Exponential moving average of parameters and buffers (EMA).

    ``decay`` is an upper bound; early steps average over a tenth of what has passed, so that short
    trainings are not held back by the start (Polyak & Juditsky, "Acceleration of Stochastic
    Approximation by Averaging", 1992).
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.step = 0
        self.average: dict[str, Tensor] = {}

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Start from the current weights unless a checkpoint filled the average."""
        if not self.average:
            self.average = {k: v.detach().clone() for k, v in net.module_.state_dict().items()}

    def on_batch_end(self, net: Any, training: bool = False, **kwargs: Any) -> None:
        """Move the average a little towards the current weights."""
        self.step += 1
        weight = 1 - min(self.decay, (1 + self.step) / (10 + self.step))
        current = net.module_.state_dict()
        floating = [k for k, v in current.items() if v.is_floating_point()]
        torch._foreach_lerp_(
            [self.average[k] for k in floating], [current[k].detach() for k in floating], weight
        )
        for name in current.keys() - set(floating):
            self.average[name].copy_(current[name])

    @contextmanager
    def applied(self, net: Any) -> Iterator[None]:
        """Put the average into the module for the length of a ``with`` block."""
        own = {k: v.detach().clone() for k, v in net.module_.state_dict().items()}
        net.module_.load_state_dict(self.average)
        try:
            yield
        finally:
            net.module_.load_state_dict(own)


class ShowProgress(Callback):
    """Tells a caller's progress bar and, if asked, prints one line per epoch."""

    def __init__(
        self,
        progress: Progress | None,
        steps: int,
        epochs: int,
        verbose: int,
        member: tuple[int, int] = (0, 1),
    ) -> None:
        self.progress = progress
        self.steps = steps
        self.epochs = epochs
        self.verbose = verbose
        self.number, self.members = member
        self.step = 0

    def on_batch_end(self, net: Any, **kwargs: Any) -> None:
        """Report one more step."""
        self.step += 1
        if self.progress is not None:
            whole = self.steps * self.epochs
            self.progress("train", self.number * whole + self.step, self.members * whole)

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Print the epoch's losses."""
        if self.verbose:
            row = net.history[-1]
            rest = ", ".join(
                f"{key.removeprefix('select_')} {row[key]:.3f}" for key in row if "select_" in key
            )
            which = f"network {self.number + 1}/{self.members}, " if self.members > 1 else ""
            epoch = f"epoch {row['epoch']}/{self.epochs}"
            print(f"{which}{epoch}: loss {row['train_loss']:.3f}, {rest}")


class SelectBest(Callback):
    """Scores every epoch on *select* with the averaged weights, and keeps the best ones."""

    def __init__(
        self,
        pair: Pair,
        head: AgeHead | None,
        average: WeightAverage | None,
        size: int,
        batch_size: int,
    ) -> None:
        self.pair = pair
        self.head = head
        self.average = average
        self.size = size
        self.batch_size = batch_size
        self.best_score = math.inf
        self.best_epoch = 0
        self.best_state: dict[str, Tensor] = {}

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Record ``select_*`` and remember the weights if they are the best so far."""
        if self.average is None:
            self._score(net)
        else:
            with self.average.applied(net):
                self._score(net)

    def _score(self, net: Any) -> None:
        images, targets = self.pair
        answers = decode(net.outputs(images, size=self.size, batch_size=self.batch_size), self.head)
        # nothing reads the loss after an epoch's last step, but these answers
        if not all(np.isfinite(part).all() for part in (answers.age, answers.gender_logit)):
            raise DivergedError(
                f"the answers on select are no numbers after epoch {len(net.history)}: "
                f"{_advice(net.lr)}"
            )
        measures = selection_score(answers, targets[:, 0], targets[:, 1])
        for name, value in measures.items():
            net.history.record(f"select_{name}", value)
        if measures["score"] < self.best_score:
            self.best_score = measures["score"]
            self.best_epoch = len(net.history)
            self.best_state = {k: v.clone() for k, v in net.module_.state_dict().items()}


class Patience(Callback):
    """Ends the training when *select* has not improved for so many epochs; goes last."""

    def __init__(self, best: SelectBest, epochs: int) -> None:
        self.best = best
        self.epochs = epochs

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Raise :class:`StopTraining` once patience is over."""
        if len(net.history) - self.best.best_epoch >= self.epochs:
            raise StopTraining
