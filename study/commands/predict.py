"""``study predict``: every face in a photo, its age with an interval, gender and pose."""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from study.errors import StudyFailed, UsageError
from study.terminal.bars import bars, console, print_json, print_machine_text, table

if TYPE_CHECKING:
    import numpy as np

    from study.models.face_estimate import FaceEstimate
    from study.models.photos import PhotoAnswer

HELP = """Find every face in photos and estimate age, gender and head pose.

Examples:

    study predict family.jpg

    study predict holiday/ --csv > faces.csv

    study predict family.jpg --model runs/quick-UTKFace --draw annotated/

Profiles may be missed: recall is measured on heads turned by up to 60 degrees.
"""
ESTIMATES = ("age", "age_low", "age_high", "p_female", "yaw", "pitch", "roll", "presence")
BOX = ("x0", "y0", "x1", "y1")
COLUMNS = ("photo", "face", "problem", *ESTIMATES, *BOX, "warnings")


def add(app: typer.Typer) -> None:
    """Add ``predict`` to the command line."""
    app.command("predict", help=HELP)(predict)


def predict(
    photos: Annotated[list[Path], typer.Argument(help="Photos or folders of photos.")],
    model: Annotated[
        Path | None, typer.Option(help="Run or model folder; default: newest run on photographs.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list on stdout.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV, one row a face.")] = False,
    intervals: Annotated[
        Path | None, typer.Option(help="Run of `study evaluate`: its age intervals hold there.")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="python, or onnx after `study model export`.")
    ] = "python",
    draw: Annotated[Path | None, typer.Option(help="Folder for annotated copies.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Threads; default all cores.", min=1)] = None,
) -> None:
    """Predict; a photo that cannot be read is reported and the rest goes on."""
    if as_json and as_csv:
        raise UsageError("--json and --csv: choose one of them")
    from study.engine.local import available_cores
    from study.models.choose import newest_model
    from study.models.model import load
    from study.models.photos import predict_photos

    chosen = load(model or newest_model(Path("runs")), engine)
    if intervals is not None:
        chosen.recalibrate(intervals)
    console.print(f"model: {chosen.describe()}", markup=False, soft_wrap=True)
    if chosen.card["training_data"]["data_set"] == "embedded":
        console.print("warning: this model has only seen rendered heads, not people")
    files = photo_files(photos, without=draw)
    copies = copy_names(files) if draw is not None else {}
    rows: list[dict[str, Any]] = []
    with bars() as shown:
        answers = predict_photos(
            chosen,
            files,
            n_jobs=jobs or available_cores(),
            progress=shown.stage if len(files) > 1 else None,
        )
        try:
            for answer in answers:
                if answer.problem:
                    console.print(f"{answer.path}: {answer.problem}", markup=False, soft_wrap=True)
                rows += to_rows(answer)
                if draw is not None and answer.photo is not None:
                    _draw(answer, draw / copies[answer.path])
        except KeyboardInterrupt:  # what is answered is not lost
            _show(rows, as_json=as_json, as_csv=as_csv)
            raise
    _show(rows, as_json=as_json, as_csv=as_csv)
    if not any(answer["face"] or answer["problem"] == "no face found" for answer in rows):
        raise StudyFailed("no photo could be read")


