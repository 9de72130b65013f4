"""``study data``: add, check and split data sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from study.terminal.bars import bars, console, print_json, table

if TYPE_CHECKING:
    import pandas as pd

from ..errors import UsageError


def add(app: typer.Typer) -> None:
    """Add ``data`` to the command line."""
    group = typer.Typer(help="Add, check and split data sets.", no_args_is_help=True)
    group.command("add", help=ADD)(add_data)
    group.command("check", help=CHECK)(check)
    group.command("split", help=SPLIT)(split)
    group.command("stress", help=STRESS)(stress)
    app.add_typer(group, name="data")


ADD = """Give a data set a name.

Examples:

    study data add utkface UTKFace.tar.gz --accept-licence

    study data add mine https://example.org/faces.zip --sha256 0123...
"""
CHECK = """Report everything wrong with a data set: broken files, copies, contradicting labels.

In a table of labels a gender of 0 is read as male, 1 as female; the output says so.

Example: study data check UTKFace.tar.gz --out audit.csv
"""
SPLIT = """Write the leak-free splits as CSV (data_set, protocol, seed, fold, face_id, part).

Example: study data split UTKFace.tar.gz --seed 0 --out splits.csv
"""
STRESS = """Draw one face under every stress condition and level: what `study run --stress` does.

Example: study data stress embedded --out stress.png
"""


def add_data(
    name: Annotated[str, typer.Argument(help="The new name.")],
    source: Annotated[str, typer.Argument(help="Archive, folder, table or URL.")],
    sha256: Annotated[str | None, typer.Option(help="Checksum of a download.")] = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="You agree to the data's licence.")
    ] = False,
) -> None:
    """Register a data set under a name."""
    import data as faces_of

    with bars() as shown:
        entry = faces_of.add_data_set(
            name, source, sha256=sha256, accept_licence=accept_licence, progress=shown.stage
        )
    console.print(f"{entry.name}: {entry.source}\n{entry.licence}", markup=False)


def check(
    source: Annotated[str, typer.Argument(help="Archive, folder, table or name.")],
    out: Annotated[Path | None, typer.Option(help="Write every finding to this CSV.")] = None,
    pose: Annotated[bool, typer.Option(help="Also look for faces and their pose.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Audit a data set and print a short table."""
    import data as faces_of

    try:
        with bars() as shown:
            faces = faces_of.load(source, pose=pose, progress=shown.stage)
    except faces_of.NothingUsableError as error:  # the reasons are what is left
        facts = {"name": source, "faces": 0, "kept": 0, "label_noise": None}
        _show_findings(facts, error.audit, out, as_json)
        raise
    facts = {
        "name": faces.name,
        "faces": len(faces),
        "kept": int(faces.table["keep"].sum()),
        "label_noise": faces.label_noise,
    }
    _show_findings(facts, faces.audit, out, as_json)


def _show_findings(
    facts: dict[str, Any], audit: pd.DataFrame, out: Path | None, as_json: bool
) -> None:
    """Write the audit where it is wanted, and print how many findings there are of which kind."""
    from basis.files import write_text

    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_text(out, audit.to_csv(index=False))
    counts = audit.groupby(["problem", "action"], observed=True).size()
    if as_json:
        findings = [{"problem": p, "action": a, "n": int(n)} for (p, a), n in counts.items()]
        print_json({**facts, "findings": findings})
        return
    table(
        f"{facts['name']}: {facts['faces']:,} faces, {facts['kept']:,} kept",
        ["problem", "action", "n"],
        [[str(p), str(a), f"{n:,}"] for (p, a), n in counts.items()],
    )
    for note in audit.loc[audit["action"] == "reported", "detail"]:
        console.print(note, markup=False, soft_wrap=True)


def split(
    source: Annotated[str, typer.Argument(help="Archive, folder, table or name.")],
    out: Annotated[Path, typer.Option(help="CSV to write.")],
    protocol: Annotated[str, typer.Option(help="full, adult or raw.")] = "full",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    folds: Annotated[int | None, typer.Option(min=2, help="Grouped k-fold instead.")] = None,
) -> None:
    """Write the ids of each part."""
    import data as faces_of
    from basis.faces import PARTS
    from basis.files import write_text
    from data import tables

    with bars() as shown:
        faces = faces_of.load(source, pose=False, progress=shown.stage)
    frames = [
        faces_of.split(
            faces.table,
            data_set=faces.name,
            protocol=protocol,
            seed=seed,
            fold=fold,
            n_folds=folds,
        )
        for fold in range(folds or 1)
    ]
    chosen = tables.concat(frames, tables.SPLITS)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_text(out, chosen.to_csv(index=False))
    counts = chosen["part"].value_counts()
    console.print(f"{out}: " + ", ".join(f"{p} {counts[p]:,}" for p in PARTS), markup=False)


def stress(
    source: Annotated[str, typer.Argument(help="Archive, folder, table or name.")] = "embedded",
    out: Annotated[Path, typer.Option(help="PNG or JPEG to write.")] = Path("stress.png"),
    face: Annotated[str | None, typer.Option(help="face_id; default: a frontal one.")] = None,
    condition: Annotated[
        list[str] | None, typer.Option(help="A condition; repeat it; default: all.")
    ] = None,
) -> None:
    """Write a contact sheet; the faces must be cropped as UTKFace crops them."""
    if out.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise UsageError(f"{out}: name a file that ends in .png or .jpg")
    import cv2

    import data as faces_of
    from basis.files import replacing
    from basis.pictures import decode, to_square
    from data.stress.sheet import contact_sheet

    with bars() as shown:
        faces = faces_of.load(source, pose=False, progress=shown.stage)
    kept = faces.table[faces.table["keep"]]
    turned = kept["yaw"].abs().fillna(180)
    chosen = face or str(kept.loc[turned.idxmin(), "face_id"])
    chip = to_square(decode(faces.path(chosen).read_bytes()).pixels, 200)
    sheet = contact_sheet(chip, chosen, condition)
    _, encoded = cv2.imencode(out.suffix, cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as temporary:
        temporary.write_bytes(encoded.tobytes())
    console.print(f"{out}: {chosen}", markup=False, soft_wrap=True)
