"""Tables, names, archives and parquet files as nobody should write them: faces or a DataError."""

import io
import itertools
import shutil
import tarfile
import zipfile

import numpy as np
import pandas as pd
import pytest
from damage import WORDS, damages, fuzzed
from face_folders import chip, photo
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import data
from basis.pictures import UnreadableImageError, decode
from data.cache import no_progress
from data.files.source import open_source
from data.readers import find_reader

HEADING = "path,age,gender,identity,yaw,ethnicity,age_low,age_high"
ROWS = [
    "0.png,30,m,1,10,A,,",
    "1.png,8,f,1,,B,,",
    "2.png,,female,2,-5,,20,29",
    "3.png,(8 12),0,,,,,",
]
COLUMNS = [*HEADING.split(","), "file", "sex", "group", "race", "age_years", "Age", "", "path"]
number = itertools.count()


def png(seed=0, form="PNG"):
    out = io.BytesIO()
    Image.fromarray(photo(seed, 16)).save(out, form)
    return out.getvalue()


PICTURES = [png(k) for k in range(4)]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def a_folder(place):
    """Return a new folder: what was opened once is remembered by its content."""
    folder = place / str(next(number))
    folder.mkdir()
    return folder


def read_or_sentence(source, place):
    """Open and read; an error must be ours, and name what the user gave."""
    cache = place / "cache"
    try:
        opened = open_source(source, cache, no_progress)
        reader = find_reader(opened, source)
        table = reader.read(opened)
    except data.DataError as error:
        assert str(error).strip()
        return None
    finally:
        shutil.rmtree(cache, ignore_errors=True)
    assert {"path", "age", "gender", "problem", "detail", "usable"} <= set(table)
    return table


def whole_set(folder, text):
    for k, content in enumerate(PICTURES):
        (folder / f"{k}.png").write_bytes(content)
    (folder / "labels.csv").write_bytes(text)
    return folder


def test_the_table_is_read(place):
    text = "\n".join([HEADING, *ROWS]).encode()
    assert len(read_or_sentence(whole_set(a_folder(place), text), place)) == 4


@fuzzed()
@given(damages(), damages())
def test_bytes_of_a_table_of_labels(place, first, second):
    folder = a_folder(place)
    text = second(first("\n".join([HEADING, *ROWS]).encode()))
    read_or_sentence(whole_set(folder, text), place)
    assert (folder / "labels.csv").read_bytes() == text
    assert len(list(folder.iterdir())) == 5
    shutil.rmtree(folder)


@fuzzed()
@given(
    st.lists(st.sampled_from(COLUMNS), min_size=2, max_size=7), st.data(), st.sampled_from(",;\t|")
)
def test_cells_of_a_table_of_labels(place, heading, given_cells, separator):
    cells = st.sampled_from(("0.png", "30", "m", "f", "20-29", "60+", "0", "1", "")) | WORDS
    rows = [[given_cells.draw(cells) for _ in heading] for _ in range(3)]
    text = "\n".join(separator.join(row) for row in [heading, *rows])
    folder = whole_set(a_folder(place), text.encode(errors="replace"))
    read_or_sentence(folder, place)
    shutil.rmtree(folder)


@fuzzed()
@given(
    st.lists(WORDS | st.tuples(WORDS, WORDS, WORDS, WORDS).map("_".join), min_size=1, max_size=5)
)
def test_names_of_files(place, names):
    folder = a_folder(place)
    (folder / chip(30, 0, 1)).write_bytes(PICTURES[0])
    for name in names:
        safe = name.replace("/", "_").replace("\x00", "_")[:60] + ".jpg"
        (folder / safe.encode(errors="replace").decode()).write_bytes(PICTURES[1])
    read_or_sentence(folder, place)
    shutil.rmtree(folder)


def packed(kind, names):
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for k, name in enumerate(names):
                archive.writestr(name, PICTURES[k % 4])
        return out.getvalue()
    with tarfile.open(fileobj=out, mode=kind) as archive:
        for k, name in enumerate(names):
            entry = tarfile.TarInfo(name)
            entry.size = len(PICTURES[k % 4])
            archive.addfile(entry, io.BytesIO(PICTURES[k % 4]))
    return out.getvalue()


KINDS = ("zip", "w", "w:gz", "w:bz2", "w:xz")
ARCHIVES = {kind: packed(kind, [chip(20 + k, k % 2, k) for k in range(3)]) for kind in KINDS}


@fuzzed()
@given(st.sampled_from(KINDS), damages(), damages(), st.booleans())
def test_bytes_of_an_archive(place, kind, first, second, twice):
    folder = a_folder(place)
    content = first(ARCHIVES[kind])
    path = folder / ("faces.zip" if kind == "zip" else "faces.tar.gz")
    path.write_bytes(second(content) if twice else content)
    read_or_sentence(path, place)
    assert [p.name for p in folder.iterdir()] == [path.name]
    shutil.rmtree(folder)


@fuzzed(0.5)
@given(st.sampled_from(KINDS[:3]), st.lists(WORDS, min_size=1, max_size=4))
def test_names_in_an_archive(place, kind, names):
    folder = a_folder(place)
    # zipfile cuts names at a zero, and cannot write what is then no name
    written = (name.encode(errors="replace").decode().lstrip("\x00") for name in names)
    usable = dict.fromkeys(name or "x" for name in written)
    path = folder / "faces.zip"
    path.write_bytes(packed(kind, [chip(30, 0, 1), *usable]))
    read_or_sentence(path, place)
    assert [p.name for p in folder.iterdir()] == ["faces.zip"]
    shutil.rmtree(folder)


def parquet(columns):
    out = io.BytesIO()
    pd.DataFrame(columns).to_parquet(out, index=False)
    return out.getvalue()


SHARD = parquet({"image": PICTURES[:3], "age": [30, 8, 40], "gender": [0, 1, 1]})


@fuzzed()
@given(damages(), st.booleans(), st.booleans())
def test_bytes_of_a_folder_of_shards(place, damage, damaged, folder_asked):
    folder = a_folder(place)
    (folder / "0.parquet").write_bytes(SHARD)
    (folder / "1.parquet").write_bytes(damage(SHARD) if damaged else SHARD)
    read_or_sentence(folder if folder_asked else folder / "1.parquet", place)
    assert sorted(p.name for p in folder.iterdir()) == ["0.parquet", "1.parquet"]
    shutil.rmtree(folder)


@fuzzed(0.5)
@given(
    st.dictionaries(st.sampled_from(COLUMNS), st.lists(WORDS | st.none(), min_size=3, max_size=3))
)
def test_columns_of_a_shard(place, columns):
    folder = a_folder(place)
    clean = {
        name: [v if v is None else v.encode(errors="replace").decode() for v in values]
        for name, values in columns.items()
    }
    (folder / "0.parquet").write_bytes(parquet({"image": PICTURES[:3], **clean}))
    read_or_sentence(folder, place)
    shutil.rmtree(folder)


@fuzzed()
@given(st.sampled_from(("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")), damages(), damages())
def test_bytes_of_a_picture(kind, first, second):
    content = second(first(png(0, kind)))
    try:
        pixels = decode(content).pixels
    except UnreadableImageError as error:
        assert error.problem in ("unreadable", "truncated", "too large")
    else:
        assert pixels.dtype == np.uint8
        assert pixels.shape[2:] == (3,)
