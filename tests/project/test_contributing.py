"""The worked examples of CONTRIBUTING.md are executed: each part is added as the text says."""

import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmarks.simulated_run import simulated_run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.S)


def block_of(start):
    (block,) = (b for b in BLOCKS if b.startswith(f"# {start}"))
    return block


@pytest.fixture
def add_file(tmp_path, monkeypatch):
    """Lay a block beside the modules of its package, and do nothing else: it must be found."""
    added = []

    def add(start):
        block = block_of(start)
        place = Path(block.splitlines()[0].removeprefix("# "))
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_text(block)
        package = importlib.import_module(".".join(place.parent.parts))
        folders = [*package.__path__, str(tmp_path / place.parent)]
        monkeypatch.setattr(package, "__path__", folders)
        added.append((package, place.stem))

    yield add
    for package, name in added:
        sys.modules.pop(f"{package.__name__}.{name}", None)
        vars(package).pop(name, None)


def test_every_kind_has_an_example():
    assert len(BLOCKS) == 7


def test_contender(add_file, monkeypatch):
    from pipelines import registry

    registry.contenders()
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    add_file("pipelines/contenders")
    contender = registry.get_contender("mean-age")
    images = np.zeros((60, contender.image_size, contender.image_size, 3), dtype=np.uint8)
    labels = np.column_stack([np.linspace(1, 90, 60), np.arange(60) % 2])
    model = contender.build(random_state=0).fit(images, labels)
    assert model.predict(images[:2]).shape == (2, 2)


def test_data_set(add_file, tmp_path):
    import data

    add_file("data/readers")
    folder = tmp_path / "faces"
    folder.mkdir()
    (folder / "portraits.tsv").write_text("file\tyears\tsex\na.png\t30\tMale\n")
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "a.png")
    faces = data.load(folder, pose=False, cache=tmp_path / "cache")
    assert (faces.kind, faces.licence) == ("portraits", "Ask the owner.")
    assert faces.table[["face_id", "age", "gender"]].to_numpy().tolist() == [["a", 30.0, "male"]]


def test_breakdown(capsys):
    """The page is told of a new column by its dtype alone."""
    from reports.evaluation import Evaluation

    (block,) = (b for b in BLOCKS if "pd.cut" in b)
    exec(compile(block, "CONTRIBUTING.md", "exec"), {"__name__": "contributing"})
    assert "bright" in capsys.readouterr().out
    run = simulated_run(n_faces=60, seeds=1)
    light = pd.Categorical.from_codes(np.arange(len(run.faces)) % 3, ["dark", "medium", "bright"])
    run.faces = run.faces.assign(light=light)
    table = Evaluation(run).breakdown_tables["light"]
    assert set(table["level"]) == {"dark", "medium", "bright"}


def test_metric(monkeypatch):
    """A function is enough: the table of all numbers has it, with an interval."""
    from reports.evaluation import Evaluation
    from reports.statistics import metrics

    monkeypatch.setitem(metrics.METRICS, "within2", None)  # taken out again after the test
    exec(compile(block_of("reports/statistics"), "CONTRIBUTING.md", "exec"), vars(metrics))
    monkeypatch.delattr(metrics, "within2")
    table = Evaluation(simulated_run(n_faces=60, seeds=1)).headline
    rows = table[table["metric"] == "within2"]
    assert set(rows["contender"]) == {"dummy", "hog-linear", "hog-kernel", "cnn"}
    assert (rows["low"] < rows["value"]).all() and (rows["value"] < rows["high"]).all()


def test_command(add_file):
    import typer
    from typer.testing import CliRunner

    from study import commands

    add_file("study/commands")
    app = typer.Typer()
    commands.add_all(app)
    done = CliRunner().invoke(app, ["count"])
    assert done.exit_code == 0 and "hog-linear" in done.output


def test_plan(tmp_path):
    from study.plan.files import read_plan

    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.S)
    path = tmp_path / Path(text.splitlines()[0].removeprefix("# ")).name
    path.write_text(text)
    assert list(read_plan(str(path)).contenders) == ["hog-linear", "hog-kernel"]


@pytest.fixture
def page():
    """Make the page of one small simulated run, anew each time."""
    from reports.page.page import Page

    run = simulated_run(n_faces=200, seeds=1)
    return lambda: Page(run)


def test_chart(add_file, monkeypatch, page):
    """The example is drawn in its section under its own name, and renames no other chart."""
    from reports import charts

    before = set(page().frames)
    add_file("reports/charts")
    after = page()
    assert set(after.frames) - before == {"oldest-face-each-contender-sees"}
    assert before < set(after.frames)
    frame = after.frames["oldest-face-each-contender-sees"][3]
    assert list(frame["contender"]) == sorted(after.looks)
    chart = next(c for c in charts.find() if c.TITLE == "Oldest face each contender sees")
    monkeypatch.setattr(charts, "find", lambda: [chart])
    html = page().html
    assert 'data-key="oldest-face-each-contender-sees"' in html
    assert html.index('id="errors"') < html.index("Oldest face each contender sees")


def test_section(add_file, monkeypatch, page):
    """The example stands on the page with its computed line."""
    from reports import charts

    add_file("reports/sections")
    monkeypatch.setattr(charts, "find", lambda: [])
    html = page().html
    assert '<section id="oldest"' in html
    assert "Nobody is thought to be older than" in html
