"""Render the embedded faces: ``python -m tools.render_faces --out DIR``.

Resumable: run the same command again after an interruption. Several processes share one folder
with ``--part 0/2`` and ``--part 1/2``. ``--pack DIR`` then writes the data set.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PYTHON = (3, 11)
SEED, COUNT = 2026, 2400
# Raised whenever the same seed would draw other faces.
EDITION = 1


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.render_faces",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of pictures and truth")
    parser.add_argument(
        "--sources", type=Path, help="folder of the source archives (default: OUT/sources)"
    )
    parser.add_argument("--count", type=int, default=COUNT, help="faces in all (default: 2400)")
    parser.add_argument("--part", default="0/1", help="K/N: every N-th face, from the K-th on")
    parser.add_argument("--pack", type=Path, help="write the finished set to this folder")
    return parser.parse_args()


def check_environment() -> None:
    """Say what is wrong with the environment before anything heavy is imported."""
    if sys.version_info[:2] != PYTHON:
        found = ".".join(map(str, sys.version_info[:2]))
        sys.exit(f"Blender's module needs Python 3.11; this is Python {found}.")
    for name in ("bpy", "cv2", "numpy"):
        try:
            __import__(name)
        except ImportError as error:
            sys.exit(f"{error}. Run: pip install -r tools/render_faces/requirements.txt")


@contextlib.contextmanager
def quiet_stdout() -> Iterator[None]:
    """Keep Blender's own chatter, written below Python, off the terminal."""
    saved, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        sys.stdout.flush()
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.close(nowhere)


def render(options: argparse.Namespace) -> None:
    """Render what is missing of one part."""
    from . import face, plan, sources, store

    design = {"seed": SEED, "edition": EDITION, "size": face.SIZE, "samples": face.SAMPLES}
    folder = store.Store(options.out, design)
    part, parts = (int(x) for x in options.part.split("/"))
    missing = [s for s in plan.shots(SEED, options.count)[part::parts] if not folder.done(s.index)]
    if not missing:
        return
    maker = face.FaceMaker(sources.assets(options.sources or options.out / "sources"), SEED)
    began = time.process_time()
    for k, shot in enumerate(missing, 1):
        with quiet_stdout():
            picture, truth = maker.make(shot, options.out / f"scratch{part}.png")
        folder.save(shot.index, picture, truth)
        if k % 10 == 0 or k == len(missing):
            pace = (time.process_time() - began) / k
            print(f"{k}/{len(missing)} faces, {pace:.2f} s of CPU each", file=sys.stderr)


def main() -> None:
    """Run the command line."""
    options = arguments()
    check_environment()
    from . import pack, plan, sources, store

    try:
        render(options)
        if options.pack:
            pack.pack(options.out, plan.shots(SEED, options.count), options.pack)
    except (sources.SourceError, store.StoreError, pack.PackError) as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.exit(f"error: the disk is full ({error}). Free some space and run the command again.")
    except KeyboardInterrupt:
        sys.exit("Interrupted. What is written is whole; run the same command again to go on.")


if __name__ == "__main__":
    main()
