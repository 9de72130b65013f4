"""Tables of labels as people write them: where files lie, who is who, what stands for nothing."""

import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from face_folders import found, load, photo, save, write_csv

import data
from data.readers import embedded


@pytest.fixture
def pictures(tmp_path):
    """A folder of twelve different pictures, ``0.png`` and so on."""
    for i in range(12):
        save(tmp_path / "set" / f"{i}.png", photo(i))
    return tmp_path / "set"


def rows_of(n=12):
    return [(f"{i}.png", 20 + i, "mf"[i % 2]) for i in range(n)]


def same_group(faces, *ids):
    return len(set(faces.table.set_index("face_id").loc[list(ids), "group"])) == 1


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_absolute_paths_stand_for_themselves(pictures, tmp_path, kind):
    elsewhere = tmp_path / "tables"
    elsewhere.mkdir()
    table = pd.DataFrame(rows_of(), columns=["path", "age", "gender"])
    table["path"] = [str(pictures / name) for name in table["path"]]
    # a file of the same path below the table's folder is another one
    decoy = elsewhere.joinpath(*(pictures / "0.png").parts[1:])
    save(decoy, photo(99))
    target = elsewhere / f"labels.{kind}"
    table.to_csv(target, index=False) if kind == "csv" else table.to_parquet(target)
    faces = load(target, tmp_path)
    assert len(faces) == 12 and faces.table["keep"].all()
    mine = load(write_csv(pictures / "labels.csv", rows_of()), tmp_path)
    assert faces.table["pixel_sha256"].tolist() == mine.table["pixel_sha256"].tolist()


def test_a_slash_before_a_name_is_no_name(pictures, tmp_path):
    table = write_csv(pictures / "labels.csv", [*rows_of(), ("/0.png", 20, "m")])
    faces = load(table, tmp_path)
    assert len(faces) == 12
    assert found(faces, "missing file")["file"].tolist() == ["/0.png"]


def test_a_row_that_is_left_out_still_says_who_it_is(pictures, tmp_path):
    header = ("path", "age", "gender", "identity")
    rows = [(*row, "") for row in rows_of()]
    rows += [("0.png", 20, "m", "anna")]
    rows[1] = (*rows[1][:3], "anna")
    write_csv(pictures / "labels.csv", rows, header)
    faces = load(pictures, tmp_path)
    assert len(found(faces, "repeated file")) == 1
    assert same_group(faces, "0", "1") and not same_group(faces, "0", "2")


def test_one_picture_of_two_names_joins_both_people(tmp_path):
    rows = []
    for i, person in enumerate(["anna", "anna", "berta", "berta", "cleo"]):
        name = f"d{i}/{'IMG_1' if i in (1, 2) else i}.png"
        save(tmp_path / "set" / name, photo(1 if i == 2 else i))
        rows.append((name, 30, "f", person))
    write_csv(tmp_path / "set" / "labels.csv", rows, ("path", "age", "gender", "identity"))
    faces = load(tmp_path / "set", tmp_path)
    assert same_group(faces, "0", "IMG_1", "3") and not same_group(faces, "0", "4")


def test_identity_and_group_both_keep_together(pictures, tmp_path):
    header = ("path", "age", "gender", "identity", "group")
    rows = [
        (*row, f"p{i // 2}", f"p{i % 2 + 7}" if i < 4 else "") for i, row in enumerate(rows_of())
    ]
    write_csv(pictures / "labels.csv", rows, header)
    faces = load(pictures, tmp_path)
    # 0-1 and 2-3 are two people of two groups each; p7 of the group is not p7 of the people
    assert same_group(faces, "0", "1", "2", "3") and same_group(faces, "4", "5")
    assert faces.table["group"].nunique() == 5
    assert not [c for c in faces.table if c.startswith("identity ") or c == "person"]


@pytest.mark.parametrize("nothing", ["NA", "unknown", "-", "?", "None", "n/a", " "])
def test_words_for_nothing_are_nobody(pictures, tmp_path, nothing):
    header = ("path", "age", "gender", "identity", "ethnicity")
    rows = [(*row, nothing, nothing if i % 2 else "A") for i, row in enumerate(rows_of())]
    write_csv(pictures / "labels.csv", rows, header)
    table = load(pictures, tmp_path).table
    assert table["group"].nunique() == 12
    assert table["ethnicity"].isna().sum() == 6


def test_genders_of_1_and_2_are_refused(pictures, tmp_path):
    rows = [(name, age, 1 + (gender == "f")) for name, age, gender in rows_of()]
    write_csv(pictures / "labels.csv", rows)
    with pytest.raises(data.DataError, match=r"coded 1, 2, and only 0 .* write male and female"):
        load(pictures, tmp_path)
    rows = [(name, age, "01"[gender == "f"]) for name, age, gender in rows_of()]
    write_csv(pictures / "labels.csv", [*rows[:11], ("11.png", 31, 2)])
    faces = load(pictures, tmp_path)
    assert faces.table["keep"].sum() == 11  # 2 beside both is a gender that is not known


