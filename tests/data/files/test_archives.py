"""Archives: unpacked completely and safely, or refused with the name of the entry."""

import io
import struct
import tarfile
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.cache import no_progress
from data.errors import DataError
from data.files import archives, source
from data.files.listing import list_files


def open_source(path, cache):
    return source.open_source(path, cache, no_progress)


def tar_of(path, *entries, mode="w"):
    """Write a tar of ``(name, content)`` or of ready ``TarInfo`` entries."""
    with tarfile.open(path, mode) as tar:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                tar.addfile(entry)
            else:
                info = tarfile.TarInfo(entry[0])
                info.size = len(entry[1])
                tar.addfile(info, io.BytesIO(entry[1]))
    return path


def zip_of(path, *entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in entries:
            zipped.writestr(name, content)
    return path


def unfinished(cache):
    """Return what a refused archive left in the cache (locks are empty files)."""
    return [path for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"]


def special(name, kind):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = "/etc/passwd"
    return info


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tgz", ".tar.xz", ".zip"])
def test_all_kinds_of_archives(tmp_path, suffix):
    entries = [("faces/a.jpg", b"one"), ("faces/deep/b.jpg", b"two")]
    archive = tmp_path / f"set{suffix}"
    if suffix == ".zip":
        zip_of(archive, *entries)
    else:
        compression = {".tar": "", ".tar.xz": "xz"}.get(suffix, "gz")
        tar_of(archive, *entries, mode=f"w:{compression}")
    folder = open_source(archive, tmp_path / "cache")
    assert list_files(folder) == ["faces/a.jpg", "faces/deep/b.jpg"]
    assert (folder / "faces/deep/b.jpg").read_bytes() == b"two"
    assert open_source(archive, tmp_path / "cache") == folder


@pytest.mark.parametrize(
    "name", ["../out.jpg", "/tmp/out.jpg", "a/../../out.jpg", "..\\out.jpg", "C:\\a.jpg"]
)
@pytest.mark.parametrize("write", [tar_of, zip_of])
def test_entries_that_lead_out_are_refused(tmp_path, write, name):
    archive = write(tmp_path / "bad.archive", ("a.jpg", b"fine"), (name, b"evil"))
    with pytest.raises(DataError, match="leads out of the folder"):
        open_source(archive, tmp_path / "cache")
    assert list(tmp_path.glob("**/*.jpg")) == []


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_are_refused(tmp_path, kind):
    archive = tar_of(tmp_path / "bad.tar", ("a.jpg", b"fine"), special("b.jpg", kind))
    with pytest.raises(DataError, match=r"'b\.jpg' is a link or a device"):
        open_source(archive, tmp_path / "cache")
    assert list(tmp_path.glob("**/*.jpg")) == []


def test_a_link_in_a_zip_is_refused(tmp_path):
    link = zipfile.ZipInfo("b.jpg")
    link.external_attr = 0o120777 << 16
    archive = zip_of(tmp_path / "bad.zip", (link, "/etc/passwd"))
    with pytest.raises(DataError, match="is a link or a device"):
        open_source(archive, tmp_path / "cache")


@pytest.mark.parametrize("write", [tar_of, zip_of])
def test_bombs_are_refused(tmp_path, monkeypatch, write):
    monkeypatch.setattr(archives, "ALWAYS_ALLOWED", 1000)
    monkeypatch.setattr(archives, "MAX_RATIO", 0.1)
    archive = write(tmp_path / "bomb", *[(f"{i}.jpg", b"\0" * 900) for i in range(9)])
    with pytest.raises(DataError, match="times its size"):
        open_source(archive, tmp_path / "cache")
    monkeypatch.setattr(archives, "MAX_ENTRY", 500)
    with pytest.raises(DataError, match="no photograph"):
        open_source(archive, tmp_path / "cache")
    monkeypatch.setattr(archives, "MAX_ENTRY", 1000)
    monkeypatch.setattr(archives, "MAX_RATIO", 100)
    monkeypatch.setattr(archives, "MAX_ENTRIES", 3)
    with pytest.raises(DataError, match="number 4"):
        open_source(archive, tmp_path / "cache")


def test_a_zip_entry_larger_than_it_says_is_damaged(tmp_path):
    archive = zip_of(tmp_path / "liar.zip", ("a.jpg", b"\0" * 5000))
    content = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(signature) + offset
        content[at : at + 4] = struct.pack("<I", 10)
    archive.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        open_source(archive, tmp_path / "cache")


@pytest.mark.parametrize("suffix", ["gz", "xz", "bz2"])
def test_a_packed_archive_of_a_few_bytes_is_damaged(tmp_path, suffix):
    """Found by fuzzing: already the question whether it is an archive failed."""
    path = tar_of(tmp_path / f"cut.tar.{suffix}", ("a.jpg", b"x" * 5000), mode=f"w:{suffix}")
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(DataError, match=rf"cut\.tar\.{suffix} is "):
        open_source(path, tmp_path / "cache")


def test_a_zip_that_would_start_before_its_start_is_damaged(tmp_path):
    """Found by fuzzing: the system's *invalid argument* was taken for an error of the disk."""
    path = zip_of(tmp_path / "early.zip", ("a.jpg", b"x" * 50))
    content = bytearray(path.read_bytes())
    end = content.rindex(b"PK\x05\x06")
    start = struct.unpack_from("<I", content, end + 16)[0]
    struct.pack_into("<I", content, end + 16, start + 1000)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"early\.zip is damaged or encrypted"):
        open_source(path, tmp_path / "cache")
    assert not unfinished(tmp_path / "cache")


def test_unicode_long_and_double_names_all_arrive(tmp_path):
    long = "x" * 300 + ".jpg"
    entries = [
        ("ünï/木.jpg", b"1"),
        (long, b"2"),
        ("a.jpg", b"3"),
        ("a.jpg", b"4"),
        ("b\x07.jpg", b"5"),
    ]
    folder = open_source(tar_of(tmp_path / "odd.tar", *entries), tmp_path / "cache")
    content = {name: (folder / name).read_bytes() for name in list_files(folder)}
    assert sorted(content.values()) == [b"1", b"2", b"3", b"4", b"5"]
    assert content["ünï/木.jpg"] == b"1"
    assert content["copy 2/a.jpg"] == b"4"
    (shortened,) = [name for name, data in content.items() if data == b"2"]
    assert shortened.startswith("x" * 50) and shortened.endswith(".jpg")
    assert all(name.isprintable() for name in content)


@settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(names=st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=4))
def test_any_names_are_unpacked_inside_or_refused(tmp_path_factory, names):
    base = tmp_path_factory.mktemp("fuzz")
    usable = [n.encode(errors="replace").decode().replace("\0", "") or "x" for n in names]
    archive = tar_of(base / "set.tar", *[(name, b"data") for name in usable])
    try:
        folder = open_source(archive, base / "cache")
    except DataError:
        return
    assert len(list_files(folder)) == len(usable)
    assert len(list_files(base / "cache")) == len(usable) + 1  # and the lock


@settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(
    edits=st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=6)), max_size=5)
)
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_mutated_archives_are_unpacked_or_refused(tmp_path_factory, kind, edits):
    base = tmp_path_factory.mktemp("fuzz")
    entries = [(f"{i}.jpg", np.random.default_rng(i).bytes(200)) for i in range(8)]
    archive = base / f"set.{kind}"
    zip_of(archive, *entries) if kind == "zip" else tar_of(archive, *entries, mode="w:gz")
    data = bytearray(archive.read_bytes())
    for place, patch in edits:
        data[place % len(data) : place % len(data) + len(patch)] = patch
    archive.write_bytes(data)
    try:
        open_source(archive, base / "cache")
    except DataError as error:
        assert "set." in str(error)
        assert unfinished(base / "cache") == []


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut off", b"\x1f\x8b cut off"])
def test_files_that_are_no_archives(tmp_path, content):
    (tmp_path / "faces.zip").write_bytes(content)
    with pytest.raises(DataError, match="fetch it again"):
        open_source(tmp_path / "faces.zip", tmp_path / "cache")


def test_a_truncated_archive_leaves_nothing_behind(tmp_path):
    rng = np.random.default_rng(0)
    archive = tar_of(
        tmp_path / "a.tar.gz", *[(f"{i}.jpg", rng.bytes(3000)) for i in range(20)], mode="w:gz"
    )
    archive.write_bytes(archive.read_bytes()[:30_000])
    with pytest.raises(DataError, match="damaged"):
        open_source(archive, tmp_path / "cache")
    assert unfinished(tmp_path / "cache") == []


def test_a_missing_path(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        open_source(tmp_path / "nowhere", tmp_path / "cache")
