"""Charts outside the page."""

from __future__ import annotations

from xml.etree import ElementTree

from matplotlib.figure import Figure

from reports.drawing.figures import looks, style
from reports.drawing.svg import standalone, to_svg


def test_a_picture_of_its_own_has_colours_title_and_legend():
    known = looks({"hog": "classical", "cnn & co": "cnn", "absent": "baseline"})
    with style():
        figure = Figure(figsize=(4, 2))
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=known["hog"].colour)
        axes.plot([0, 1], [1, 0], color=known["cnn & co"].colour)
        svg = standalone(to_svg(figure, "k", "Age < 30", "note"), "Age < 30", known)
    assert "var(" not in svg
    text = "".join(ElementTree.fromstring(svg).itertext())
    assert "Age < 30" in text
    assert "■ hog" in text
    assert "cnn & co" in text
    assert "absent" not in text
