"""Pack rendered faces into the data set: archive, table, manifest, contact sheet."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tarfile
import tempfile
from pathlib import Path

import cv2
import numpy as np

from .plan import Shot
from .sources import ARCHIVES, sha256

GROUP_NAMES = {"caucasian": "White", "african": "Black", "asian": "Asian"}
SHEET_ROWS, SHEET_COLUMNS, SHEET_SIDE = 5, 12, 96


class PackError(RuntimeError):
    """The set is not complete."""


def pack(folder: Path, shots: list[Shot], target: Path) -> None:
    """Write ``faces.tar``, ``truth.csv``, ``contact_sheet.jpg`` and ``manifest.json``."""
    missing = [s.index for s in shots if not (folder / f"{s.index:05d}.json").exists()]
    if missing:
        raise PackError(
            f"{len(missing)} of {len(shots)} faces are not rendered yet (first: {missing[0]})."
        )
    target.mkdir(parents=True, exist_ok=True)
    faces = []
    for shot in shots:
        truth = json.loads((folder / f"{shot.index:05d}.json").read_text())
        faces.append((table_row(truth), (folder / f"{shot.index:05d}.jpg").read_bytes()))
    # Written aside and moved into place whole: a full disk leaves the old set as it was.
    with tempfile.TemporaryDirectory(dir=target, prefix=".draft") as draft:
        aside = Path(draft)
        write_archive(faces, aside / "faces.tar")
        write_table([truth for truth, _ in faces], aside / "truth.csv")
        (aside / "contact_sheet.jpg").write_bytes(contact_sheet(faces))
        write_manifest(aside, len(faces))
        for path in aside.iterdir():
            path.replace(target / path.name)


def table_row(truth: dict) -> dict:
    """Put the file and the group's name in UTKFace's words before the truth about a face."""
    rest = {name: value for name, value in truth.items() if name not in ("face_id", "dominant")}
    return {
        "face_id": truth["face_id"],
        "file": truth["face_id"] + ".jpg",
        "ethnicity": GROUP_NAMES[truth["dominant"]],
        **rest,
    }


def write_archive(faces: list[tuple[dict, bytes]], path: Path) -> None:
    """Write an uncompressed tar, in the order of the design, that depends on the pictures alone."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for truth, picture in faces:
            entry = tarfile.TarInfo(truth["file"])
            entry.size, entry.mode, entry.mtime = len(picture), 0o644, 0
            archive.addfile(entry, io.BytesIO(picture))


def write_table(rows: list[dict], path: Path) -> None:
    """Write the truth about every face, in the order of the design (every prefix is balanced)."""
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def contact_sheet(faces: list[tuple[dict, bytes]]) -> bytes:
    """Faces evenly spaced over age, youngest first, as one JPEG."""
    ordered = sorted(faces, key=lambda face: face[0]["age"])
    count = min(SHEET_ROWS * SHEET_COLUMNS, len(ordered))
    tiles = []
    for at in np.linspace(0, len(ordered) - 1, count).round().astype(int):
        image = cv2.imdecode(np.frombuffer(ordered[at][1], np.uint8), cv2.IMREAD_COLOR)
        tiles.append(cv2.resize(image, (SHEET_SIDE, SHEET_SIDE), interpolation=cv2.INTER_AREA))
    while len(tiles) < SHEET_ROWS * SHEET_COLUMNS:
        tiles.append(np.full((SHEET_SIDE, SHEET_SIDE, 3), 255, np.uint8))
    rows = [np.hstack(tiles[k : k + SHEET_COLUMNS]) for k in range(0, len(tiles), SHEET_COLUMNS)]
    return cv2.imencode(".jpg", np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()


def write_manifest(target: Path, count: int) -> None:
    """Hashes of the set, of its sources and of the code that drew it."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        code.update(path.read_bytes())
    manifest = {
        "faces": count,
        "files": {
            name: {"sha256": sha256(target / name), "bytes": (target / name).stat().st_size}
            for name in ("faces.tar", "truth.csv", "contact_sheet.jpg")
        },
        "sources": {archive.file: archive.sha256 for archive in ARCHIVES},
        "renderer": {"blender": "4.5.15", "code_sha256": code.hexdigest()},
    }
    (target / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
