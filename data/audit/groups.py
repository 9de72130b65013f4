"""Which faces belong together: copies, near duplicates and pictures of one person."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd


def components(n: int, edges: np.ndarray) -> np.ndarray:
    """Return the connected component of each of ``n`` nodes, int32 numbers from 0.

    Components are numbered in the order of their smallest nodes.

    Parameters
    ----------
    n : int
    edges : ndarray of int, shape (m, 2)
    """
    # Every tree is hooked to its smallest neighbour and flattened, until no edge joins two trees:
    # a handful of rounds, and SciPy's graphs take longer to import than a data set to load.
    label = np.arange(n)
    first, second = edges[:, 0].astype(np.int64), edges[:, 1].astype(np.int64)
    while not np.array_equal(label[first], label[second]):
        smaller = np.minimum(label[first], label[second])
        np.minimum.at(label, label[first], smaller)
        np.minimum.at(label, label[second], smaller)
        while not np.array_equal(label, label[label]):
            label = label[label]
    return np.unique(label, return_inverse=True)[1].astype(np.int32)


def equal_value_edges(values: pd.Series) -> np.ndarray:
    """Return edges from the first row of every value to its other rows; missing joins nothing."""
    codes, _ = pd.factorize(values)
    known = np.flatnonzero(codes >= 0)
    _, first, inverse = np.unique(codes[known], return_index=True, return_inverse=True)
    edges = np.stack([known[first][inverse], known], axis=1)
    return edges[edges[:, 0] != edges[:, 1]]


def group_numbers(face_ids: pd.Series, component: np.ndarray) -> np.ndarray:
    """Return the group of every face: 63 bits of the sha256 of the component's smallest id.

    The number depends on nothing but the ids in the group: not on the order of the files, not on
    the rest of the data set.
    """
    smallest = pd.Series(face_ids.to_numpy()).groupby(component).min()
    numbers = np.array([stable_hash(face_id) for face_id in smallest.tolist()], dtype=np.int64)
    return numbers[component]


def stable_hash(text: str) -> int:
    """Return the first 63 bits of the sha256 of ``text``."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
