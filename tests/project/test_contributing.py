"""The worked examples of CONTRIBUTING.md are executed: each part is added as the text says."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.simulated_run import simulated_run

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.S)


@pytest.fixture
def add_module(tmp_path, monkeypatch):
    """Write a block that names its file, and import it as if it stood there."""

    def add(start):
        block = next(b for b in BLOCKS if b.startswith(f"# {start}"))
        place = Path(block.splitlines()[0].removeprefix("# "))
        path = tmp_path / place.name
        path.write_text(block)
        name = ".".join(place.with_suffix("").parts)
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return add


def test_every_kind_has_an_example():
    assert len(BLOCKS) == 5


def test_contender(add_module, monkeypatch):
    from pipelines import registry

    registry.contenders()
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    add_module("pipelines/contenders")
    contender = registry.get_contender("mean-age")
    images = np.zeros((60, contender.image_size, contender.image_size, 3), dtype=np.uint8)
    labels = np.column_stack([np.linspace(1, 90, 60), np.arange(60) % 2])
    model = contender.build(random_state=0).fit(images, labels)
    assert model.predict(images[:2]).shape == (2, 2)


def test_data_set(add_module, tmp_path, small_faces):
    reader = add_module("data/readers").READER
    (tmp_path / "portraits.tsv").write_text("file\tyears\tsex\na.jpg\t30\tMale\n")
    assert reader.recognises(tmp_path)
    row = reader.read(tmp_path).iloc[0]
    assert (row["path"], row["age"], row["gender"]) == ("a.jpg", 30, "male")


def test_breakdown(capsys):
    block = next(b for b in BLOCKS if "pd.cut" in b)
    exec(compile(block, "CONTRIBUTING.md", "exec"), {"__name__": "contributing"})
    assert "bright" in capsys.readouterr().out


@pytest.fixture
def page():
    """Make the page of one small simulated run, anew each time."""
    from reports.page.page import Page

    run = simulated_run(n_faces=200, seeds=1)
    return lambda: Page(run)


def test_chart(add_module, monkeypatch, page):
    """The example is drawn in its section under its own name, and renames no other chart."""
    from reports import charts

    before = set(page().frames)
    chart = add_module("reports/charts")
    found = charts.find()
    monkeypatch.setattr(charts, "find", lambda: [chart, *found])
    after = page()
    assert set(after.frames) - before == {"oldest-face-each-contender-sees"}
    assert before < set(after.frames)
    frame = after.frames["oldest-face-each-contender-sees"][3]
    assert list(frame["contender"]) == sorted(after.looks)
    monkeypatch.setattr(charts, "find", lambda: [chart])
    html = page().html
    assert 'data-key="oldest-face-each-contender-sees"' in html
    assert html.index('id="errors"') < html.index("Oldest face each contender sees")


def test_section(add_module, monkeypatch, page):
    """The example stands on the page with its computed line."""
    from reports import charts, sections

    section = add_module("reports/sections")
    found = sections.find()
    monkeypatch.setattr(charts, "find", lambda: [])
    monkeypatch.setattr(sections, "find", lambda: {**found, "oldest": section})
    html = page().html
    assert '<section id="oldest"' in html
    assert "Nobody is thought to be older than" in html
