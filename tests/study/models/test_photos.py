"""Photographs: large ones reduced, turned ones found, boxes where the face is in the file."""

import csv
import io
import json
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest
from PIL import Image

from basis.files import sha256_of
from basis.pictures import UnreadableImageError
from data.pose.detect import FoundFace
from study.__main__ import call
from study.commands.predict import COLUMNS, _below_common, copy_names, gender, photo_files
from study.models import photos
from study.models.photos import find_turned, predict_photos, read_photo


@pytest.fixture(scope="module")
def scene(small_faces):
    """A grey picture of 300 x 420 px with one face, and about where it is (x0, y0, x1, y1)."""
    with Image.open(sorted(small_faces.iterdir())[40]) as face:
        pixels = np.full((300, 420, 3), 110, np.uint8)
        pixels[20:200, 30:210] = np.asarray(face.convert("RGB").resize((180, 180)))
    return pixels


@pytest.fixture
def folder(scene, tmp_path):
    """Photos of two days: a face twice under one name, a wall, and a text called a photo."""
    for day in ("day1", "day2"):
        (tmp_path / "photos" / day).mkdir(parents=True)
        Image.fromarray(scene).save(tmp_path / "photos" / day / "IMG_1.png")
    Image.fromarray(np.full((80, 80, 3), 200, np.uint8)).save(tmp_path / "photos" / "wall.png")
    (tmp_path / "photos" / "notes.jpg").write_text("no picture")
    return tmp_path / "photos"


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    area = max(width, 0) * max(height, 0)
    return area / ((a[2] - a[0]) * (a[3] - a[1]))


def upright_only(pixels, *, size):
    """Find the red box of a picture if the blue one is above it, as a face with roll 5."""
    rows, columns = np.nonzero((pixels == (200, 0, 0)).all(axis=2))
    blue = np.nonzero((pixels == (0, 0, 200)).all(axis=2))
    if not (blue[0].max() < rows.min() and abs(blue[1].mean() - columns.mean()) < 2):
        return []
    box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)
    chip = np.zeros((size, size, 3), np.uint8)
    return [FoundFace(box, 1.0, np.zeros((468, 3)), 1.0, 1.0, 2.0, 5.0, chip)]


@pytest.mark.parametrize(("quarters", "roll"), [(0, 5.0), (1, 95.0), (2, -175.0), (3, -85.0)])
def test_a_face_found_in_the_turned_photo_has_its_box_in_the_photo(monkeypatch, quarters, roll):
    monkeypatch.setattr(photos, "find_faces", upright_only)
    scene = np.zeros((90, 140, 3), np.uint8)
    scene[20:50, 30:70] = (200, 0, 0)
    scene[10:20, 40:60] = (0, 0, 200)
    given = np.ascontiguousarray(np.rot90(scene, -quarters))
    (face,), turned = find_turned(given)
    assert turned == 90 * quarters
    rows, columns = np.nonzero((given == (200, 0, 0)).all(axis=2))
    expected = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    np.testing.assert_array_equal(face.box, expected)
    assert face.roll == pytest.approx(roll)


def test_a_photo_without_a_face_is_tried_turned_and_then_given_up(monkeypatch):
    shapes = []
    monkeypatch.setattr(photos, "find_faces", lambda p, size: shapes.append(p.shape[:2]) or [])
    assert find_turned(np.zeros((30, 50, 3), np.uint8)) == ([], 0)
    assert shapes == [(30, 50), (30, 50), (50, 30), (50, 30)]


@pytest.mark.parametrize("quality", ["jpg", "png"])
def test_a_photo_above_the_limit_is_read_reduced(tmp_path, monkeypatch, scene, quality):
    monkeypatch.setattr("basis.pictures.MAX_PIXELS", 50_000)
    monkeypatch.setattr(photos, "MAX_PIXELS", 50_000)
    path = tmp_path / f"large.{quality}"
    Image.fromarray(scene).save(path)
    photo = read_photo(path)
    assert photo.reduced == 2
    assert photo.pixels.shape == (150, 210, 3)
    assert np.abs(photo.pixels.astype(float).mean() - scene.mean()) < 2


