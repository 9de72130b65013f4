"""Names beside dots: none on another, and the same places whatever the order of drawing."""

import numpy as np
import pytest

from reports.drawing.labels import DOT, _meet, beside

SIZE = 8.5


def box(point, text, place):
    (dx, dy), align = place
    width = 0.6 * SIZE * len(text)
    left = point[0] + dx - {"left": 0, "center": width / 2, "right": width}[align]
    return left, point[1] + dy, left + width, point[1] + dy + SIZE


@pytest.mark.parametrize("gap", [200, 30, 14, 9])
def test_no_name_lies_on_another_or_on_a_dot(gap):
    texts = ["hog-kernel", "cnn-face-frozen", "hog-pose", "cnn"]
    points = np.array([(100 + gap * k, 50 + (k % 2) * 3) for k in range(4)], float)
    places = beside(points, texts, SIZE)
    names = [box(*each) for each in zip(points, texts, places, strict=True)]
    dots = [(x - DOT / 2, y - DOT / 2, x + DOT / 2, y + DOT / 2) for x, y in points]
    assert not any(_meet(a, b) for k, a in enumerate(names) for b in [*names[:k], *dots])


def test_a_name_alone_stands_above_its_dot():
    assert beside(np.array([[10.0, 10.0], [400.0, 10.0]]), ["a", "b"], SIZE) == [
        ((0, 8), "center"), ((0, 8), "center"),
    ]  # fmt: skip


def test_boxes_that_touch_do_not_meet():
    assert _meet((0, 0, 2, 2), (1, 1, 3, 3))
    assert not _meet((0, 0, 2, 2), (2, 0, 3, 2))
    assert not _meet((0, 0, 2, 2), (0, 2, 2, 3))
