"""``study predict``: every face in a photo, its age with an interval, gender and pose."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from study.terminal.bars import bars, console, output, table

from ..errors import StudyFailed, UsageError

if TYPE_CHECKING:
    import numpy as np

    from study.models.model import FaceEstimate, Model

HELP = """Find every face in photos and estimate age, gender and head pose.

Examples:

    study predict family.jpg

    study predict holiday/ --csv > faces.csv

    study predict family.jpg --model runs/quick-UTKFace --draw annotated/
"""


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
    engine: Annotated[
        str, typer.Option(help="python, or onnx after `study model export`.")
    ] = "python",
    draw: Annotated[Path | None, typer.Option(help="Folder for annotated copies.")] = None,
) -> None:
    """Predict; a photo that cannot be read is reported and the rest goes on."""
    from study.models.model import load, newest_model

    chosen = load(model or newest_model(Path("runs")), engine)
    if chosen.card["training_data"]["data_set"] == "embedded":
        console.print("warning: this model has only seen rendered heads, not people")
    files = list(_files(photos))
    rows: list[dict[str, Any]] = []
    with bars() as shown:
        for number, path in enumerate(files, 1):
            rows.extend(_one_photo(chosen, path, draw))
            if len(files) > 1:
                shown.stage("photos", number, len(files))
    _show(rows, as_json=as_json, as_csv=as_csv)
    if rows and all(row.get("error") for row in rows):
        raise StudyFailed("no photo could be read")


def _files(photos: list[Path]) -> list[Path]:
    from basis.pictures import IMAGE_SUFFIXES

    files: list[Path] = []
    for path in photos:
        if path.is_dir():
            files += sorted(p for p in path.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
        elif path.exists():
            files.append(path)
        else:
            raise UsageError(f"{path}: no such photo or folder")
    if not files:
        raise UsageError(f"no photos in {', '.join(map(str, photos))}")
    return files


def _one_photo(model: Model, path: Path, draw: Path | None) -> list[dict[str, Any]]:
    """Return one row per face, or one row that says why there is none."""
    import cv2

    from basis.pictures import UnreadableImageError, decode

    try:
        image = decode(path.read_bytes()).pixels
    except (UnreadableImageError, OSError) as error:
        console.print(f"{path}: {error}", markup=False, soft_wrap=True)
        return [{"photo": str(path), "error": str(error)}]
    faces = model.predict_photo(image)
    if not faces:
        console.print(f"{path}: no face found", markup=False, soft_wrap=True)
    if draw is not None:
        draw.mkdir(parents=True, exist_ok=True)
        annotated = cv2.cvtColor(annotate(image, faces), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(draw / f"{path.stem}.faces.png"), annotated)
    return [{"photo": str(path), **face.to_dict()} for face in faces]


def annotate(image: np.ndarray, faces: list[FaceEstimate]) -> np.ndarray:
    """Return a copy of a photo with a box and one line of text per face."""
    import cv2

    drawn = image.copy()
    scale = max(image.shape[:2]) / 900
    for face in faces:
        x0, y0, x1, y1 = (round(v) for v in face.box)
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
        output.print_json(json.dumps(rows))
        return
    faces = [row for row in rows if "error" not in row]
    if as_csv:
        if faces:
            text = io.StringIO()
            writer = csv.DictWriter(text, fieldnames=list(faces[0]))
            writer.writeheader()
            writer.writerows(faces)
            typer.echo(text.getvalue(), nl=False)
        return
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
