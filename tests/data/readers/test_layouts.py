"""Label files of public data sets, on small made-up copies of their layouts."""

import datetime as dt

import numpy as np
import pytest
from face_folders import found, load, photo, save
from scipy.io import savemat

import data
from basis.faces import OLDEST_AGE


@pytest.fixture
def root(tmp_path):
    return tmp_path / "set"


def rows_of(faces):
    """Return face_id -> (age, low, high, gender), NaN as None."""
    table = faces.table.astype({"gender": "object"})
    columns = table[["age", "age_low", "age_high", "gender"]].astype("object")
    columns = columns.where(columns.notna(), None)
    return {i: tuple(row) for i, row in zip(table["face_id"], columns.to_numpy(), strict=True)}


def test_fairface(root, tmp_path):
    for split, seed in (("train", 0), ("val", 10)):
        for number in (1, 2):
            save(root / split / f"{number}.jpg", photo(seed + number), quality=95)
    heading = "file,age,gender,race,service_test\n"
    (root / "fairface_label_train.csv").write_text(
        heading + "train/1.jpg,20-29,Male,East Asian,True\ntrain/2.jpg,0-2,Female,Indian,False\n"
    )
    (root / "fairface_label_val.csv").write_text(
        heading + "val/1.jpg,more than 70,Female,White,True\nval/2.jpg,3-9,Male,Black,False\n"
    )
    faces = load(root, tmp_path)
    assert faces.kind == "fairface"
    assert rows_of(faces) == {
        "train-1": (None, 20, 29, "male"),
        "train-2": (None, 0, 2, "female"),
        "val-1": (None, 70, OLDEST_AGE, "female"),
        "val-2": (None, 3, 9, "male"),
    }
    for face_id, seed in (("train-1", 1), ("val-1", 11)):
        assert np.abs(faces.images(64)[list(faces.table["face_id"]).index(face_id)]
                      - photo(seed).astype(int)).mean() < 4  # fmt: skip
    assert faces.table["ethnicity"].notna().all()


def test_adience(root, tmp_path):
    heading = "user_id\toriginal_image\tface_id\tage\tgender\tx\ty\n"
    people = [
        ("30601258@N03", "10399646885_67c.jpg", "1", "(25, 32)", "f"),
        ("30601258@N03", "10424815813_e94.jpg", "2", "35", "m"),
        ("9055646@N08", "11191183_a.jpg", "3", "(60, 100)", "u"),
        ("9055646@N08", "11191184_a.jpg", "4", "None", "m"),
    ]
    for fold in (0, 1):
        text = "".join(
            "\t".join((*row, "0", "0")) + "\n" for row in people[2 * fold : 2 * fold + 2]
        )
        (root / "x").mkdir(parents=True, exist_ok=True)
        (root / f"fold_{fold}_data.txt").write_text(heading + text)
    (root / "fold_frontal_0_data.txt").write_text(heading)
    for seed, (user, original, number, _, _) in enumerate(people):
        name = f"landmark_aligned_face.{number}.{original}"
        save(root / "aligned" / user / name, photo(seed), quality=95)
    faces = load(root, tmp_path)
    assert faces.kind == "adience"
    assert rows_of(faces) == {
        "30601258@N03-1-10399646885_67c": (None, 25, 32, "female"),
        "30601258@N03-2-10424815813_e94": (35, None, None, "male"),
        "9055646@N08-3-11191183_a": (None, 60, 100, None),
        "9055646@N08-4-11191184_a": (None, None, None, "male"),
    }
    table = faces.table.set_index("face_id")
    assert table["keep"].tolist() == [True, True, False, False]
    assert table["group"].nunique() == 2
    assert "gender u is not known" in found(faces, "label missing")["detail"].tolist()


def test_agedb(root, tmp_path):
    names = ["0_MariaCallas_35_f.jpg", "1_MariaCallas_40_f.jpg", "2_O.J._Smith_7_m.jpg"]
    for seed, name in enumerate([*names, "cover.jpg"]):
        save(root / name, photo(seed), quality=95)
    faces = load(root, tmp_path)
    assert faces.kind == "agedb"
    table = faces.table.set_index("path")
    assert table.loc[names, "age"].tolist() == [35, 40, 7]
    assert table.loc[names, "gender"].tolist() == ["female", "female", "male"]
    assert table.loc[names[0], "group"] == table.loc[names[1], "group"]
    assert table.loc[names[2], "group"] != table.loc[names[0], "group"]
    assert found(faces, "malformed name")["file"].tolist() == ["cover.jpg"]


