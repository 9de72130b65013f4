"""Records of several cells: of one protocol, of one machine."""

import json

import pytest

from study.record.records import (
    TIMES,
    costs_on_one_machine,
    processors,
    select_scores,
    sign_records,
)


def record(contender, seconds, processor, protocol="full", **more):
    costs = {"contender": contender, "protocol": protocol, "fit_seconds": seconds,
             "predict_images_per_second": 100.0, "model_bytes": 5.0}  # fmt: skip
    return {"costs": costs, "processor": processor, **more}


HERE = {"machine": {"processor": "fast", "cores": 2}}


def test_times_are_of_the_processor_that_computed_most():
    rows = [record("cnn", 10.0, "slow"), record("cnn", 4.0, "fast"), record("cnn", 6.0, "fast"),
            record("hog", 3.0, "slow")]  # fmt: skip
    rows.append(record("hog", 2.0, "fast"))
    costs, more = costs_on_one_machine(rows, HERE)
    assert costs.groupby("contender")["fit_seconds"].median().to_dict() == {"cnn": 5.0, "hog": 2.0}
    assert costs[TIMES].isna().all(axis=1).tolist() == [True, False, False, True, False]
    assert costs["model_bytes"].tolist() == [5.0] * 5
    assert more["machine"]["processors"] == {"fast": 3, "slow": 2}
    assert next(iter(more["machine"]["processors"])) == "fast"


def test_no_time_of_another_machine_stands_beside_the_others():
    rows = [record("cnn", 4.0, "fast"), record("hog", 3.0, "fast"), record("new", 1.0, "third")]
    costs, _ = costs_on_one_machine(rows, {"machine": {"processor": "third"}})
    assert costs["fit_seconds"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("processor", ["fast", None])  # None: a record of an older version
def test_one_machine_is_nothing_to_speak_of(processor):
    costs, more = costs_on_one_machine([record("cnn", 4.0, processor)], HERE)
    assert costs["fit_seconds"].tolist() == [4.0]
    assert more == {}


def test_records_of_an_older_version_are_signed_before_a_run_goes_on_elsewhere(tmp_path):
    (tmp_path / "records").mkdir()
    (tmp_path / "provenance.json").write_text(json.dumps(HERE))
    for name, content in (("a", {"costs": 1}), ("b", {"costs": 2, "processor": "slow"})):
        (tmp_path / "records" / f"{name}.json").write_text(json.dumps(content))
    assert processors(tmp_path) == {"slow"}
    sign_records(tmp_path)
    assert processors(tmp_path) == {"slow", "fast"}
    assert json.loads((tmp_path / "records" / "a.json").read_text()) == {
        "costs": 1, "processor": "fast",
    }  # fmt: skip


def test_the_pair_is_named_by_one_protocol():
    rows = [
        record("cnn", 1.0, None, "adult", select={"mae": 3.0}),
        record("cnn", 2.0, None, "full", select={"mae": 4.0}),
    ]
    assert select_scores(rows, "full") == {"cnn": {"mae": 4.0}}
    assert select_scores(rows) == {"cnn": {"mae": 3.5}}
