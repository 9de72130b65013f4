"""Several archives: inside an archive, or in a folder."""

import io
import shutil
import tarfile
import zipfile

import pytest
from face_folders import load

import data


def packed(files, kind):
    """Return the bytes of a zip or tar.gz with these files."""
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as zipped:
            for path in files:
                zipped.write(path, path.name)
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            for path in files:
                tar.add(path, path.name)
    return buffer.getvalue()


@pytest.fixture
def parts(folder):
    """Thirty pictures in three archives, two of which have the same name but for the suffix."""
    files = sorted(folder.iterdir())
    return {
        "part1.zip": packed(files[:10], "zip"),
        "part1.tar.gz": packed(files[10:20], "tar"),
        "more/part3.tgz": packed(files[20:], "tar"),
    }


def test_archives_inside_an_archive(parts, tmp_path):
    with zipfile.ZipFile(tmp_path / "wild.zip", "w") as zipped:
        for name, content in parts.items():
            zipped.writestr(name, content)
    faces = load(tmp_path / "wild.zip", tmp_path)
    assert len(faces) == 30 and faces.table["keep"].all()
    assert len(set(faces.table["path"])) == 30


def test_a_folder_of_archives(parts, tmp_path):
    for name, content in parts.items():
        (tmp_path / "wild" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "wild" / name).write_bytes(content)
    before = sorted(p.name for p in (tmp_path / "wild").rglob("*"))
    faces = load(tmp_path / "wild", tmp_path)
    assert len(faces) == 30
    assert sorted(p.name for p in (tmp_path / "wild").rglob("*")) == before
    (tmp_path / "wild" / "part1.zip").unlink()  # another folder now, not the remembered one
    assert len(load(tmp_path / "wild", tmp_path)) == 20


def test_an_archive_beside_pictures_is_noted(folder, parts, tmp_path):
    (folder / "part1.zip").write_bytes(parts["part1.zip"])
    faces = load(folder, tmp_path)
    assert len(faces) == 30
    assert faces.audit.query("file == 'part1.zip'")["problem"].tolist() == ["archive not opened"]


def test_a_damaged_part_names_itself(parts, tmp_path):
    (tmp_path / "wild").mkdir()
    (tmp_path / "wild" / "ok.zip").write_bytes(parts["part1.zip"])
    (tmp_path / "wild" / "bad.zip").write_bytes(parts["part1.zip"][:-4000] + b"x" * 4000)
    shutil.copyfile(tmp_path / "wild" / "ok.zip", tmp_path / "wild" / "bad.tar.gz")
    (tmp_path / "wild" / "bad.tar.gz").write_bytes(parts["part1.tar.gz"][:500])
    with pytest.raises(data.DataError, match=r"bad.tar.gz is damaged"):
        load(tmp_path / "wild", tmp_path)
