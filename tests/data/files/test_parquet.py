"""Parquet files that carry their images."""

import io
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import data
from basis.faces import OLDEST_AGE
from data.cache import no_progress
from data.errors import DataError
from data.files import source
from data.readers.labelled import read


def open_source(path, cache):
    return source.open_source(path, cache, no_progress)


def jpeg():
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), "olive").save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize("as_struct", [True, False])
def test_parquet_with_images(tmp_path, as_struct):
    images = [{"bytes": jpeg(), "path": "x"} if as_struct else jpeg()] * 3
    table = pa.table({"image": images, "age": [1, 2, 3], "gender": [1, 0, 0]})
    names = (
        b'{"info": {"features": {"gender": {"names": ["female", "male"], "_type": "ClassLabel"}}}}'
    )
    pq.write_table(table.replace_schema_metadata({b"huggingface": names}), tmp_path / "a.parquet")
    folder = open_source(tmp_path / "a.parquet", tmp_path / "cache")
    labels = pd.read_csv(folder / "labels.csv")
    assert labels["gender"].tolist() == ["male", "female", "female"]
    assert labels["age"].tolist() == [1, 2, 3]
    assert all((folder / path).read_bytes() == jpeg() for path in labels["path"])
    assert open_source(tmp_path, tmp_path / "cache") == folder


def test_a_damaged_parquet_file(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(DataError, match="not a readable parquet"):
        open_source(tmp_path / "a.parquet", tmp_path / "cache")


@pytest.mark.parametrize("notes", [b"\xa0", b"{", b"[]"])
def test_damaged_notes_of_pandas_in_a_shard(tmp_path, notes):
    """Found by fuzzing: the errors of the decoder and of JSON came through."""
    table = pa.table({"image": [jpeg()] * 3, "age": [1, 2, 3], "gender": [1, 0, 0]})
    pq.write_table(table.replace_schema_metadata({b"pandas": notes}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet: a part of this parquet file cannot be read"):
        open_source(tmp_path / "a.parquet", tmp_path / "cache")


def test_age_ranges_are_read_by_their_class_names(tmp_path):
    classes = ["0-2", "20-29", "more than 70"]
    table = pa.table({"image": [jpeg()] * 3, "age": [0, 1, 2], "gender": [0, 1, 1]})
    features = {"age": {"names": classes, "_type": "ClassLabel"}}
    metadata = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), tmp_path / "a.parquet")
    faces = read(open_source(tmp_path / "a.parquet", tmp_path / "cache"))
    assert faces["usable"].all() and faces["age"].isna().all()
    assert faces["age_low"].tolist() == [0, 20, 70]
    assert faces["age_high"].tolist() == [2, 29, OLDEST_AGE]


def picture(grey):
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), (grey, 255 - grey, 60)).save(buffer, "PNG")
    return buffer.getvalue()


def test_shards_of_one_name_keep_their_own_pictures(tmp_path):
    for start, split in ((0, "train"), (100, "test")):
        (tmp_path / "set" / "default" / split).mkdir(parents=True)
        ages = list(range(start, start + 20))
        columns = {"image": [picture(age) for age in ages], "age": [a / 2 for a in ages]}
        shard = pa.table({**columns, "gender": ["male", "female"] * 10})
        pq.write_table(shard, tmp_path / "set" / "default" / split / "0000.parquet")
    faces = data.load(tmp_path / "set", cache=tmp_path / "cache", pose=False)
    assert len(faces) == 40
    for face_id, age in zip(faces.table["face_id"], faces.table["age"], strict=True):
        assert faces.path(face_id).read_bytes() == picture(int(2 * age))


def test_tables_whose_images_would_share_a_name_are_refused(tmp_path):
    (tmp_path / "set" / "a").mkdir(parents=True)
    shard = pa.table({"image": [picture(1)], "age": [1], "gender": ["male"]})
    for name in ("a/b.parquet", "a-b.parquet"):
        pq.write_table(shard, tmp_path / "set" / name)
    with pytest.raises(DataError, match=r"would give images of one name"):
        open_source(tmp_path / "set", tmp_path / "cache")


def test_another_place_of_a_table_is_another_data_set(tmp_path):
    shard = pa.table({"image": [picture(1)], "age": [1], "gender": ["male"]})
    for folder in ("one", "two/deep"):
        (tmp_path / folder).mkdir(parents=True)
        pq.write_table(shard, tmp_path / folder / "0.parquet")
    first, second = (open_source(tmp_path / n, tmp_path / "cache") for n in ("one", "two"))
    assert first != second
    assert pd.read_csv(second / "labels.csv")["path"].tolist() == ["images/deep-0-0000000.jpg"]


@pytest.mark.parametrize("number", [-1, 3, 1.0])
def test_numbers_that_are_no_class_stay(tmp_path, number):
    names = b'{"info": {"features": {"gender": {"names": ["male", "female"]}}}}'
    shard = pa.table({"image": [picture(1)], "age": [1], "gender": [number]})
    pq.write_table(shard.replace_schema_metadata({b"huggingface": names}), tmp_path / "a.parquet")
    labels = pd.read_csv(open_source(tmp_path / "a.parquet", tmp_path / "c") / "labels.csv")
    assert labels["gender"].tolist() == (["female"] if number == 1 else [number])
