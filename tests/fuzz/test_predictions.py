"""Other people's answers: taken, or refused in a sentence that names the file or the column."""

import numpy as np
import pandas as pd
import pytest
from damage import WORDS, damages, fuzzed
from hypothesis import given
from hypothesis import strategies as st
from run_directories import opened

import reports
from data import tables
from study.errors import UsageError
from study.extras.imported import imported_cells, write_cell
from study.plan.cells import Cell
from study.record.directory import RunDirectory

TEXT = "face_id,age,p_female,age_low,age_high\na,30,0.5,20,40\nb,31.5,0.9,,\nc,8,0.1,1,9\n"
COLUMNS = ("face_id", "age", "p_female", "age_low", "age_high", "gender", "", "age ", "face_id")
CELL = Cell("toy", "full", "theirs", 0, 0)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = RunDirectory(tmp_path_factory.mktemp("run"))
    opened(run, {"format": 2})
    splits = pd.DataFrame({"data_set": "toy", "protocol": "full", "seed": 0, "fold": 0,
                           "face_id": list("abc"), "part": "test"})  # fmt: skip
    tables.write_table(splits, run.path / "splits.parquet", tables.SPLITS)
    return run


def taken_or_sentence(run, path):
    """Import; afterwards there is either a whole table or nothing, and the file stands."""
    run.predictions(CELL).unlink(missing_ok=True)
    before = path.read_bytes()
    try:
        splits = tables.read_table(run.path / "splits.parquet", tables.SPLITS)
        for cell, answers in imported_cells({"theirs": str(path)}, splits, [CELL]).items():
            write_cell(run, cell, answers)
    except UsageError as error:
        assert path.name in str(error)
        assert not run.predictions(CELL).exists()
    else:
        assert len(tables.read_table(run.predictions(CELL), tables.PREDICTIONS)) == 3
    assert path.read_bytes() == before


def test_the_text_is_taken(run, tmp_path):
    (tmp_path / "theirs.csv").write_text(TEXT)
    taken_or_sentence(run, tmp_path / "theirs.csv")
    assert run.predictions(CELL).exists()


@fuzzed()
@given(damages(), damages(), st.sampled_from(("csv", "csv", "csv.gz", "zip", "xz", "tsv")))
def test_bytes(run, tmp_path_factory, first, second, suffix):
    path = tmp_path_factory.getbasetemp() / f"theirs.{suffix}"
    path.write_bytes(second(first(TEXT.encode())))
    taken_or_sentence(run, path)


@fuzzed()
@given(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=6), st.data())
def test_cells_of_the_table(run, tmp_path_factory, heading, data):
    numbers = st.sampled_from(("30", "0.5", "0", "1", "200", "-3", "")) | WORDS
    path = tmp_path_factory.getbasetemp() / "theirs.csv"
    rows = [
        [
            face if c == "face_id" and data.draw(st.booleans()) else data.draw(numbers)
            for c in heading
        ]
        for face in "abc"
    ]
    text = pd.DataFrame(rows, columns=heading, dtype=object).to_csv(index=False, errors="replace")
    path.write_text(text, encoding="utf-8", errors="replace")
    taken_or_sentence(run, path)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), WORDS,
    st.lists(st.integers(), max_size=2),
    st.sampled_from((30, 31.5, "male", "female", 0, 1, np.nan, pd.NA, np.float32(4), b"x")),
)  # fmt: skip


@st.composite
def given_columns(draw, names):
    n = draw(st.sampled_from((3, 3, 3, 0, 2)))
    found = {}
    for name in draw(st.lists(st.sampled_from(names), max_size=5, unique=True)):
        column = [draw(VALUES) for _ in range(n)]
        found[name] = np.array(column, dtype=object) if draw(st.booleans()) else column
    return found


TRUE = {"age": [30, 31, 8], "gender": ["male", "female", "female"]}
ANSWER = {"age": [30, 31, 8], "p_female": [0.1, 0.5, 0.9]}


@fuzzed()
@given(
    given_columns(("age", "gender", "ethnicity", "face_id", "yaw", "pitch", "other")),
    given_columns(("age", "gender", "p_female", "age_low", "age_high")),
    st.booleans(),
    st.booleans(),
)
def test_from_predictions(true, answer, keep_true, keep_answer):
    truth = TRUE | true if keep_true else true
    mine = ANSWER | answer if keep_answer else answer
    try:
        run = reports.from_predictions(truth, {"mine": mine})
    except tables.ContractError as error:
        assert str(error).strip()
    else:
        assert set(run.predictions["contender"]) <= {"mine"}


@fuzzed(0.3)
@given(
    st.lists(VALUES, max_size=4) | st.none(),
    st.dictionaries(WORDS, st.lists(VALUES, min_size=3, max_size=3) | st.just([1, 2]), max_size=2),
    st.dictionaries(
        st.sampled_from(("mine", "x")),
        st.dictionaries(WORDS | st.just("cores"), VALUES, max_size=2),
        max_size=2,
    ),
)
def test_what_goes_with_predictions(groups, by, costs):
    try:
        reports.from_predictions(TRUE, {"mine": ANSWER}, groups=groups, by=by, costs=costs)
    except tables.ContractError as error:
        assert str(error).strip()
