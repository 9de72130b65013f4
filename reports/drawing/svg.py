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
from importlib import resources

from matplotlib.figure import Figure

from .figures import VARIABLES, Looks

SMALLEST = 11.1  # pixels of a chart's text on a phone


def to_svg(figure: Figure, key: str, title: str, description: str) -> str:
    """Export a figure to an SVG element for the page; ``key`` is the prefix of all ids."""
    buffer = io.StringIO()
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        if not axis.get_label_text():
            axis.set_label_coords(0, 0)  # else room is measured for a name that it has not
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
    return _with_description(_slim(svg), key, title, description)


def _slim(svg: str) -> str:
    """Leave out what is not seen: a third of the bytes.

    The page says which font it uses; nothing points to most ids; a group without attributes and a
    path without colour draw nothing of their own.
    """
    svg = re.sub(r"font-family: 'DejaVu Sans'; ?", "", svg)
    svg = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", svg)
    svg = re.sub(r'<path [^>]*style="fill: none"/>', "", svg)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]*)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", svg)
    # coordinates need two decimals; text is data and keeps all its digits
    svg = re.sub(r"<[^>]*>", lambda tag: _short_numbers(tag[0]), svg)
    svg = re.sub(r">\s+<", "><", svg)
    kept, out = [], []
    for tag in re.split(r"(</?g[^>]*>)", svg):
        if tag.startswith("<g") and not tag.endswith("/>"):
            kept.append(tag != "<g>")
            out.append(tag if kept[-1] else "")
        elif tag == "</g>":
            out.append(tag if kept.pop() else "")
        else:
            out.append("" if tag == "<g/>" else tag)
    return "".join(out)


def _short_numbers(tag: str) -> str:
    tag = re.sub(r"(\d+\.\d{2})\d{3,}", r"\1", tag)
    tag = re.sub(r"(\.\d*?)0+(?=[ \n\",)])", r"\1", tag)
    return re.sub(r"\.(?=[ \n\",)])", "", tag).replace(" \n", " ").replace("\n", "")


def _with_description(svg: str, key: str, title: str, description: str) -> str:
    head, body = svg.split(">", 1)
    size = re.search(r'viewBox="([^"]*)"', head)
    width = re.search(r'width="([\d.]+)pt"', head)
    box = size[1] if size else "0 0 360 240"
    wide = float(width[1]) * 4 / 3 if width else 480
    # as narrow as a phone may draw it: its smallest text has eleven pixels there
    letters = [float(px) for px in re.findall(r"font-size: ([\d.]+)px", body)]
    least = wide * SMALLEST / (min(letters, default=SMALLEST) * 4 / 3)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{box}" role="img" style="--w:{wide:.0f}px;--least:{least:.0f}px" '
        f'aria-labelledby="{key}-title {key}-desc">'
        f'<title id="{key}-title">{html.escape(title)}</title>'
        f'<desc id="{key}-desc">{html.escape(description)}</desc>{body}'
    )


def standalone(svg: str, title: str, looks: Looks) -> str:
    """Return a picture of the page as a file of its own: light colours, title and legend inside.

    Contenders that are not drawn are left out of the legend, and of variants that share a colour
    the first stands for all.
    """
    size = re.search(r'viewBox="([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+)"', svg)
    assert size is not None
    width, height = float(size[3]), float(size[4])
    first = {look.colour: name for name, look in reversed(list(looks.items()))}
    drawn = [
        name
        for name, look in looks.items()
        if first[look.colour] == name and f"var({VARIABLES[look.colour]})" in svg
    ]
    lines, x = [f'<text x="4" y="10" style="font-weight:bold">{html.escape(title)}</text>'], 4.0
    y = 24.0
    for name in drawn:
        step = 5.4 * (len(name) + 4)
        if x + step > width and x > 4:
            x, y = 4.0, y + 13
        variable = VARIABLES[looks[name].colour]
        mark = f'<tspan style="fill:var({variable})">{looks[name].symbol}</tspan>'
        lines.append(f'<text x="{x:.0f}" y="{y:.0f}">{mark} {html.escape(name)}</text>')
        x += step
    band = y + 8
    head = (
        f'<rect y="{-band:.0f}" width="{width:g}" height="{height + band:g}" '
        f'style="fill:var(--ground)"/><g transform="translate(0 {-band:.0f})" '
        f'style="font-size:8.5px;fill:var(--ink)">'
        f"{''.join(lines)}</g>"
    )
    font = "font-family=\"'DejaVu Sans',sans-serif\""
    svg = svg.replace(size[0], f'viewBox="0 {-band:.0f} {width:g} {height + band:g}" {font}', 1)
    svg = svg.replace("</desc>", f"</desc>{head}", 1)
    colours = _light_colours()
    return re.sub(r"var\((--[\w-]+)\)", lambda match: colours[match[1]], svg)


def _light_colours() -> dict[str, str]:
    """Return the variables of the page's light theme."""
    page = (
        resources.files("reports.page").joinpath("template/style.css").read_text(encoding="utf-8")
    )
    block = page[page.index(":root{") : page.index("}")]
    return {k: v.replace('"', "'") for k, v in re.findall(r"(--[\w-]+):([^;}]+)", block)}