def test_a_photo_beyond_all_limits_is_refused_with_its_size(tmp_path, monkeypatch, scene):
    monkeypatch.setattr("basis.pictures.MAX_PIXELS", 50_000)
    monkeypatch.setattr(photos, "LARGEST", 100_000)
    Image.fromarray(scene).save(tmp_path / "x.png")
    with pytest.raises(UnreadableImageError, match="too large"):
        read_photo(tmp_path / "x.png")


def test_boxes_are_in_pixels_of_the_file_and_end_at_its_border(model, tmp_path, monkeypatch, scene):
    monkeypatch.setattr("basis.pictures.MAX_PIXELS", 50_000)
    monkeypatch.setattr(photos, "MAX_PIXELS", 50_000)
    cut = scene[60:, 40:]
    Image.fromarray(cut).save(tmp_path / "cut.png")
    (answer,) = predict_photos(model, [tmp_path / "cut.png"])
    x0, y0, x1, y1 = answer.faces[0].box
    assert 0 <= x0 < x1 <= cut.shape[1] and 0 <= y0 < y1 <= cut.shape[0]
    assert overlap((0, 0, 170, 140), answer.faces[0].box) > 0.4


def test_every_photo_has_a_row_and_the_order_does_not_depend_on_threads(model, folder):
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    told = []
    for n_jobs in (1, 3):
        answers = list(predict_photos(model, paths, n_jobs=n_jobs))
        assert [answer.path for answer in answers] == paths
        told.append([(a.problem, a.faces) for a in answers])
    assert told[0] == told[1]
    problems = {path.name: problem for path, (problem, _) in zip(paths, told[0], strict=True)}
    assert problems["IMG_1.png"] == "" and problems["wall.png"] == "no face found"
    assert "not an image" in problems["notes.jpg"]


def test_csv_and_json_have_every_photo_flat_and_a_header(model, folder, capsys):
    where = ["predict", str(folder), "--model", str(model.folder)]
    assert call([*where, "--csv"]) == 0
    shown = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(shown.out)))
    assert tuple(rows[0]) == COLUMNS and len(rows) == 4
    found = {
        row["photo"].replace("\\", "/").removeprefix(folder.as_posix() + "/"): row for row in rows
    }
    assert set(found) == {"day1/IMG_1.png", "day2/IMG_1.png", "wall.png", "notes.jpg"}
    assert found["wall.png"]["age"] == "" and found["wall.png"]["problem"] == "no face found"
    assert float(found["day1/IMG_1.png"]["x1"]) <= 420
    assert "model: stub, trained on 1,200 faces of photos on 2026-03-01" in shown.err
    assert "4.2 years off and 93.1% right" in shown.err
    assert call([*where, "--json", "--jobs", "2"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["photo"] for row in listed] == [row["photo"] for row in rows]
    assert listed[0]["face"] == 1 and isinstance(listed[0]["warnings"], list)


def test_nothing_readable_is_a_failure_but_still_a_table(model, tmp_path, capsys):
    (tmp_path / "a.jpg").write_text("no picture")
    where = ["predict", str(tmp_path / "a.jpg"), "--model", str(model.folder), "--csv"]
    assert call(where) == 1
    shown = capsys.readouterr()
    assert "no photo could be read" in shown.err
    assert len(list(csv.DictReader(io.StringIO(shown.out)))) == 1


def test_intervals_of_an_evaluation_elsewhere_hold_here_too(model, scene, tmp_path, capsys):
    Image.fromarray(scene).save(tmp_path / "photo.png")
    factor = {"model": sha256_of(model.folder / "model.json"), "factor": 2.0}
    (tmp_path / "intervals.json").write_text(json.dumps(factor))
    where = ["predict", str(tmp_path / "photo.png"), "--model", str(model.folder), "--json"]
    assert call(where) == 0
    (before,) = json.loads(capsys.readouterr().out)
    assert call([*where, "--intervals", str(tmp_path)]) == 0
    (after,) = json.loads(capsys.readouterr().out)
    assert after["age"] == before["age"]
    width = after["age_high"] - after["age_low"]
    assert width == pytest.approx(2 * (before["age_high"] - before["age_low"]))


def test_drawn_copies_keep_their_folders(model, folder, tmp_path):
    out = tmp_path / "annotated"
    where = ["predict", str(folder), "--model", str(model.folder), "--draw", str(out)]
    assert call(where) == 0
    drawn = sorted(p.relative_to(out).as_posix() for p in out.rglob("*.png"))
    assert drawn == ["day1/IMG_1.faces.png", "day2/IMG_1.faces.png", "wall.faces.png"]
    with (
        Image.open(out / "day1" / "IMG_1.faces.png") as copy,
        Image.open(folder / "day1" / "IMG_1.png") as photo,
    ):
        assert copy.size == photo.size
        assert np.any(np.asarray(copy) != np.asarray(photo))


def test_two_photos_of_one_stem_have_two_copies(tmp_path):
    files = [tmp_path / "a.png", tmp_path / "a.jpg", tmp_path / "b.jpg"]
    assert sorted(p.name for p in copy_names(files).values()) == [
        "a.jpg.faces.png",
        "a.png.faces.png",
        "b.faces.png",
    ]


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.9, "female 90%"),
        (0.1, "male 90%"),
        (0.5, "unsure (female 50%)"),
        (0.26, "unsure (female 26%)"),
    ],
)
def test_a_probability_in_words(p, words):
    assert gender(p) == words


