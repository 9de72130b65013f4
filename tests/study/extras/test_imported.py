"""Predictions of other models: read as editors write them, refused by name."""

import pytest

from study.errors import UsageError
from study.extras.imported import read_predictions

TABLE = "face_id,age,p_female\n007,31,0.25\nJürgen,40,0.5\n"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_byte_order_marks_and_line_ends_do_not_matter(tmp_path, mark, ends):
    path = tmp_path / "x.csv"
    path.write_bytes((mark + TABLE.replace("\n", ends)).encode("utf-8"))
    table = read_predictions(str(path))
    assert list(table["face_id"]) == ["007", "Jürgen"]
    assert list(table["p_female"]) == [0.25, 0.5]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"face_id,age\na,3\n", "lacks the column 'p_female'"),
        (b"", "is not a CSV table"),
        (b"\xff\xfe\x00face", "is not a CSV table"),
        (b"face_id,age,p_female\na,3,0.5\na,4,0.5\n", "face 'a' stands in more than one row"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, content, sentence):
    path = tmp_path / "wrong.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"wrong\.csv") as caught:
        read_predictions(str(path))
    assert sentence in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="no such file of predictions"):
        read_predictions(str(tmp_path / "none.csv"))


@pytest.mark.parametrize("suffix", ["csv.gz", "zip", "csv.xz", "csv.bz2"])
def test_what_is_packed_only_by_name_is_named(tmp_path, suffix):
    """Found by fuzzing: each packer has errors of its own."""
    path = tmp_path / f"theirs.{suffix}"
    path.write_text(TABLE)
    with pytest.raises(UsageError, match=rf"theirs\.{suffix} is not a CSV table"):
        read_predictions(str(path))
    with pytest.raises(UsageError, match="is not a CSV table"):
        read_predictions(str(tmp_path))
