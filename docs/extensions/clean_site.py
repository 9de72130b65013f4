"""Two promises of the site: building it needs no network, and it names no path of the machine."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path
from typing import Any

from sphinx.util import logging

ROOT = Path(__file__).parents[2]
LOGGER = logging.getLogger(__name__)


def refuse_network(app: Any) -> None:
    """Make every connection to another machine fail while the examples run."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in (
            "127.0.0.1", "::1", "localhost",
        ):  # fmt: skip
            raise OSError(f"the documentation is built without network, asked for {address}")
        connect(self, address)

    socket.socket.connect = local_only  # type: ignore[method-assign]


def find_paths(app: Any, error: Exception | None) -> None:
    """Warn about every page that shows a folder of the machine it was built on."""
    if error is not None or app.builder.name != "html":
        return
    places = {str(ROOT), str(Path.home()), tempfile.gettempdir()} - {"/"}
    for page in sorted(Path(app.outdir).rglob("*.html")):
        text = page.read_text(encoding="utf-8", errors="replace")
        for place in sorted(places):
            if f"{place}/" in text:
                LOGGER.warning("%s shows %s", page.relative_to(app.outdir), place)


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", refuse_network, priority=1)
    app.connect("build-finished", find_paths)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