def test_no_drawing_overwrites_another(tmp_path):
    files = [tmp_path / name for name in ("a.jpg", "a.png", "a.jpg.png", "a.jpg.faces.png")]
    names = list(copy_names(files).values())
    assert len(set(names)) == 4
    assert names[0].name == "a.jpg.faces.png"


def test_photos_of_two_drives_go_below_their_letters():
    files = [PureWindowsPath("C:/days/a.jpg"), PureWindowsPath("D:/days/a.jpg")]
    assert _below_common(files) == [Path("C/days/a.jpg"), Path("D/days/a.jpg")]


def test_a_folder_is_searched_without_the_copies_drawn_before(folder):
    drawn = folder / "out" / "day1" / "IMG_1.faces.png"
    drawn.parent.mkdir(parents=True)
    drawn.write_bytes((folder / "wall.png").read_bytes())
    names = [path.name for path in photo_files([folder], without=folder / "out")]
    assert sorted(names) == ["IMG_1.png", "IMG_1.png", "notes.jpg", "wall.png"]
    assert photo_files([drawn], without=folder / "out") == [drawn]
    for whole in (folder, folder.parent):  # nothing would be left to answer
        assert drawn in photo_files([folder], without=whole)


def test_a_photo_named_twice_is_answered_once(folder, monkeypatch):
    monkeypatch.chdir(folder)
    day = Path("day1") / "IMG_1.png"
    named = [Path("wall.png"), day, folder / "wall.png", folder / "day1"]
    assert photo_files(named) == [Path("wall.png"), day]


def test_an_interrupt_loses_no_answer(folder, model, monkeypatch, capsys):
    def two_and_then(*arguments, **options):
        answers = predict_photos(*arguments, **options)
        yield next(answers)
        yield next(answers)
        raise KeyboardInterrupt

    monkeypatch.setattr("study.models.model.load", lambda *given: model)
    monkeypatch.setattr("study.models.photos.predict_photos", two_and_then)
    assert call(["predict", str(folder), "--model", "any", "--csv", "--jobs", "1"]) == 130
    told = capsys.readouterr()
    assert len(list(csv.DictReader(io.StringIO(told.out)))) == 2
    assert "the same command continues" not in told.err


def test_json_and_csv_are_not_printed_at_once(folder, capsys):
    assert call(["predict", str(folder), "--json", "--csv"]) == 2
    assert "choose one" in capsys.readouterr().err
