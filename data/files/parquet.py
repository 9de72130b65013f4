"""Parquet files that carry their images, as Hugging Face ``datasets`` writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from basis.pictures import looks_like_an_image
from data.cache import Progress
from data.errors import DataError


def have_images(tables: list[Path]) -> bool:
    """Tell whether one of the parquet files has a column of image bytes."""
    return any(_image_column(table) for table in tables)


def _image_column(table: Path) -> tuple[str, bool] | None:
    """Return the column of image bytes in a parquet file and whether it is a struct."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(table)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{table} is not a readable parquet file ({error})") from error
    for column in schema:
        if pa.types.is_struct(column.type) and column.type.get_field_index("bytes") >= 0:
            return column.name, True
        binary = pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
        if binary and _begins_with_an_image(table, column.name):
            return column.name, False
    return None


def _begins_with_an_image(table: Path, column: str) -> bool:
    """Tell whether the first value of a binary column is an image: checksums are binary too."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(table) as file:
            for batch in file.iter_batches(batch_size=64, columns=[column]):
                for value in batch.column(0).to_pylist():
                    if value is not None:
                        return looks_like_an_image(value[:16])
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{table} is not a readable parquet file ({error})") from error
    return False


def write_parquet_images(base: Path, tables: list[Path], folder: Path, progress: Progress) -> None:
    """Write the images of Hugging Face style parquet files and one ``labels.csv`` beside them.

    An image is named after its table and row. Tables of several splits often share a file name
    (``train/0000.parquet``, ``test/0000.parquet``), so the whole path below ``base`` is in it.
    """
    folder.mkdir(parents=True)
    stems: dict[str, Path] = {}
    labels = []
    for table in filter(_image_column, tables):
        stem = "-".join(table.relative_to(base).with_suffix("").parts)
        if stem in stems:
            raise DataError(f"{table} and {stems[stem]} would give images of one name: rename one")
        stems[stem] = table
        labels += list(_parquet_rows(table, stem, folder, progress))
    pd.concat(labels, ignore_index=True).to_csv(folder / "labels.csv", index=False)


def _parquet_rows(
    table: Path, stem: str, folder: Path, progress: Progress
) -> Iterator[pd.DataFrame]:
    import pyarrow.parquet as pq

    found = _image_column(table)
    assert found is not None  # the caller asked before
    column, is_struct = found
    parquet = pq.ParquetFile(table)
    names = _class_names(parquet.schema_arrow.metadata)
    done, total = 0, parquet.metadata.num_rows
    for rows in _frames(parquet, table):
        paths = []
        for number, value in enumerate(rows.pop(column), done):
            data = (value or {}).get("bytes") if is_struct else value
            paths.append(f"images/{stem}-{number:07d}.jpg")
            target = folder / paths[-1]
            target.parent.mkdir(exist_ok=True)
            with target.open("xb") as file:  # a name that is taken is an error, never a loss
                file.write(data or b"")
        done += len(rows)
        progress("unpack", done, total)
        for label, classes in names.items():
            if label in rows:
                rows[label] = [_class_name(value, classes) for value in rows[label]]
        yield rows.drop(columns=["path"], errors="ignore").assign(path=paths)


def _frames(parquet: Any, table: Path) -> Iterator[pd.DataFrame]:
    """Yield the rows of a shard; ``DataError`` naming it where a page or its notes are damaged."""
    batches = parquet.iter_batches(batch_size=256)
    while True:
        try:
            batch = next(batches, None)
            rows = None if batch is None else batch.to_pandas()
        except MemoryError:
            raise
        except Exception as error:  # pyarrow's, and what pandas makes of damaged notes
            raise DataError(
                f"{table}: a part of this parquet file cannot be read, fetch it again ({error})"
            ) from error
        if rows is None:
            return
        yield rows


def _class_name(value: Any, classes: list[str]) -> Any:
    """Return the name of a class number; what is no number of a class stays as it is."""
    if pd.isna(value):
        return None
    known = isinstance(value, int | float) and 0 <= value < len(classes)
    return classes[int(value)] if known else value


def _class_names(metadata: dict[bytes, bytes] | None) -> dict[str, list[str]]:
    """Return the names behind integer labels, where Hugging Face ``datasets`` wrote them."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        return {k: f["names"] for k, f in features.items() if isinstance(f, dict) and "names" in f}
    except (KeyError, TypeError, ValueError):
        return {}
