"""Downloads: complete and checked, or a clear error and no file."""

import hashlib
import io
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

import data


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    """Serve an archive of six pictures with a table of labels."""
    folder = tmp_path / "www"
    folder.mkdir()
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(folder / "set.zip", "w") as zipped:
        rows = ["path,age,gender"]
        for i in range(6):
            buffer = io.BytesIO()
            Image.fromarray(rng.integers(0, 255, (40, 40, 3), np.uint8)).save(buffer, "PNG")
            zipped.writestr(f"{i}.png", buffer.getvalue())
            rows.append(f"{i}.png,{20 + i},{'mf'[i % 2]}")
        zipped.writestr("labels.csv", "\n".join(rows))
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_fetch_check_and_load(server, tmp_path):
    right = hashlib.sha256((tmp_path / "www" / "set.zip").read_bytes()).hexdigest()
    events = []
    data.add_data_set(
        "far",
        f"{server}/set.zip",
        sha256=right,
        cache=tmp_path / "cache",
        progress=lambda *event: events.append(event),
    )
    assert any(stage == "download" for stage, _, _ in events)
    faces = data.load("far", cache=tmp_path / "cache", pose=False)
    assert faces.name == "far" and len(faces) == 6


@pytest.mark.parametrize(
    ("path", "sha256", "message"),
    [
        ("set.zip", "0" * 64, "another sha256"),
        ("nothing.zip", None, "cannot be fetched"),
    ],
)
def test_wrong_downloads(server, tmp_path, path, sha256, message):
    with pytest.raises(data.DataError, match=message):
        data.add_data_set("far", f"{server}/{path}", sha256=sha256, cache=tmp_path / "cache")
    assert list((tmp_path / "cache" / "downloads").glob("*.zip")) == []
    assert "far" not in data.known_data_sets(tmp_path / "cache")


def test_nobody_answers(tmp_path):
    with pytest.raises(data.DataError, match="cannot be fetched"):
        data.add_data_set("far", "http://127.0.0.1:9/set.zip", cache=tmp_path / "cache")
