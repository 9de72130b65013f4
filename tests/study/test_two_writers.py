"""Two threads and two processes that write one picture, one download or one model at once."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from at_once import at_once, both
from sklearn.linear_model import Ridge

from data.cache import no_progress
from data.files.download import fetch
from pipelines import ConformalAge, ModelFileError, load, save
from study.commands.predict import _draw

CONTENT = bytes(range(256)) * 400
X = np.arange(60.0).reshape(20, 3) % 7


@both
def test_one_annotated_copy_is_whole(tmp_path, kind):
    """Every reader sees a picture of one colour: one writer's, never a mixture."""
    path = tmp_path / "annotated" / "deep" / "photo.faces.png"

    def draw(shade):
        photo = SimpleNamespace(pixels=np.full((300, 200, 3), shade, np.uint8), reduced=1)
        for _ in range(8):
            _draw(SimpleNamespace(photo=photo, faces=[]), path)
            found = cv2.imread(str(path))
            assert found.shape == (300, 200, 3)
            assert found.min() == found.max()

    assert at_once(draw, [10, 90, 170, 250], kind) == []
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.fixture
def slow_server():
    """Serve one file in pieces, so that downloads overlap."""

    class Slow(BaseHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            for start in range(0, len(CONTENT), 30_000):
                self.wfile.write(CONTENT[start : start + 30_000])
                time.sleep(0.02)

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/faces.bin"
        running.shutdown()


@both
def test_one_download_is_whole(slow_server, tmp_path, kind):
    def get(_):
        path = fetch(slow_server, tmp_path / "downloads", sha256=None, progress=no_progress)
        assert path.read_bytes() == CONTENT

    assert at_once(get, range(3), kind) == []
    assert len(list((tmp_path / "downloads").iterdir())) == 1


@both
def test_a_model_folder_is_one_of_the_models_or_refused(tmp_path, kind):
    """A folder is several files: while two write it, it may be refused, but never a mixture."""
    models = [
        ConformalAge(Ridge(alpha=10.0**k), random_state=0).fit(X, 30 + 3 * X[:, 0])
        for k in range(3)
    ]
    answers = [model.predict(X) for model in models]

    def write(number):
        for _ in range(6):
            save(models[number], tmp_path / "model")
            try:
                found = load(tmp_path / "model").predict(X)
            except (ModelFileError, FileNotFoundError):
                continue
            assert any(np.array_equal(found, answer) for answer in answers)

    assert at_once(write, range(3), kind) == []
    save(models[1], tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(X), answers[1])
    assert sorted(p.name for p in (tmp_path / "model").iterdir()) == [
        "estimator.skops",
        "model.json",
    ]
