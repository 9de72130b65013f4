"""One pass over the files: what is listed, what is there, and what is remembered of it."""

import hashlib
import io
import os

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from data.audit import scan as module
from data.audit.findings import Findings, summarise
from data.audit.fingerprints import HASH_WORDS, MIRROR_WORDS, fingerprint, fingerprint_files
from data.audit.scan import scan
from data.errors import NothingUsableError
from data.readers import Reader


def picture(path, shade=0, mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (4, 2), shade).save(path, "PNG")


def scanned(source, names, *, details=None, notes=(), cache=None):
    """Scan a source whose labels list these names; return the rows and the audit's."""
    listing = pd.DataFrame({"path": pd.Series(names, dtype="str"), "age": 30.0})
    listing["detail"] = details or ""
    listing.attrs["notes"] = notes
    findings = Findings()
    reader = Reader("made", "made", lambda _: True, lambda _: listing)
    cache = cache or source.parent / "cache"
    try:
        rows = scan(source, reader, cache, findings, n_jobs=1, progress=lambda *_: None)
    except NothingUsableError as error:
        return error, list(error.audit.itertuples(index=False, name=None))
    return rows, list(findings.frame().itertuples(index=False, name=None))


def test_what_is_listed_and_what_is_there(tmp_path):
    root = tmp_path / "set"
    for name in ("a.png", "d/b.png", "stray.PNG"):
        picture(root / name)
    (root / "e.png").write_bytes(b"no picture")
    (root / "labels.csv").write_text("")
    (root / "more.ZIP").write_bytes(b"PK")
    names = ["gone.png", "a.png", "e.png", "d/b.png", "never.png"]
    details = ["", "", "", "", "the server has it no longer"]
    rows, audit = scanned(root, names, details=details, notes=[("one label", "all are 30")])
    assert audit == [
        ("more.ZIP", "archive not opened", "ignored", "pictures lie beside it: load it by itself"),
        ("gone.png", "missing file", "excluded", "listed, but not there"),
        ("never.png", "missing file", "excluded", "the server has it no longer"),
        ("stray.PNG", "no label", "excluded", "the table of labels does not name it"),
        ("labels.csv", "not an image", "ignored", ""),
        ("set", "one label", "reported", "all are 30"),
    ]
    assert rows["path"].tolist() == ["a.png", "e.png", "d/b.png"]
    assert rows["file_problem"].tolist() == ["", "unreadable", ""]
    assert rows["file_detail"].iloc[0] == "" != rows["file_detail"].iloc[1]
    assert rows["changed"].tolist() == [(root / p).stat().st_ctime_ns for p in rows["path"]]
    assert rows[["height", "width"]].iloc[[0, 2]].to_numpy().tolist() == [[2, 4]] * 2


def test_all_files_listed_is_nothing_noted(tmp_path):
    picture(tmp_path / "set" / "a.png")
    assert scanned(tmp_path / "set", ["a.png"])[1] == []


def test_a_table_file_stands_beside_its_pictures(tmp_path):
    """Paths start in its folder, and what else lies there is no business of ours."""
    picture(tmp_path / "set" / "a.png")
    picture(tmp_path / "set" / "other.png")
    table = tmp_path / "set" / "labels.csv"
    table.write_text("")
    rows, audit = scanned(table, ["a.png"], cache=tmp_path / "cache")
    assert rows["path"].tolist() == ["a.png"] and audit == []


def test_nothing_there_is_an_error_that_tells_what_was_listed(tmp_path):
    (tmp_path / "set").mkdir()
    error, audit = scanned(tmp_path / "set", ["a.png"])
    assert str(error).startswith(f"{tmp_path / 'set'} holds no image that its labels name")
    assert audit == [("a.png", "missing file", "excluded", "listed, but not there")]


def test_names_of_other_systems_are_those_on_disk_where_one_file_can_be_meant(tmp_path):
    root = tmp_path / "set"
    for name in ("d/One.png", "Am\u00e9lie.png", "two.png", "x/Twice.png", "x/twicE.png", "z.png"):
        picture(root / name)
    names = ["d\\one.PNG", "Ame\u0301lie.png", "two.png", "x/TWICE.png", "none.png", "z.png"]
    rows, audit = scanned(root, names)
    assert rows["path"].tolist() == ["d/One.png", "Am\u00e9lie.png", "two.png", "z.png"]
    noted = [(file, *rest) for file, problem, *rest in audit if problem == "name written otherwise"]
    assert noted == [
        ("Am\u00e9lie.png", "noted", "the table says Ame\u0301lie.png"),
        ("d/One.png", "noted", "the table says d\\one.PNG"),
    ]
    missing = [file for file, problem, *_ in audit if problem == "missing file"]
    assert missing == ["none.png", "x/TWICE.png"]


def test_a_row_without_a_name_is_a_missing_file(tmp_path):
    picture(tmp_path / "set" / "a.png")
    rows, audit = scanned(tmp_path / "set", ["", "a.png"], details=["no name is given", ""])
    assert rows["path"].tolist() == ["a.png"]
    assert audit == [("", "missing file", "excluded", "no name is given")]


def test_only_files_that_changed_are_read_again(tmp_path, monkeypatch):
    root, asked = tmp_path / "set", []
    picture(root / "a.png", 10)
    real = module.fingerprint_files
    monkeypatch.setattr(
        module, "fingerprint_files", lambda paths, **k: asked.append(paths) or real(paths, **k)
    )
    first, _ = scanned(root, ["a.png"])
    again, _ = scanned(root, ["a.png"])
    assert asked == [[root / "a.png"]]
    pd.testing.assert_frame_equal(first, again)
    before = (root / "a.png").stat()
    picture(root / "a.png", 20)
    os.utime(root / "a.png", ns=(before.st_atime_ns, before.st_mtime_ns))
    other, _ = scanned(root, ["a.png"])
    assert len(asked) == 2
    assert other["pixel_sha256"].tolist() != first["pixel_sha256"].tolist()


