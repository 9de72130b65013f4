"""Fixtures shared by the tests: a private cache and a small folder of embedded faces."""

import os
import tarfile
from importlib import resources
from pathlib import Path

import pytest

N_SMALL = 96

# Compiled kernels stay between sessions, though every session has a cache folder of its own.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "numba"))


@pytest.fixture(scope="session", autouse=True)
def private_cache(tmp_path_factory):
    """Keep pixel stores and tables of the tests out of the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGE_GENDER_STUDY_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def small_faces(tmp_path_factory):
    """A folder of 96 embedded faces under their UTKFace names, evenly spread over the set."""
    folder = tmp_path_factory.mktemp("faces")
    with tarfile.open(Path(str(resources.files("data"))) / "embedded" / "faces.tar") as archive:
        members = [m for m in archive.getmembers() if m.name.endswith(".jpg")]
        for member in members[:: max(len(members) // N_SMALL, 1)][:N_SMALL]:
            content = archive.extractfile(member)
            assert content is not None
            (folder / Path(member.name).name).write_bytes(content.read())
    return folder
