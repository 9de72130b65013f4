"""Wrong inputs by the thousand: how many, and how files and words are spoilt."""

import json
import os
import string

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))  # of each test; tox -e fuzz sets it


def fuzzed(share=1.0, usually=20):
    """Return the settings of a fuzz test: a few fixed examples, or many fresh ones.

    Parameters
    ----------
    share : float
        Of ``FUZZ_EXAMPLES``: less for slow ones.
    usually : int
        Examples in an ordinary run of the tests.
    """
    return settings(
        max_examples=max(int(EXAMPLES * share), usually),
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@st.composite
def damages(draw):
    """Return a function of bytes that spoils them: cut, flipped, filled, doubled, emptied."""
    kind = draw(st.sampled_from(("flip", "cut", "drop", "insert", "swap", "empty", "zero", "flip")))
    at, size = draw(st.floats(0, 1)), draw(st.integers(1, 64))
    noise = draw(st.binary(min_size=1, max_size=16))

    def damage(content):
        place = int(at * max(len(content) - 1, 0))
        before, after = content[:place], content[place:]
        return {
            "flip": before + bytes([after[0] ^ noise[0]]) + after[1:] if after else noise,
            "cut": before,
            "drop": before + after[size:],
            "insert": before + noise + after,
            "swap": before + noise + after[len(noise) :],
            "empty": b"",
            "zero": before + bytes(min(size, len(after))) + after[size:],
        }[kind]

    return damage


WORDS = st.one_of(
    st.sampled_from(
        ("", " ", "0", "1", "-1", "nan", "inf", "-inf", "1e400", "00", "None", "null", "true", "[]",
         "{}", "[[", "male", "female", "20-29", "(8, 12)", "ä", "\ufeff", "../x", "/", ".", "..",
         "a/b", "\x00", "\n", '"', "'", "=", "x=", "a.b=1", "2020-01-01", "9" * 400, "x" * 300,
         "\ud800", "👩", "1,5", "1.5.2", "http://", "file:///etc/passwd", "NaN,", "\t;|,")
    ),
    st.text(max_size=12),
    st.text(string.printable, max_size=30),
    st.integers().map(str),
    st.floats().map(str),
)  # fmt: skip

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def json_damages(draw):
    """Return a function of JSON text that removes, renames or replaces one part of it."""
    kind = draw(st.sampled_from(("remove", "rename", "replace", "replace")))
    number, value = draw(st.integers(0, 10_000)), draw(JSON)

    def damage(text):
        tree = json.loads(text)
        places = list(_places(tree))
        holder, key = places[number % len(places)]
        if kind == "replace":
            holder[key] = value
        else:
            held = holder.pop(key)
            if kind == "rename" and isinstance(holder, dict):
                holder[str(value)] = held
        return json.dumps(tree)

    return damage


def _places(tree):
    """Yield every dictionary or list with each of its keys or numbers."""
    for key in tree if isinstance(tree, dict) else range(len(tree)):
        yield tree, key
        if isinstance(tree[key], dict | list):
            yield from _places(tree[key])
