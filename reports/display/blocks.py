"""What a section of the page is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from .cells import Table


@dataclass(frozen=True)
class Prose:
    """Paragraphs; ``kind`` is 'text', 'note' or 'missing' (a table the run does not hold)."""

    paragraphs: list[str]
    kind: str = "text"


@dataclass(frozen=True)
class Listing:
    """Preformatted text under a title, such as the plan."""

    title: str
    text: str


@dataclass(frozen=True)
class Chart:
    """A chart and its numbers; ``legend`` holds the indexes of the contenders drawn.

    The page draws its picture when all are known.
    """

    key: str
    title: str
    note: str
    table: Table
    legend: list[int]


@dataclass(frozen=True)
class Picture:
    """One face of a gallery; ``images`` are (caption, data URI)."""

    title: str
    facts: list[str]
    images: list[tuple[str, str]]


@dataclass(frozen=True)
class Gallery:
    """Faces worth a look."""

    key: str
    title: str
    note: str
    pictures: list[Picture]


Block = Prose | Listing | Chart | Gallery | Table


@dataclass(frozen=True)
class Section:
    """A part of the page; ``finding`` is what its numbers say, in a line."""

    key: str
    title: str
    lead: str
    blocks: list[Block] = field(default_factory=list)
    finding: str = ""


def kind(block: Block) -> str:
    """Return the name of the template macro that draws a block."""
    return type(block).__name__.lower()
