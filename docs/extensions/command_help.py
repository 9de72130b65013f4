"""The directive ``study-help``: what every command of ``study`` prints for ``--help``."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any
from unittest import mock

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

ENVIRONMENT = {"COLUMNS": "78", "TERM": "dumb", "NO_COLOR": "1"}


def help_of(words: list[str]) -> str:
    """Return what ``study <words> --help`` prints."""
    from study.__main__ import call

    text = io.StringIO()
    with (
        mock.patch.dict(os.environ, ENVIRONMENT),
        mock.patch.object(sys, "argv", ["study"]),
        contextlib.redirect_stdout(text),
    ):
        code = call([*words, "--help"])
    if code:
        raise RuntimeError(f"study {' '.join(words)} --help ended with {code}")
    return "\n".join(line.rstrip() for line in text.getvalue().split("\n")).strip("\n")


def commands() -> Iterator[list[str]]:
    """Yield every command's words, groups before their members."""
    import typer

    from study.__main__ import app

    def walk(command: Any, words: list[str]) -> Iterator[list[str]]:
        for name, member in sorted(getattr(command, "commands", {}).items()):
            yield [*words, name]
            yield from walk(member, [*words, name])

    yield from walk(typer.main.get_command(app), [])


class StudyHelp(SphinxDirective):
    """A section for every command."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        sections = []
        for words in commands():
            title = f"study {' '.join(words)}"
            section = nodes.section(ids=[title.replace(" ", "-")], names=[title])
            section += nodes.title(title, title)
            text = help_of(words)
            section += nodes.literal_block(text, text, language="text")
            sections.append(section)
        return sections


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("study-help", StudyHelp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
