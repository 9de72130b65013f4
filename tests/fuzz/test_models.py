"""Saved models, damaged: the model as it was, or a sentence that names the folder's file."""

import io
import json
import shutil
import zipfile

import numpy as np
import pytest
from damage import damages, fuzzed, json_damages
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from basis.files import sha256_of
from pipelines import ConformalAge, ModelFileError, load, save

X = np.arange(60.0).reshape(20, 3) % 7


class Tensors(RegressorMixin, BaseEstimator):
    """A network as far as files know one: its weights leave it and come back."""

    def fit(self, X, y):
        self.weights_ = {"a.weight": np.ones((3, 2), np.float32), "a.bias": np.zeros(2)}
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "weights_")

    def predict(self, X):
        return X @ self.weights_["a.weight"].sum(axis=1) + self.weights_["a.bias"].sum()

    def detach_tensors(self):
        light = Tensors()
        light.weights_ = None
        return light, self.weights_

    def attach_tensors(self, tensors):
        if {n: t.shape for n, t in tensors.items()} != {"a.weight": (3, 2), "a.bias": (2,)}:
            raise ValueError("the tensors are not those of a small one")
        self.weights_ = tensors


TRUSTED = [f"{Tensors.__module__}.Tensors"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    model = ConformalAge(make_pipeline(StandardScaler(), Ridge()), random_state=0)
    save(model.fit(X, 30 + X[:, 0]), folder / "plain")
    save(
        make_pipeline(StandardScaler(), Tensors()).fit(X, X[:, 0]), folder / "net", trusted=TRUSTED
    )
    return folder


def answer_or_sentence(folder):
    """Load and predict; any error must be one of ours, with a file of the folder in it."""
    try:
        model = load(folder, trusted=TRUSTED)
    except (ModelFileError, FileNotFoundError) as error:
        assert any(
            n in str(error) for n in ("model.json", "estimator.skops", "tensors.safetensors")
        )
        return None
    return model


def copy_of(whole, kind, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp() / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    return shutil.copytree(whole / kind, folder)


def signed_again(folder):
    """Write the checksums of the files as they are: whoever damages can do that too."""
    manifest = json.loads((folder / "model.json").read_text())
    for name in manifest["sha256"]:
        manifest["sha256"][name] = sha256_of(folder / name)
    (folder / "model.json").write_text(json.dumps(manifest))


@fuzzed()
@given(
    st.sampled_from(("plain", "net")),
    st.sampled_from(("model.json", "estimator.skops", "tensors.safetensors")),
    damages(),
    st.booleans(),
)
def test_bytes(whole, tmp_path_factory, kind, name, damage, signed):
    folder = copy_of(whole, kind, tmp_path_factory)
    path = folder / name
    if path.exists():
        path.write_bytes(damage(path.read_bytes()))
        if signed and name != "model.json":
            signed_again(folder)
    answer_or_sentence(folder)
    assert path.exists() == (whole / kind / name).exists()


@fuzzed()
@given(json_damages())
def test_the_manifest(whole, tmp_path_factory, damage):
    folder = copy_of(whole, "net", tmp_path_factory)
    path = folder / "model.json"
    path.write_text(damage(path.read_text()))
    answer_or_sentence(folder)


@fuzzed()
@given(st.sampled_from(("plain", "net")), json_damages())
def test_the_schema_of_an_estimator(whole, tmp_path_factory, kind, damage):
    folder = copy_of(whole, kind, tmp_path_factory)
    path = folder / "estimator.skops"
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.namelist():
            content = old.read(entry)
            new.writestr(entry, damage(content.decode()) if entry == "schema.json" else content)
    path.write_bytes(out.getvalue())
    signed_again(folder)
    answer_or_sentence(folder)


@fuzzed(0.2, 5)
@given(st.sampled_from(("model.json", "estimator.skops", "tensors.safetensors")), st.booleans())
def test_an_absent_file(whole, tmp_path_factory, name, folder_instead):
    folder = copy_of(whole, "net", tmp_path_factory)
    (folder / name).unlink()
    if folder_instead:
        (folder / name).mkdir()
    assert answer_or_sentence(folder) is None
