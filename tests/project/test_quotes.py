"""Numbers that pages quote are those of the published runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.quotes import QUOTE, documents, quoted, renewed

SUMMARY = {
    "headline": [
        {"contender": "cnn", "metric": "mae", "value": 4.333, "low": 4.204, "high": 4.476},
        {"contender": "cnn", "metric": "accuracy", "value": 0.9428, "low": None, "high": None},
        {"contender": "cnn", "metric": "auc", "value": 0.98, "low": 0.97, "high": 0.985,
         "recipe_low": 0.96, "recipe_high": 0.99},
    ],
    "gaps": [
        {"contender": "cnn", "worst_value": 7.5, "worst_low": 6.0, "worst_high": 9.0,
         "level": "a b"},
    ],
    "charts": {
        "Age error elsewhere": [
            {"contender": "cnn", "mae": -0.001, "mae_low": -1.0, "mae_high": 1.0}
        ]
    },
}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project with one published run."""
    folder = tmp_path / "docs" / "results" / "home"
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps(SUMMARY), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("home headline contender=cnn metric=mae", "4.33 [4.20, 4.48]"),
        ("home headline contender=cnn metric=mae only=value", "4.33"),
        ("home headline contender=cnn metric=mae digits=1", "4.3 [4.2, 4.5]"),
        ("home headline contender=cnn metric=accuracy scale=100", "94.3"),
        ("home headline contender=cnn metric=auc", "0.98 [0.96, 0.99]"),
        ("home gaps contender=cnn level=a_b show=worst_value", "7.50 [6.00, 9.00]"),
        ("home charts/Age_error_elsewhere contender=cnn show=mae", "0.00 [-1.00, 1.00]"),
    ],
)
def test_a_quote_is_the_rounded_number_with_its_interval(spec: str, words: str, root: Path) -> None:
    assert quoted(spec, root) == words
    assert renewed(f"<!-- {spec} -->9.99<!-- / --> years", root) == (
        f"<!-- {spec} -->{words}<!-- / --> years"
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("away headline contender=cnn", "not published"),
        ("home nothing contender=cnn", "no 'nothing' among charts, gaps, headline"),
        ("home headline contender=cnn", "3 rows, not one"),
        ("home headline contender=dog metric=mae", "0 rows, not one"),
        ("home headline contender=cnn metric=mae show=middle", "no column 'middle'"),
    ],
)
def test_a_quote_of_nothing_is_refused(spec: str, message: str, root: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        quoted(spec, root)


@pytest.mark.parametrize("page", documents(), ids=lambda page: page.name)
def test_every_quoted_number_is_that_of_its_run(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert renewed(text) == text, "python benchmarks/quotes.py writes them anew"
    opened = len(re.findall(r"<!-- / -->", text))
    assert len(QUOTE.findall(text)) == opened, "a quote that is not well formed"