def photo_files(photos: list[Path], without: Path | None = None) -> list[Path]:
    """Return the given photos and those in the given folders, each once, in order.

    Of a folder, what lies in its sub-folder ``without``, that of annotated copies, is left out.
    """
    from basis.pictures import IMAGE_SUFFIXES

    files: list[Path] = []
    for path in photos:
        if path.is_dir():
            inside = (p for p in path.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
            copies = None if without is None else _absolute(without)
            below = copies is not None and _absolute(path) in copies.parents
            files += sorted(p for p in inside if not (below and copies in _absolute(p).parents))
        elif path.exists():
            files.append(path)
        else:
            raise UsageError(f"{path}: no such photo or folder")
    if not files:
        raise UsageError(f"no photos in {', '.join(map(str, photos))}")
    once: dict[Path, Path] = {}
    for path in files:
        once.setdefault(_absolute(path), path)
    return list(once.values())


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - keeps links


def copy_names(files: list[Path]) -> dict[Path, Path]:
    """Return where annotated copies of photos go: sub-folders are kept, no name is there twice."""
    places = dict(zip(files, _below_common([_absolute(path) for path in files]), strict=True))
    stems = Counter(place.with_suffix("") for place in places.values())
    names: dict[Path, Path] = {}
    taken: set[Path] = set()
    for path, place in places.items():
        stem = place.stem if stems[place.with_suffix("")] == 1 else place.name
        tries = chain([stem], (f"{stem}-{number}" for number in count(2)))
        free = (place.with_name(f"{name}.faces.png") for name in tries)
        names[path] = next(place for place in free if place not in taken)
        taken.add(names[path])
    return names


def _below_common(paths: Sequence[PurePath]) -> list[Path]:
    """Return paths below the folder they share; on several drives each below its letter."""
    if len({path.drive for path in paths}) > 1:
        return [Path(re.sub(r"\W+", "", p.drive), *p.parts[1:]) for p in paths]
    common = os.path.commonpath([path.parent for path in paths])
    return [Path(path.relative_to(common)) for path in paths]


def to_rows(answer: PhotoAnswer) -> list[dict[str, Any]]:
    """Return one row per face, or one row that says why there is none; all have every column."""
    empty: dict[str, Any] = dict.fromkeys(COLUMNS)
    empty |= {"photo": str(answer.path), "problem": answer.problem, "warnings": []}
    if not answer.faces:
        return [empty]
    return [
        {
            **empty,
            "face": number,
            **{name: getattr(face, name) for name in ESTIMATES},
            **dict(zip(BOX, face.box, strict=True)),
            "warnings": list(face.warnings),
        }
        for number, face in enumerate(answer.faces, 1)
    ]


def _draw(answer: PhotoAnswer, path: Path) -> None:
    import cv2

    from basis.files import replacing

    assert answer.photo is not None
    drawn = annotate(answer.photo.pixels, answer.faces, answer.photo.reduced)
    _, encoded = cv2.imencode(".png", cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_bytes(encoded.tobytes())


def annotate(image: np.ndarray, faces: list[FaceEstimate], reduced: int = 1) -> np.ndarray:
    """Return a copy of a photo, ``reduced`` from its file, with a box and a line of text a face."""
    import cv2

    drawn = image.copy()
    scale = max(image.shape[:2]) / 900
    for face in faces:
        x0, y0, x1, y1 = (round(v / reduced) for v in face.box)
        colour = (20, 160, 90)
        cv2.rectangle(drawn, (x0, y0), (x1, y1), colour, max(1, round(2 * scale)))
        text = f"{face.age:.0f} ({face.age_low:.0f}-{face.age_high:.0f}), {gender(face.p_female)}"
        where = (x0, max(y0 - round(6 * scale), round(14 * scale)))
        for thickness, ink in ((3, (0, 0, 0)), (1, (255, 255, 255))):
            width = max(1, round(thickness * scale))
            cv2.putText(
                drawn, text, where, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * scale, ink, width, cv2.LINE_AA
            )
    return drawn


def gender(p_female: float) -> str:
    """Put a probability into words."""
    if 0.25 < p_female < 0.75:
        return f"unsure (female {p_female:.0%})"
    return f"female {p_female:.0%}" if p_female > 0.5 else f"male {1 - p_female:.0%}"


def _show(rows: list[dict[str, Any]], *, as_json: bool, as_csv: bool) -> None:
    if as_json:
        print_json(rows)
        return
    if as_csv:
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "warnings": "; ".join(row["warnings"])} for row in rows)
        print_machine_text(text.getvalue())
        return
    faces = [row for row in rows if row["face"]]
    table(
        "faces, largest first",
        ["photo", "age (90% interval)", "gender", "yaw", "pitch", "roll"],
        [
            [
                Path(f["photo"]).name,
                f"{f['age']:.0f} ({f['age_low']:.0f} to {f['age_high']:.0f})",
                gender(f["p_female"]),
                *(f"{f[angle]:.0f}°" for angle in ("yaw", "pitch", "roll")),
            ]
            for f in faces
        ],
    )
    for face in faces:
        for warning in face["warnings"]:
            console.print(f"{Path(face['photo']).name}: {warning}", markup=False)
    if found := len(rows) - len(faces):
        console.print(f"{found} of {len({row['photo'] for row in rows})} photos without an answer")
