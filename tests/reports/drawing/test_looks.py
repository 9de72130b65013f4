"""Colours and markers of contenders on a page."""

from __future__ import annotations

import pytest

from reports.drawing.figures import looks


def test_families_keep_their_colours_in_any_company():
    alone = looks({"cnn": "cnn"})
    beside = looks({"dummy": "baseline", "hog-kernel": "classical", "cnn": "cnn"})
    assert alone["cnn"] == beside["cnn"]
    assert list(beside) == ["dummy", "hog-kernel", "cnn"]


def test_a_large_family_borrows_colours_before_it_repeats_any():
    families = {f"cnn@{i}": "cnn" for i in range(4)} | {f"hog@{i}": "classical" for i in range(4)}
    found = looks(families)
    assert list(found) == list(families)
    assert len({look.colour for look in found.values()}) == 8


@pytest.mark.parametrize("n", [10, 25, 60])
def test_no_two_contenders_look_the_same(n):
    found = looks({f"model {i}": "cnn" for i in range(n)}).values()
    assert len({(look.colour, look.marker) for look in found}) == n
    assert all(len(look.symbol) == 1 for look in found)
