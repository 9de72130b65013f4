"""One finished study that the tests of this folder look at, and what it was made from."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import registry
from study.__main__ import call

PLAN = """
summary = "small"
leak = ["hog-linear"]
[contenders.dummy]
[contenders.hog-linear]
[contenders."hog-linear@30"]
of = "hog-linear"
train_size = 30
"""
OWN = """
from pipelines import AgeGender, HogTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

CONTENDERS = {
    "mine": AgeGender(
        age=make_pipeline(HogTransformer(), Ridge()),
        gender=make_pipeline(HogTransformer(), LogisticRegression()),
    )
}
"""


@dataclass(frozen=True)
class FinishedStudy:
    """A run directory and the arguments of ``study run`` that made it."""

    path: Path
    arguments: list[str]


@pytest.fixture(scope="module", autouse=True)
def uncharted():
    """Leave charts out of pages made in this process: ``tests/reports`` draws and looks at them.

    The page of ``finished`` and those of studies run as commands have all of theirs.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reports.page.page.Page._charts", lambda self, section: [])
        yield


@pytest.fixture(scope="module", autouse=True)
def only_registered_contenders():
    """Forget contenders of a user's own, which studies register for the rest of the process."""
    known = registry.contenders()
    yield
    registry._REGISTRY.clear()
    registry._REGISTRY.update(known)


@pytest.fixture(scope="session")
def source(small_faces, tmp_path_factory):
    """The small faces with twelve byte-identical copies under other names."""
    folder = tmp_path_factory.mktemp("copied") / "faces"
    shutil.copytree(small_faces, folder)
    for number, path in enumerate(sorted(folder.iterdir())[::8]):
        labels = "_".join(path.name.split("_")[:3])
        shutil.copy(path, folder / f"{labels}_2017010915055{number:04d}.jpg")
    return folder


@pytest.fixture(scope="session")
def finished(source, tmp_path_factory):
    """A finished study with a leak, a learning curve and a contender from a file."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "small.toml").write_text(PLAN)
    (folder / "own.py").write_text(OWN)
    arguments = ["run", "--plan", str(folder / "small.toml"), "--data", str(source)]
    arguments += ["--contenders", str(folder / "own.py"), "--out", str(folder / "run")]
    assert call([*arguments, "--jobs", "1"]) == 0
    return FinishedStudy(folder / "run", arguments)
