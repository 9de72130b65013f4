"""Records of several cells: of one protocol, of one machine."""

import numpy as np
import pytest

from study.record.records import costs_on_one_machine, records_of_home


def record(contender, seconds, processor, protocol="full"):
    costs = {"contender": contender, "protocol": protocol, "fit_seconds": seconds,
             "predict_images_per_second": 100.0, "model_bytes": 5.0}  # fmt: skip
    return {"costs": costs, "processor": processor}


HERE = {"machine": {"processor": "fast", "cores": 2}}


def test_times_are_of_the_processor_that_is_named():
    rows = [record("cnn", 10.0, "slow"), record("cnn", 4.0, "fast"), record("hog", 3.0, "slow")]
    costs, more = costs_on_one_machine(rows, HERE)
    assert costs.groupby("contender")["fit_seconds"].median().to_dict() == {"cnn": 4.0, "hog": 3.0}
    assert np.isnan(costs["predict_images_per_second"].iloc[0])
    assert costs["model_bytes"].tolist() == [5.0] * 3
    assert more["machine"] == {**HERE["machine"], "other_processors": {"slow": 2}}


@pytest.mark.parametrize("processor", ["fast", None])  # None: a record of an older version
def test_one_machine_is_nothing_to_speak_of(processor):
    costs, more = costs_on_one_machine([record("cnn", 4.0, processor)], HERE)
    assert costs["fit_seconds"].tolist() == [4.0]
    assert more == {}


def test_the_pair_is_named_by_the_first_protocol():
    rows = [record("cnn", 1.0, None, "adult"), record("cnn", 2.0, None, "full")]
    assert records_of_home(rows, {"protocols": ["full", "adult"]}) == rows[1:]
    assert records_of_home(rows, {}) == rows
