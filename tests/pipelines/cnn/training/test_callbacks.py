"""Every callback by itself, on as much of a skorch net as it looks at."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skorch.history import History
from torch import nn

from pipelines.cnn.network.heads import create_age_head
from pipelines.cnn.training.callbacks import (
    DivergedError,
    EpochSeed,
    OneCycle,
    Patience,
    SelectBest,
    ShowProgress,
    StopOnDivergence,
    StopTraining,
    WeightAverage,
)


class Net:
    """A module of one weight, a history, and the groups of an optimizer."""

    def __init__(self, epochs=0):
        self.module_ = nn.BatchNorm1d(1)
        self.history = History()
        self.lr = 0.5
        self.optimizer_ = self
        self.param_groups = [{"lr": 0.25, "max_lr": 2.0}, {"lr": 0.125, "max_lr": 4.0}]
        self.answers = []
        for _ in range(epochs):
            self.next_epoch()

    def next_epoch(self):
        self.history.new_epoch()
        self.history.record("epoch", len(self.history))

    def outputs(self, images, *, size, batch_size):
        self.asked = (images, size, batch_size)
        yield [{"age": self.answers.pop(0)}]


def seed_of(*key):
    state = np.random.SeedSequence(key).generate_state(1, np.uint64)[0]
    return int(state) % 2**63


def test_an_epoch_is_seeded_by_its_number_from_zero():
    for seed, epochs in ((3, 1), (3, 2), (4, 1)):
        EpochSeed(seed).on_epoch_begin(Net(epochs))
        assert torch.initial_seed() == seed_of(seed, epochs - 1, 2**31)


def test_the_rate_of_every_group_follows_the_steps():
    """A ramp from 4 % over two of eight steps, then half a cosine from 1 down to 10 %."""
    net, rate = Net(), OneCycle(8, warmup=0.25, final=0.1)
    expected = [0.04, 0.52]
    expected += [0.1 + 0.9 * (1 + np.cos(np.pi * k / 6)) / 2 for k in range(7)]
    for share in expected:
        rate.on_batch_begin(net, training=True)
        assert [g["lr"] for g in net.param_groups] == pytest.approx([2 * share, 4 * share])
    assert rate.step == 9
    assert (OneCycle(1).warmup, OneCycle(1).final) == (0.15, 0.01)
    assert OneCycle(0).factor(0) == pytest.approx(0.04)
    assert OneCycle(1).factor(1) == pytest.approx(0.01)


def test_a_loss_that_is_no_number_is_told_with_step_epoch_and_rate():
    net = Net(epochs=3)
    for _ in range(4):
        net.history.new_batch()
    StopOnDivergence().on_batch_end(net, loss=torch.tensor(1e30))
    StopOnDivergence().on_batch_end(net)
    for loss in ("nan", "inf"):
        message = (
            rf"the loss is {loss} at step 4 of epoch 3, learning rate 0\.12: "
            r"try a third of lr=0\.5, a smaller layer_decay"
        )
        with pytest.raises(DivergedError, match=message):
            StopOnDivergence().on_batch_end(net, loss=torch.tensor(float(loss)))


def test_early_steps_average_over_a_tenth_of_what_has_passed():
    """After step k the old average keeps (1 + k) / (10 + k), at most the decay."""
    net, average = Net(), WeightAverage(decay=0.21)
    weight = net.module_.weight
    nn.init.constant_(weight, 0.0)
    average.on_train_begin(net)
    expected = 0.0
    for step, keep in enumerate((2 / 11, 0.21, 0.21), start=1):
        nn.init.constant_(weight, float(step))
        net.module_.num_batches_tracked.fill_(10 * step)
        average.on_batch_end(net, training=True)
        expected = keep * expected + (1 - keep) * step
        assert average.average["weight"].item() == pytest.approx(expected)
        assert average.average["num_batches_tracked"].item() == 10 * step
    with average.applied(net):
        assert weight.item() == pytest.approx(expected)
    assert weight.item() == 3
    average.on_train_begin(net)  # a checkpoint has filled it
    assert average.average["weight"].item() == pytest.approx(expected)


def test_progress_counts_steps_over_all_networks(capsys):
    told = []
    show = ShowProgress(lambda *call: told.append(call), 5, 3, 0)
    show.on_batch_end(None)
    show.on_batch_end(None)
    assert told == [("train", 1, 15), ("train", 2, 15)]
    third = ShowProgress(lambda *call: told.append(call), 5, 3, 0, (2, 4))
    third.on_batch_end(None)
    assert told[-1] == ("train", 31, 60)
    third.on_epoch_end(Net(1))
    ShowProgress(None, 5, 3, 0).on_batch_end(None)
    assert capsys.readouterr().out == ""


def test_a_line_for_every_epoch_if_asked(capsys):
    net = Net(2)
    net.history.record("train_loss", 1.23456)
    net.history.record("select_mae", 7.0)
    net.history.record("select_score", 0.5)
    ShowProgress(None, 5, 3, 1).on_epoch_end(net)
    ShowProgress(None, 5, 3, 1, (1, 2)).on_epoch_end(net)
    assert capsys.readouterr().out == (
        "epoch 2/3: loss 1.235, mae 7.000, score 0.500\n"
        "network 2/2, epoch 2/3: loss 1.235, mae 7.000, score 0.500\n"
    )


def selecting(average=None):
    """Two faces of 20 and 40 years on *select*, answered by regression in decades."""
    targets = np.array([[20.0, 0.0], [40.0, 1.0]])
    return SelectBest(("X", targets), create_age_head("regression"), average, 32, 2)


def test_the_best_epoch_is_the_first_of_the_lowest_score():
    best, net = selecting(), Net()
    assert (best.best_score, best.best_epoch) == (np.inf, 0)
    for epoch, (error, found) in enumerate(((4, 1), (2, 2), (2, 2), (3, 2), (1, 5)), start=1):
        net.next_epoch()
        nn.init.constant_(net.module_.weight, float(epoch))
        net.answers = [torch.tensor([[2.0], [4.0]]) + error / 10]
        best.on_epoch_end(net)
        assert (best.best_epoch, best.best_state["weight"].item()) == (found, found)
        assert net.history[-1, "select_mae"] == pytest.approx(error)
        # both ages lie ten years from their median
        assert net.history[-1, "select_score"] == pytest.approx(error / 10)
    assert best.best_score == pytest.approx(0.1)
    assert net.asked == ("X", 32, 2)


def test_the_average_is_what_is_scored_and_kept():
    net, average = Net(1), WeightAverage(0.5)
    nn.init.constant_(net.module_.weight, 9.0)
    average.on_train_begin(net)
    nn.init.constant_(net.module_.weight, 1.0)
    net.answers = [torch.tensor([[2.0], [4.0]])]
    best = selecting(average)
    best.on_epoch_end(net)
    assert best.best_state["weight"].item() == 9
    assert net.module_.weight.item() == 1


def test_answers_that_are_no_numbers_name_the_epoch():
    net = Net(3)
    net.answers = [torch.tensor([[2.0], [float("nan")]])]
    with pytest.raises(DivergedError, match=r"no numbers after epoch 3: try a third of lr=0\.5"):
        selecting().on_epoch_end(net)


def test_patience_is_over_after_so_many_epochs_without_improvement():
    best = selecting()
    best.best_epoch = 2
    for epochs in (2, 3, 4):
        Patience(best, 3).on_epoch_end(Net(epochs))
    with pytest.raises(StopTraining):
        Patience(best, 3).on_epoch_end(Net(5))
