"""Who belongs together: components, edges and numbers of groups by hand."""

import hashlib

import numpy as np
import pandas as pd

from data.audit.groups import components, equal_value_edges, group_numbers, stable_hash


def test_components_by_hand():
    edges = np.array([[0, 3], [3, 1], [4, 5]])
    found = components(7, edges)
    assert found.tolist() == [0, 0, 1, 0, 2, 2, 3]
    assert components(3, np.empty((0, 2), int)).tolist() == [0, 1, 2]


def test_edges_lead_from_the_first_of_a_value_to_the_others():
    values = pd.Series(["b", "a", None, "b", "c", None, "a", "b"])
    found = equal_value_edges(values)
    assert sorted(found.tolist()) == [[0, 3], [0, 7], [1, 6]]
    assert equal_value_edges(pd.Series([None, "x", "y"])).shape == (0, 2)


def test_the_number_of_a_group_is_that_of_its_smallest_id():
    ids = pd.Series(["b", "a", "c"], index=[7, 8, 9])
    found = group_numbers(ids, np.array([0, 0, 1]))
    digests = [int(hashlib.sha256(name).hexdigest()[:16], 16) // 2 for name in (b"a", b"c")]
    assert found.tolist() == [digests[0], digests[0], digests[1]]
    assert stable_hash("a") == digests[0] < 2**63