def test_a_file_that_the_disk_refused_is_asked_for_again(tmp_path, monkeypatch):
    root = tmp_path / "set"
    picture(root / "a.png")
    picture(root / "b.png")
    real = type(root).read_bytes

    def refuse(path):
        if path.name == "a.png":
            raise OSError(5, "Input/output error")
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(type(root), "read_bytes", refuse)
        rows, _ = scanned(root, ["a.png", "b.png"])
        gone = tmp_path / "cache" / "fingerprints"
        assert not list(gone.glob("*.parquet"))

        def read_while_another_forgets(path):
            table = real_table(path)
            path.unlink()
            return table

        real_table = pd.read_parquet
        patch.setattr(module.pd, "read_parquet", read_while_another_forgets)
        assert scanned(root, ["a.png", "b.png"])[0]["file_problem"].tolist() == ["unreadable", ""]
    assert rows["file_problem"].tolist() == ["unreadable", ""]
    assert rows["file_detail"].tolist() == ["Input/output error", ""]
    assert scanned(root, ["a.png", "b.png"])[0]["file_problem"].tolist() == ["", ""]


def test_a_fingerprint_by_hand(tmp_path):
    """Dark left of bright: brightness grows from the eighth of 17 values to its neighbour only."""
    pixels = np.zeros((16, 17, 3), np.uint8)
    pixels[:, 8:] = 200
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0]).save(buffer, "PNG")
    (tmp_path / "a.png").write_bytes(buffer.getvalue())
    row = fingerprint(tmp_path / "a.png")
    assert row["sha256"] == hashlib.sha256(buffer.getvalue()).hexdigest()
    whole = hashlib.sha256(b"(16, 17, 3)" + pixels.tobytes()).hexdigest()
    assert row["pixel_sha256"] == whole
    assert (row["height"], row["width"]) == (16, 17)
    assert row["conversions"] == "greyscale" and row["problem"] == row["detail"] == ""
    line = int("0000000100000000" * 4, 2)  # of 16 bits the eighth, four lines a word
    assert [int(row[word]) for word in HASH_WORDS] == [line] * 4
    assert [int(row[word]) for word in MIRROR_WORDS] == [0] * 4
    pixels = pixels[:, ::-1]
    Image.fromarray(np.ascontiguousarray(pixels)).save(tmp_path / "b.png")
    other = fingerprint(tmp_path / "b.png")
    assert [int(other[word]) for word in HASH_WORDS] == [0] * 4
    mirror = int("0000000100000000" * 4, 2)
    assert [int(other[word]) for word in MIRROR_WORDS] == [mirror] * 4
    assert other["conversions"] == ""


def test_a_file_that_is_no_picture_keeps_the_hash_of_its_bytes(tmp_path):
    (tmp_path / "a.png").write_bytes(b"text")
    row = fingerprint(tmp_path / "a.png")
    assert row["sha256"] == hashlib.sha256(b"text").hexdigest()
    assert (row["problem"], row["pixel_sha256"], row["height"], row["width"]) == (
        "unreadable", "", 0, 0,
    )  # fmt: skip
    assert all(row[word] == 0 for word in HASH_WORDS + MIRROR_WORDS)


def test_files_are_described_in_their_order(tmp_path):
    events = []
    for i in range(70):
        picture(tmp_path / f"{i}.png", (i, 0, 0))
    paths = [tmp_path / f"{i}.png" for i in range(70)]
    found = fingerprint_files(paths, n_jobs=2, progress=lambda *event: events.append(event))
    assert found.index.tolist() == list(range(70))
    assert found["sha256"].tolist() == [hashlib.sha256(p.read_bytes()).hexdigest() for p in paths]
    assert events == [("read and fingerprint", done, 70) for done in (64, 70)]


@pytest.mark.parametrize("value", [None, np.nan])
def test_the_audit_is_text_sorted_by_problem_and_file(value):
    findings = Findings()
    assert list(findings.frame()) == ["file", "problem", "action", "detail"]
    files = pd.Series(["c", "a"], index=[7, 3])
    findings.add(files, "tiny", "dropped", pd.Series([value, 5], files.index, dtype="object"))
    findings.add(pd.Series(["b"]), "broken", "excluded", "")
    audit = findings.frame()
    assert audit.index.tolist() == [0, 1, 2]
    assert list(audit.itertuples(index=False, name=None)) == [
        ("b", "broken", "excluded", ""),
        ("a", "tiny", "dropped", "5"),
        ("c", "tiny", "dropped", ""),
    ]


def test_the_summary_begins_with_what_is_most_frequent():
    rows = [("a", "x", "dropped"), ("b", "y", "noted"), ("c", "y", "noted"), ("c", "y", "noted")]
    rows += [("d", "w", "noted"), ("e", "y", "dropped")]
    audit = pd.DataFrame(rows, columns=["file", "problem", "action"]).assign(detail="")
    found = summarise(audit)
    assert found.index.tolist() == [0, 1, 2, 3]
    assert found.to_numpy().tolist() == [
        ["y", "noted", 2, "b"],
        ["w", "noted", 1, "d"],
        ["x", "dropped", 1, "a"],
        ["y", "dropped", 1, "e"],
    ]
