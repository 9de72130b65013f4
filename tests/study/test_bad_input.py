"""Bad data given to ``study run``: a sentence, exit code 2, and no run that looks finished."""

import io
import shutil
import tarfile

import pandas as pd
import pytest

from study.__main__ import call


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "one.toml"
    path.write_text('summary = "one contender"\nsave_models = false\n[contenders.dummy]\n')
    return str(path)


def refused(plan, source, out, capsys):
    """Run and return the message, after checking that nothing was left behind."""
    assert call(["run", "--plan", plan, "--data", str(source), "--out", str(out)]) == 2
    assert not (out / "report.html").exists()
    assert not (out / "provenance.json").exists()
    error = " ".join(capsys.readouterr().err.split())
    assert "Traceback" not in error
    return error


def tar_with(path, name, content=b"hello", **changes):
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        for key, value in changes.items():
            setattr(member, key, value)
        archive.addfile(member, io.BytesIO(content))
    return path


def test_missing_path(plan, tmp_path, capsys):
    assert "no existing path" in refused(plan, tmp_path / "none.tar", tmp_path / "run", capsys)


def test_empty_folder(plan, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert "empty" in refused(plan, tmp_path / "empty", tmp_path / "run", capsys)


def test_archive_without_faces(plan, tmp_path, capsys):
    source = tar_with(tmp_path / "letters.tar", "letter.txt")
    assert "letters.tar" in refused(plan, source, tmp_path / "run", capsys)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("../1_0_0_20170101000000000.jpg", {}),
        ("/etc/1_0_0_20170101000000000.jpg", {}),
        ("1_0_0_20170101000000000.jpg", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}),
    ],
)
def test_archive_that_reaches_outside(plan, tmp_path, capsys, name, changes):
    source = tar_with(tmp_path / "evil.tar", name, **changes)
    error = refused(plan, source, tmp_path / "run", capsys)
    assert "evil.tar" in error or name in error


def test_one_single_gender(plan, small_faces, tmp_path, capsys):
    source = tmp_path / "men"
    source.mkdir()
    for path in small_faces.glob("*_0_*_*.jpg"):
        if path.name.split("_")[1] == "0":
            shutil.copy(path, source)
    assert "gender" in refused(plan, source, tmp_path / "run", capsys)


def test_fewer_faces_than_parts(plan, small_faces, tmp_path, capsys):
    source = tmp_path / "few"
    source.mkdir()
    for path in sorted(small_faces.iterdir())[:3]:
        shutil.copy(path, source)
    assert "faces" in refused(plan, source, tmp_path / "run", capsys)


def test_bad_files_are_set_aside_and_the_study_goes_on(plan, small_faces, tmp_path):
    source = tmp_path / "mixed"
    shutil.copytree(small_faces, source)
    whole = sorted(source.iterdir())
    (source / "30_0_0_20170109150557001.jpg").write_bytes(whole[0].read_bytes()[:600])
    (source / "31_1_0_20170109150557002.jpg").write_text("this is not a picture")
    (source / "who_is_this.jpg").write_bytes(whole[1].read_bytes())
    arguments = ["run", "--plan", plan, "--data", str(source), "--out", str(tmp_path / "run")]
    assert call(arguments) == 0
    audit = (tmp_path / "run" / "audit.csv").read_text()
    for name in ("30_0_0_20170109150557001", "31_1_0_20170109150557002", "who_is_this"):
        assert name in audit
    assert (tmp_path / "run" / "report.html").is_file()


def test_an_archive_and_its_folder_give_the_same_numbers(plan, small_faces, tmp_path):
    archive = tmp_path / "faces.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(small_faces, arcname="UTKFace")
    outs = []
    for number, source in enumerate((archive, small_faces)):
        out = tmp_path / f"run{number}"
        assert call(["run", "--plan", plan, "--data", str(source), "--out", str(out)]) == 0
        outs.append(out)
    first, second = ((out / "predictions").iterdir() for out in outs)

    a, b = pd.read_parquet(next(first)), pd.read_parquet(next(second))
    pd.testing.assert_frame_equal(a.drop(columns="data_set"), b.drop(columns="data_set"))
