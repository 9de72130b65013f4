"""Every command and snippet of README and guide runs; links lead somewhere."""

import configparser
import re
from pathlib import Path

import pytest

from study.__main__ import call

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
GUIDE = (ROOT / "docs" / "guide" / "command_line.md").read_text(encoding="utf-8")
ESTIMATORS = (ROOT / "docs" / "guide" / "estimators.md").read_text(encoding="utf-8")
OWN = (ROOT / "docs" / "guide" / "own_contenders.md").read_text(encoding="utf-8")
SHELL = re.findall(r"```\n(.*?)```", README, flags=re.S)
COMMANDS = re.findall(r"^\| `study ([^`]+)` \|", GUIDE, flags=re.M)


def snippets(page):
    return re.findall(r"```python\n(.*?)```", page, flags=re.S)


def test_there_is_something_to_test():
    assert len(snippets(README)) == 1 and len(SHELL) == 2 and len(COMMANDS) >= 8


def test_the_readme_is_read_in_a_minute():
    tables = re.sub(r"^\|.*$", "", README, flags=re.M)
    assert len(tables.split()) < 520
    assert README.count("<!-- results:") == 2, "one table of results"


def test_the_snippet_runs_and_the_guide_shows_the_same(capsys):
    (snippet,) = snippets(README)
    exec(compile(snippet, "README.md", "exec"), {"__name__": "readme"})
    assert capsys.readouterr().out.strip()
    assert snippets(ESTIMATORS)[0] == snippet


def test_scores_and_a_saved_model(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(snippets(ESTIMATORS)[1], "estimators.md", "exec"), {"__name__": "guide"})
    numbers, same = capsys.readouterr().out.splitlines()
    assert 5 < float(numbers.split()[0]) < 25 and same == "True"


def test_a_study_from_python(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(snippets(ESTIMATORS)[2], "estimators.md", "exec"), {"__name__": "guide"})
    assert Path(capsys.readouterr().out.strip()).read_text(encoding="utf-8").count("mine")


def test_the_file_of_contenders_brings_one(tmp_path):
    from study.plan.own import from_module

    block = next(b for b in snippets(OWN) if b.startswith("# my_models.py"))
    (tmp_path / "my_models.py").write_text(block, encoding="utf-8")
    assert list(from_module(tmp_path / "my_models.py")) == ["mine"]


@pytest.mark.parametrize("command", COMMANDS)
def test_command_exists_and_explains_itself(command, capsys):
    words = [word for word in command.split() if word.islower()]
    assert call([*words, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_tox_commands_name_environments_that_exist():
    config = configparser.ConfigParser()
    config.read(ROOT / "tox.ini")
    named = {name for block in SHELL for name in re.findall(r"tox -e ([\w-]+)", block)}
    assert named == {"run-study"}
    assert all(f"testenv:{name}" in config for name in named)
    assert sum("pip install tox && tox" in block for block in SHELL) == 2


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_a_page_links_to_exists(page):
    links = re.findall(
        r"\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")
    )
    assert not [link for link in links if not (page.parent / link).exists()]


def test_contributing_names_every_room():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for package in ("basis", "data", "pipelines", "reports", "study"):
        assert re.search(rf"^{package}/ ", page, flags=re.M)
        for init in (ROOT / package).rglob("*/__init__.py"):
            assert re.search(rf"^ +{init.parent.name}/ ", page, flags=re.M), init.parent
