"""What a training begins with, where it goes on, and what its record sums up."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback
from tiny_training import TINY, noise_faces

from pipelines import CnnAgeGender, CnnClassifier, CnnRegressor
from pipelines.cnn.batches.batches import FaceSet
from pipelines.cnn.network.backbones import create_backbone
from pipelines.cnn.training import loop
from pipelines.cnn.training.settings import TrainingRecord

NAN = float("nan")
X, Y = noise_faces()


def untrained(kind=CnnAgeGender, targets=((20, 1, 1), (60, 0, 1), (50, 1, 1)), **options):
    cnn = kind(**{**TINY, **options})
    backbone = create_backbone(cnn.backbone, weights=None, image_size=32)
    table = torch.tensor(targets, dtype=torch.float32)
    return loop.build_network(cnn, backbone, getattr(cnn, "_head", lambda: None)(), table)


def test_heads_begin_at_the_answers_of_faces_that_have_a_say():
    """Ages 20, 30, 60 and one unknown; three of four are of the second class."""
    targets = [(20, 1, 1), (30, 1, 0.5), (60, 0, 2), (NAN, 1, 1), (99, 0, 0), (98, 0, 0)]
    network = untrained(targets=targets, age_head="regression")
    assert network.heads["age"].bias.tolist() == pytest.approx([3.0])
    assert network.heads["gender"].bias.tolist() == pytest.approx([np.log(3)], rel=1e-5)
    for gender, share in ((1, 0.99), (0, 0.01)):
        one = untrained(targets=[(20, gender, 1)] * 3)
        expected = np.log(share / (1 - share))
        assert one.heads["gender"].bias.item() == pytest.approx(expected, rel=1e-4)


def test_a_network_has_the_heads_of_its_questions():
    def widths(network):
        return {name: head.out_features for name, head in network.heads.items()}

    assert widths(untrained()) == {"age": 131, "gender": 1}
    assert widths(untrained(CnnRegressor)) == {"age": 131}
    assert widths(untrained(CnnClassifier)) == {"gender": 1}


def test_one_row_of_history():
    row = {"epoch": 3, "train_loss": 1.5, "dur": 0.25, "select_mae": 7.0, "batches": [], "other": 1}
    assert loop._plain_row(row) == {
        "epoch": 3, "train_loss": 1.5, "seconds": 0.25, "select_mae": 7.0,
    }  # fmt: skip
    assert loop._plain_row({"epoch": 1}) == {"epoch": 1}


def test_members_are_trained_in_turn_and_summed_up(monkeypatch):
    called = []

    def train(estimator, faces, select, head, seed, member):
        called.append((estimator, faces, select, head, seed, member))
        record = TrainingRecord({}, "fp32", "cpu", 10 + seed, [seed], [{"row": seed}], seed / 2)
        return SimpleNamespace(module_=f"network {seed}"), record

    monkeypatch.setattr(loop, "train", train)
    monkeypatch.setattr(loop, "together", tuple)
    monkeypatch.setattr(loop, "answering_net", lambda module, device: (module, device))
    net, record = loop.train_members("cnn", "faces", "select", "head", [4, 7])
    given = ("cnn", "faces", "select", "head")
    assert called == [(*given, 4, (0, 2)), (*given, 7, (1, 2))]
    assert net == (("network 4", "network 7"), "cpu")
    assert (record.n_parameters, record.best_epochs) == (31, [4, 7])
    assert (record.history, record.seconds_before) == ([{"row": 4}, {"row": 7}], 5.5)
    alone, record = loop.train_members("cnn", "faces", "select", "head", [4])
    assert (alone.module_, record.n_parameters) == ("network 4", 14)


class Measured(Exception):  # noqa: N818 - a signal, not an error
    """Statistics were asked for, with these batches."""


def measured(monkeypatch, n, norm="batch"):
    """Numbers of the faces that tell the statistics of a folded backbone."""

    def restore(backbone, batches):
        raise Measured([batch[:, 0, 0, 0].int() for batch in batches])

    def folded(*args, **options):
        torch.manual_seed(0)
        backbone = create_backbone(*args, **options)
        return backbone.__class__(**{**vars(backbone), "folded": True})

    monkeypatch.setattr(loop, "restore_statistics", restore)
    monkeypatch.setattr(loop, "create_backbone", folded)
    images = (np.arange(700) % 256).astype(np.uint8)[:, None, None, None].repeat(3, 3)
    images = images.repeat(32, 1).repeat(32, 2)
    faces = FaceSet(images, np.arange(5, 5 + n), np.tile(np.float32([30, 1, 1]), (n, 1)))
    cnn = CnnAgeGender(**TINY, epochs=1, norm=norm)
    with pytest.raises(Measured) as found:
        loop.train(cnn, faces, (images[:4], faces.targets[:4]), cnn._head(), 0, (0, 1))
    return found.value.args[0]


def test_five_hundred_and_twelve_faces_tell_the_statistics(monkeypatch):
    found = measured(monkeypatch, 650)
    assert [len(batch) for batch in found] == [64] * 8
    rows = np.linspace(5, 654, 512).astype(int)
    np.testing.assert_array_equal(torch.cat(found), rows % 256)
    few = measured(monkeypatch, 70)
    assert [len(batch) for batch in few] == [64, 6]
    np.testing.assert_array_equal(torch.cat(few), np.arange(5, 75))


class Saver(Callback):
    """A checkpoint that finds so many epochs done, the first of them the best."""

    done = 0
    seconds_before = 7.5

    def __init__(self, folder, rate, best, show, average):
        self.best = best

    def restore(self, net):
        if self.done:
            self.best.best_epoch = 1
            self.best.best_score = -1.0  # none will be better
            self.best.best_state = {k: v.clone() for k, v in net.module_.state_dict().items()}
        return self.done


@pytest.mark.parametrize(("done", "rows"), [(0, 5), (2, 3), (3, 2), (4, 0), (5, 0)])
def test_a_training_goes_on_where_it_stopped(monkeypatch, tmp_path, done, rows):
    """Five epochs asked for. Patience of 3 is over once epoch 4 was no better than the first."""
    monkeypatch.setattr(loop, "Checkpoint", Saver)
    monkeypatch.setattr(Saver, "done", done)
    begun = []
    batches = loop.TrainingBatches.__iter__
    monkeypatch.setattr(
        loop.TrainingBatches, "__iter__", lambda self: begun.append(self.epoch) or batches(self)
    )
    patience = 9 if done in (0, 2) else 3
    cnn = CnnAgeGender(**TINY, epochs=5, patience=patience, checkpoint=tmp_path)
    record = cnn.fit(X, Y, select=(X, Y), calibrate=(X, Y)).training_
    assert len(record.history) == rows
    assert begun == list(range(done, done + rows))
    assert record.seconds_before == 7.5
    assert [row["member"] for row in record.history] == [1] * rows


def test_a_training_without_checkpoint_took_no_time_before():
    record = CnnAgeGender(**TINY, epochs=1).fit(X, Y, select=(X, Y), calibrate=(X, Y)).training_
    assert record.seconds_before == 0


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_the_net_is_built_as_asked(precision):
    cnn = CnnAgeGender(**TINY, lr=0.25, weight_decay=0.125, layer_decay=0.5)
    net = loop._build_net(cnn, untrained(), cnn._head(), "cpu", precision, 11)
    assert net.bf16 == (precision == "bf16")
    assert (net.lr, net.weight_decay, net.layer_decay, net.batch_size) == (0.25, 0.125, 0.5, 8)
    assert (net.iterator_train__seed, net.iterator_train__epoch) == (11, 0)
    assert net.verbose == 0