@pytest.mark.parametrize("genders", [True, False])
def test_appa_real(root, tmp_path, genders):
    for split, seed in (("train", 0), ("valid", 5)):
        for number in (0, 1):
            save(root / split / f"00000{number}.jpg", photo(seed + number), quality=95)
        save(root / split / "000001.jpg_face.jpg", photo(seed + 3), quality=95)
        (root / f"gt_avg_{split}.csv").write_text(
            "file_name,num_ratings,apparent_age_avg,apparent_age_std,real_age\n"
            f"000000.jpg,36,5.5,1.2,{4 + seed}\n000001.jpg,36,30.1,3.3,{40 + seed}\n"
        )
        if genders:
            place = root / "allcategories_split"
            place.mkdir(exist_ok=True)
            (place / f"allcategories_{split}.csv").write_text(
                "file,gender,race\n000000.jpg,female,caucasian\n000001.jpg,male,asian\n"
            )
    if not genders:
        with pytest.raises(data.NothingUsableError, match=r"gender .* is not known"):
            load(root, tmp_path)
        return
    faces = load(root, tmp_path)
    assert faces.kind == "appa-real"
    assert rows_of(faces) == {
        "train-000000": (4, None, None, "female"),
        "train-000001": (40, None, None, "male"),
        "valid-000000": (9, None, None, "female"),
        "valid-000001": (45, None, None, "male"),
    }
    assert faces.path("train-000001").name == "000001.jpg_face.jpg"
    assert faces.path("train-000000").name == "000000.jpg"


def datenum(year, month, day):
    return dt.date(year, month, day).toordinal() + 366


def test_imdb_wiki(root, tmp_path):
    rows = [  # path, born, taken, gender, face, second face, name
        ("01/a.jpg", datenum(1960, 3, 1), 2000, 0.0, 4.2, np.nan, "Ann"),
        ("01/b.jpg", datenum(1960, 9, 1), 2000, 1.0, 4.2, np.nan, "Bob"),
        ("01/c.jpg", datenum(1980, 1, 1), 2000, 1.0, -np.inf, np.nan, "Bob"),
        ("01/d.jpg", datenum(1980, 1, 1), 2000, 0.0, 4.2, 3.1, "Cy"),
        ("01/e.jpg", 0, 2000, 0.0, 4.2, np.nan, ""),
        ("01/f.jpg", datenum(1990, 1, 1), 2000, np.nan, 4.2, np.nan, "Dee"),
    ]
    for seed, row in enumerate(rows):
        save(root / "wiki_crop" / row[0], photo(seed), quality=95)

    def cells(values):
        out = np.empty((1, len(values)), dtype=object)
        out[0] = values
        return out

    path, born, taken, gender, face, second, name = zip(*rows, strict=True)
    columns = {
        "dob": np.array([born]), "photo_taken": np.array([taken]), "full_path": cells(path),
        "gender": np.array([gender]), "name": cells(name), "face_score": np.array([face]),
        "second_face_score": np.array([second]),
    }  # fmt: skip
    savemat(root / "wiki_crop" / "wiki.mat", {"wiki": columns})
    faces = load(root, tmp_path)
    assert faces.kind == "imdb-wiki"
    table = faces.table.set_index("face_id")
    assert table["age"].fillna(-1).tolist() == [40, 39, 20, 20, -1, 10]
    assert [g if isinstance(g, str) else None for g in table["gender"]] == [
        "female", "male", "male", "female", "female", None,
    ]  # fmt: skip
    assert table["keep"].tolist() == [True, True, False, False, False, False]
    assert table.loc["b", "group"] == table.loc["c", "group"]
    assert table.loc["e", "group"] != table.loc["f", "group"]
    assert set(found(faces, "not one face")["file"]) == {"wiki_crop/01/c.jpg", "wiki_crop/01/d.jpg"}
    assert found(faces, "gender codes")["detail"].tolist() == ["0 is read as female, 1 as male"]


@pytest.mark.parametrize("content", [b"", b"MATLAB 5.0 MAT-file", b"x" * 500])
def test_a_damaged_table_of_imdb_names_itself(root, tmp_path, content):
    save(root / "01" / "a.jpg", photo(0))
    (root / "imdb.mat").write_bytes(content)
    with pytest.raises(data.DataError, match=r"imdb.mat cannot be read as a table of IMDB-WIKI"):
        load(root, tmp_path)


@pytest.mark.parametrize("name", ["fold_0_data.txt", "gt_avg_train.csv"])
def test_a_table_without_its_columns_names_itself(root, tmp_path, name):
    root.mkdir()
    (root / name).write_text("one,two\n1,2\n")
    with pytest.raises(data.DataError, match=rf"{name} has no column"):
        load(root, tmp_path)
