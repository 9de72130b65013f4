"""Figures as inline SVG: real text, colours from the page, the same bytes every time.

The stand-in colours of ``figures`` become CSS variables, so that one picture serves the light
page, the dark page and the printer. Ids are prefixed by chart, since several pictures share one
document.
"""

from __future__ import annotations

import html
import io
import re
import warnings

from matplotlib.figure import Figure

from .figures import VARIABLES


def to_svg(figure: Figure, key: str, title: str, description: str) -> str:
    """Export a figure to an SVG element for the page.

    Parameters
    ----------
    figure : Figure
    key : str
        Prefix of all ids.
    title, description : str
        Read out by screen readers.
    """
    buffer = io.StringIO()
    with warnings.catch_warnings():
        # the browser has the glyph if our measuring font has not
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(
            buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.S)
    for stand_in, variable in VARIABLES.items():
        svg = svg.replace(stand_in, f"var({variable})")
    svg = re.sub(r'id="contender-(\d+)-(\d+)"', r'data-contender="\1"', svg)
    svg = re.sub(r'\bid="', f'id="{key}-', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{key}-", svg)
    svg = re.sub(r"font: ([^;\"]*?)'DejaVu Sans'[^;\"]*", _font, svg)
    svg = re.sub(r"(\d+\.\d{2})\d{3,}", r"\1", svg)
    svg = re.sub(r">\s+<", "><", svg)
    return _with_description(svg, key, title, description)


def _font(match: re.Match[str]) -> str:
    return f"font: {match[1]}var(--sans)"


def _with_description(svg: str, key: str, title: str, description: str) -> str:
    head, body = svg.split(">", 1)
    size = re.search(r'viewBox="([^"]*)"', head)
    width = re.search(r'width="([\d.]+)pt"', head)
    box = size[1] if size else "0 0 360 240"
    wide = float(width[1]) * 4 / 3 if width else 480
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{box}" role="img" style="max-width:{wide:.0f}px" '
        f'aria-labelledby="{key}-title {key}-desc">'
        f'<title id="{key}-title">{html.escape(title)}</title>'
        f'<desc id="{key}-desc">{html.escape(description)}</desc>{body}'
    )
