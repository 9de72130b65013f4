"""What the packages offer: lazily, typed, and the same to Python and to type checkers."""

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(stub.parent.name for stub in ROOT.glob("*/__init__.pyi"))


def run(code, **environment):
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("package", PACKAGES)
def test_stub_and_package_offer_the_same(package):
    tree = ast.parse((ROOT / package / "__init__.pyi").read_text())
    listed = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    module = importlib.import_module(package)
    assert sorted(listed) == sorted(module.__all__)
    for name in listed:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match="NoSuchThing"):
        _ = module.NoSuchThing


def test_users_of_hog_never_import_torch():
    seen = run(
        "import sys, pipelines; pipelines.HogTransformer, pipelines.contenders(), dir(pipelines); "
        "print([m for m in ('torch', 'timm', 'skorch', 'matplotlib') if m in sys.modules])"
    )
    assert seen == "[]"


def test_users_of_hog_import_little_more_than_what_it_needs():
    code = (
        "import sys, joblib, numba, sklearn.base, sklearn.utils.validation; "
        "before = set(sys.modules); "
        "from pipelines import HogTransformer; "
        "print(sorted({m.partition('.')[0] for m in set(sys.modules) - before}))"
    )
    assert set(ast.literal_eval(run(code))) <= {"basis", "lazy_loader", "pipelines", "platformdirs"}


def test_contenders_is_a_function_and_a_room():
    code = (
        "import pipelines; first = list(pipelines.contenders()); "
        "from pipelines.contenders import dummy; import pipelines.contenders.cnn; "
        "from pipelines import contenders; "
        "assert first == list(contenders()) == list(pipelines.contenders()); "
        "print(dummy.__name__, pipelines.contenders.cnn.__name__)"
    )
    assert run(code) == "pipelines.contenders.dummy pipelines.contenders.cnn"
