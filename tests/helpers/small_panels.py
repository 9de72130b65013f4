"""Panels of a few faces, from plain lists of true and predicted values."""

import numpy as np

import reports
from reports.evaluation import Evaluation


def run_of(age, gender, **answers):
    truth = {"age": np.asarray(age), "gender": np.asarray(gender)}
    return reports.from_predictions(truth, answers)


def panel_of(age, predicted, gender=None):
    gender = np.tile(["male", "female"], len(age))[: len(age)] if gender is None else gender
    given = {"age": np.asarray(predicted, float), "p_female": np.full(len(age), 0.5)}
    return Evaluation(run_of(age, gender, m=given)).panel
