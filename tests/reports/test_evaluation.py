"""Numbers of a run: computed once, and gone with their evaluation."""

import gc
import weakref

import pandas as pd

import reports
from reports.evaluation import Evaluation


def test_an_evaluation_dies_with_its_last_reader():
    run = reports.from_predictions(
        {"age": range(20, 60), "gender": ["male", "female"] * 20},
        {"mine": {"age": range(21, 61), "p_female": [0.2, 0.7] * 20}},
    )
    evaluation = Evaluation(run)
    crossed = evaluation.crossed("age_class", "gender")
    assert isinstance(crossed, pd.DataFrame)
    assert evaluation.crossed("age_class", "gender") is crossed
    known = weakref.ref(evaluation)
    del evaluation
    gc.collect()
    assert known() is None