def test_a_truth_table_of_ones_own_is_no_licence(pictures, tmp_path):
    header = ("path", "age", "gender", "identity", "yaw", "pitch", "roll")
    rows = [(*row, f"p{i}", 1, 2, 3) for i, row in enumerate(rows_of())]
    write_csv(pictures / "truth.csv", rows, header)
    faces = load(pictures, tmp_path)
    assert faces.kind == "labelled" and not faces.thumbnails_allowed
    copy = shutil.copytree(embedded.FOLDER, tmp_path / "copy")
    assert embedded.recognises(copy)


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (("0", "150"), "the age 0 - 150 is not from 0 to 130"),
        (("30", "20"), "ends before it begins"),
        (("-1", "5"), "neither a number of years nor a range"),
    ],
)
def test_a_wrong_range_is_its_rows_alone(pictures, tmp_path, ends, told):
    rows = [(f"{i}.png", "", "mf"[i % 2], "20,5" if i == 1 else 20, 29) for i in range(12)]
    rows[3] = ("3.png", "", "f", *ends)
    write_csv(pictures / "labels.csv", rows, ("path", "age", "gender", "age_low", "age_high"))
    faces = load(pictures, tmp_path)
    assert faces.table["keep"].sum() == 11
    assert told in found(faces, "label missing")["detail"].iloc[0]
    assert faces.table.set_index("face_id").loc["1", "age_low"] == 20.5


def test_angles_with_a_decimal_comma_are_angles(pictures, tmp_path):
    lines = [f"{i}.png;30;{'mf'[i % 2]};-{i},5;{'far' if i == 4 else '1,25'}" for i in range(12)]
    text = "\n".join(["path;age;gender;yaw;pitch", *lines])
    (pictures / "labels.csv").write_text(text, encoding="utf-8")
    faces = load(pictures, tmp_path)
    table = faces.table.set_index("face_id")
    assert table.loc["3", "yaw"] == -3.5 and table.loc["3", "pitch"] == 1.25
    assert np.isnan(table.loc["4", "pitch"])
    told = found(faces, "angles not read")["detail"].tolist()
    assert told == [
        "1 values of pitch, such as far, are no angles from -180 to 180 degrees: taken as unknown"
    ]


def test_a_colon_in_a_name_is_no_drive(tmp_path):
    for i in range(3):
        save(tmp_path / "set" / f"2024-01-01T10:0{i}:00.png", photo(i))
    rows = [(f"2024-01-01T10:0{i}:00.png", 30, "m") for i in range(3)]
    write_csv(tmp_path / "set" / "labels.csv", rows)
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "set")
    assert len(load(tmp_path / "set", tmp_path)) == len(load(packed, tmp_path)) == 3


def test_why_a_table_was_not_read_is_said(pictures, tmp_path):
    (pictures / "labels.csv").write_bytes("path,age,gender\nMüller.png,3,m".encode("latin-1"))
    with pytest.raises(data.DataError, match=r"holds no faces .* is not written in UTF-8"):
        load(pictures, tmp_path)
    write_csv(pictures / "labels.csv", [("0.png", 3)], ("path", "age"))
    with pytest.raises(data.DataError, match=r"holds no faces .* has no column 'gender'"):
        load(pictures, tmp_path)


def test_binary_columns_that_hold_no_pictures_are_no_pictures(pictures, tmp_path):
    write_csv(pictures / "labels.csv", rows_of())
    digests = [hashlib.md5(bytes([i])).digest() for i in range(12)]
    pq.write_table(pa.table({"embedding": digests}), pictures / "features.parquet")
    assert len(load(pictures, tmp_path)) == 12


def test_a_checksum_is_of_the_file(pictures, tmp_path):
    write_csv(pictures / "labels.csv", rows_of())
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", pictures)
    right = hashlib.sha256(Path(packed).read_bytes()).hexdigest()
    for source, told in ((packed, "it is another file"), (pictures, "leave it out")):
        with pytest.raises(data.DataError, match=told):
            data.add_data_set("mine", source, sha256="0" * 64, cache=tmp_path / "cache")
    assert data.add_data_set("mine", packed, sha256=right, cache=tmp_path / "cache").name == "mine"


def test_leaks_need_something_that_tells_them():
    faces = pd.DataFrame({"face_id": ["a", "b"]})
    with pytest.raises(data.DataError, match="no column group or pixel_sha256"):
        data.find_leaks(faces.assign(part=["train", "test"]), faces)


def test_names_that_unpacking_makes_safe_are_found_again(tmp_path):
    names = ["foto\u00a0anna.jpg", "shot\u202fAM.jpg", "zero\u200bwidth.jpg", "x" * 210 + ".jpg"]
    for i, name in enumerate(names):
        save(tmp_path / "set" / name, photo(i))
    rows = [(name, 30, "mf"[i % 2]) for i, name in enumerate(names)]
    write_csv(tmp_path / "set" / "labels.csv", rows)
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "set")
    faces = load(packed, tmp_path)
    assert len(faces) == 4 and faces.table["keep"].all()
    assert len(found(faces, "name written otherwise")) == 4


def test_a_folder_that_may_not_be_read_is_left_out(pictures, tmp_path, monkeypatch):
    write_csv(pictures / "labels.csv", rows_of())
    (pictures / "lost+found").mkdir()
    scandir = os.scandir

    def refusing(folder):
        if str(folder).endswith("lost+found"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.warns(UserWarning, match=r"lost\+found may not be read and is left out"):
        assert len(load(pictures, tmp_path)) == 12


def test_a_link_to_a_folder_is_called_one(pictures, tmp_path):
    write_csv(pictures / "labels.csv", rows_of())
    (tmp_path / "more").mkdir()
    (pictures / "linked").symlink_to(tmp_path / "more")
    assert found(load(pictures, tmp_path), "link to a folder")["file"].tolist() == ["linked"]
