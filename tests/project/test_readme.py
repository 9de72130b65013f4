"""Every command and snippet of the README runs; the tox commands are run by the checks."""

import configparser
import re
from pathlib import Path

import pytest

from study.__main__ import call

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.S)
SHELL = re.findall(r"```\n(.*?)```", README, flags=re.S)
COMMANDS = re.findall(r"^\| `study ([^`]+)` \|", README, flags=re.M)


def test_there_is_something_to_test():
    assert PYTHON and SHELL and len(COMMANDS) >= 8


@pytest.mark.parametrize("snippet", PYTHON, ids=lambda s: s.splitlines()[0])
def test_snippet_runs(snippet, capsys):
    exec(compile(snippet, "README.md", "exec"), {"__name__": "readme"})
    assert capsys.readouterr().out.strip()


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


def test_every_file_the_readme_links_to_exists():
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)\)", README)
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]
