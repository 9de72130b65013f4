"""Tables of labels beside their pictures."""

import pytest
from face_folders import found, load, photo, save, write_csv

import data


def test_a_table_of_labels(tmp_path):
    rows = []
    for i in range(12):
        save(tmp_path / "set" / "pics" / f"{i}.png", photo(i))
        rows.append((f"pics/{i}.png", 20 + i, "mf"[i % 2], i // 3, 10 * i, "A" if i else ""))
    rows += [("pics/gone.png", 30, "m", 9, 0, "A"), ("../secret.png", 30, "m", 9, 0, "A")]
    save(tmp_path / "set" / "extra.png", photo(50))
    header = ("path", "age", "gender", "identity", "yaw", "ethnicity")
    table = write_csv(tmp_path / "set" / "labels.csv", rows, header)
    faces = load(tmp_path / "set", tmp_path)
    assert len(faces) == 12
    assert faces.table["group"].nunique() == 4
    assert faces.table["keep"].all()
    assert faces.table.set_index("face_id").loc["3", "yaw"] == 30
    assert str(faces.table.set_index("face_id").loc["3", "yaw_bin"]) == "30-45"
    assert set(found(faces, "missing file")["file"]) == {"pics/gone.png", ""}
    assert "../secret.png leads out" in found(faces, "missing file")["detail"].str.cat()
    assert found(faces, "no label")["file"].tolist() == ["extra.png"]
    assert faces.content_hash == load(table, tmp_path).content_hash


def test_pictures_of_one_person_may_differ_in_age(tmp_path):
    rows = []
    for i in range(12):
        save(tmp_path / "set" / f"{i}.png", photo(i))
        rows.append((f"{i}.png", 10 + 5 * i, "mf"[i % 2], "one"))
    write_csv(tmp_path / "set" / "labels.csv", rows, ("path", "age", "gender", "identity"))
    faces = load(tmp_path / "set", tmp_path)
    assert faces.table["keep"].all()
    assert len(set(faces.table["group"])) == 1


def test_one_file_listed_twice_with_other_labels(tmp_path):
    for i in range(4):
        save(tmp_path / "set" / f"{i}.png", photo(i))
    rows = [(f"{i}.png", 30, "mf"[i % 2]) for i in range(4)]
    write_csv(tmp_path / "set" / "labels.csv", [*rows, ("0.png", 60, "m"), ("0.png", 61, "m")])
    faces = load(tmp_path / "set", tmp_path)
    assert len(faces) == 6
    assert (faces.table["drop_reason"] == "conflicting labels").sum() == 3


def a_set(tmp_path, text, n=4, name="labels.csv"):
    """Write ``0.png`` ... beside a table of labels."""
    for i in range(n):
        save(tmp_path / "set" / f"{i}.png", photo(i))
    (tmp_path / "set" / name).write_text(text, encoding="utf-8")
    return tmp_path / "set"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_common_separator(tmp_path, separator):
    rows = [["path", "age", "gender"], ["0.png", "30", "f"], ["1.png", "31", "m"]]
    source = a_set(tmp_path, "\n".join(separator.join(row) for row in rows), n=2)
    assert load(source, tmp_path).table["age"].tolist() == [30, 31]


def test_decimal_commas_between_semicolons(tmp_path):
    source = a_set(tmp_path, "path;age;gender\n0.png;30,5;f\n1.png;31 years;m\n", n=2)
    assert load(source, tmp_path).table["age"].tolist() == [30.5, 31]


def test_a_row_of_one_comma_too_many_is_told_and_not_shifted(tmp_path):
    text = (
        "path,age,gender,person\n0.png,30,f,a\nSmith, John.png,31,m,b\n2.png,32,f,c,\n3.png,33,m\n"
    )
    faces = load(a_set(tmp_path, text), tmp_path)
    assert faces.table["face_id"].tolist() == ["0", "2", "3"]
    assert faces.table["age"].tolist() == [30, 32, 33]
    wrong = found(faces, "missing file").iloc[0]
    assert "row 3 has 5 cells, not 4" in wrong["detail"]
    assert "path = Smith, age =  John.png, gender = 31" in wrong["detail"]
    (short,) = found(faces, "short rows")["detail"]
    assert short.startswith("1 rows, such as: row 5 has 3 cells, not 4: it is read as path = 3.png")


def test_paths_of_other_systems(tmp_path):
    for i in range(2):
        save(tmp_path / "set" / "Pics" / f"{i}.PNG", photo(i))
    text = "path,age,gender\nPics\\0.PNG,30,f\npics/1.png,31,m\n..\\0.png,3,m\n"
    (tmp_path / "set" / "labels.csv").write_text(text)
    faces = load(tmp_path / "set", tmp_path)
    assert faces.table["path"].tolist() == ["Pics/0.PNG", "Pics/1.PNG"]
    told = found(faces, "name written otherwise")
    assert told["detail"].tolist() == ["the table says Pics\\0.PNG", "the table says pics/1.png"]
    assert "leads out" in found(faces, "missing file")["detail"].iloc[0]


def test_accents_composed_otherwise(tmp_path):
    composed, apart = "Mumm\u00e9", "Mumme\u0301"
    save(tmp_path / "set" / f"{apart}.png", photo(0))
    save(tmp_path / "set" / "b.png", photo(1))
    (tmp_path / "set" / "labels.csv").write_text(
        f"path,age,gender\n{composed}.png,30,f\nb.png,40,m\n", encoding="utf-8"
    )
    faces = load(tmp_path / "set", tmp_path)
    assert faces.table["face_id"].tolist() == [composed, "b"]
    assert len(found(faces, "name written otherwise")) == 1


def test_two_files_that_could_be_meant_are_not_guessed(tmp_path):
    for name in ("A.png", "a.png", "b.png"):
        save(tmp_path / "set" / name, photo(ord(name[0])))
    (tmp_path / "set" / "labels.csv").write_text("path,age,gender\n.\\A.PNG,30,f\nb.png,40,m\n")
    faces = load(tmp_path / "set", tmp_path)
    assert faces.table["face_id"].tolist() == ["b"]
    assert len(found(faces, "missing file")) == 1


def test_numbers_of_classes_are_refused_unless_they_are_called_years(tmp_path):
    rows = [f"{i}.png,{i % 9},{'mf'[i % 2]}" for i in range(36)]
    source = a_set(tmp_path, "\n".join(["path,age,gender", *rows]), n=36)
    with pytest.raises(data.DataError, match=r"look like numbers of classes.*call it age_years"):
        load(source, tmp_path)
    (source / "labels.csv").write_text("\n".join(["path,age_years,gender", *rows]))
    assert len(load(source, tmp_path)) == 36


def test_of_two_ages_the_one_called_years_is_read(tmp_path):
    text = "path,age,age_years,gender\n0.png,3,24,f\n1.png,4,36,m\n"
    assert load(a_set(tmp_path, text, n=2), tmp_path).table["age"].tolist() == [24, 36]


def test_of_two_columns_of_one_name_none_is_chosen(tmp_path):
    source = a_set(tmp_path, "path,age,Age,gender\n0.png,3,24,f\n1.png,4,36,m\n", n=2)
    with pytest.raises(data.DataError, match="two columns 'age'"):
        load(source / "labels.csv", tmp_path)


def test_the_meaning_of_gender_codes_is_told(tmp_path):
    source = a_set(tmp_path, "path,age,gender\n0.png,30,0\n1.png,31,1\n2.png,32,1\n", n=3)
    told = found(load(source, tmp_path), "gender codes")["detail"].tolist()
    assert told == ["0 is read as male, 1 as female: 1 men, 2 women"]


def test_a_missing_identity_joins_nobody(tmp_path):
    rows = [f"{i}.png,{20 + i},{'mf'[i % 2]},{'p1' if i < 2 else ''}" for i in range(8)]
    source = a_set(tmp_path, "\n".join(["path,age,gender,identity", *rows]), n=8)
    assert load(source, tmp_path).table["group"].value_counts().tolist() == [2, *[1] * 6]


def test_ends_of_ranges_may_stand_in_their_own_columns(tmp_path):
    text = "path,age,age_low,age_high,gender\n0.png,30,,,f\n1.png,,20,29,m\n"
    table = load(a_set(tmp_path, text, n=2), tmp_path).table
    assert table["age_low"].fillna(-1).tolist() == [-1, 20]
    assert table["age"].fillna(-1).tolist() == [30, -1]


def test_when_nothing_can_be_used_the_reasons_survive(tmp_path):
    text = "path,age,gender\n0.png,old,f\n1.png,old,m\n2.png,31,x\n"
    with pytest.raises(data.NothingUsableError, match=r"label missing, such as 0.png") as caught:
        load(a_set(tmp_path, text, n=3), tmp_path)
    assert caught.value.audit["problem"].value_counts()["label missing"] == 3
    assert "the age old is neither" in caught.value.audit["detail"].iloc[0]


@pytest.mark.parametrize("name", [".jpg", ".png"])
def test_a_file_without_a_stem_has_an_id(tmp_path, name):
    source = a_set(tmp_path, f"path,age,gender\n{name},30,f\n0.png,31,m\n", n=1)
    save(source / "9.png", photo(9)).rename(source / name)
    assert load(source, tmp_path).table["face_id"].tolist() == ["0", "face"]
