"""A page about faces of which some have only a range of ages."""

import numpy as np
import pandas as pd

import reports
from reports.charts import age_distribution, predicted_true
from reports.evaluation import Evaluation
from reports.tables import RunTables

RNG = np.random.default_rng(0)
N = 120
AGE = RNG.integers(20, 60, N).astype(float)


def ranged() -> RunTables:
    """Every third face has an exact age."""
    answers = {
        name: {"age": AGE + RNG.normal(0, sd, N), "p_female": RNG.uniform(0, 1, N)}
        for name, sd in (("one", 3), ("two", 6))
    }
    gender = np.where(np.arange(N) % 2, "female", "male")
    run = reports.from_predictions({"age": AGE, "gender": gender}, answers)
    lost = np.arange(N) % 3 > 0
    low = np.where(lost, AGE // 10 * 10, np.nan)
    ages = {"age": np.where(lost, np.nan, AGE), "age_low": low, "age_high": low + 9}
    run.faces = run.faces.assign(**pd.DataFrame(ages).astype("float32"))
    return run


def test_the_page_is_written_and_its_charts_count_known_ages():
    run = ranged()
    assert reports.render(run).endswith("</html>")
    evaluation = Evaluation(run)
    ages = age_distribution.frame(evaluation)
    assert ages["male"].sum() + ages["female"].sum() == N // 3
    found = predicted_true.frame(evaluation)
    assert set(found["age"]) == set(AGE[::3].astype(int))
    assert found.groupby("contender")["n"].sum().tolist() == [N // 3] * 2
