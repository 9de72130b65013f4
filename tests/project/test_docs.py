"""The pages of the site: their code runs, their commands exist, their includes and links too."""

import contextlib
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from study import read_plan
from study.__main__ import app

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *(
        p
        for p in sorted((ROOT / "docs").rglob("*.md"))
        if not {"build", "auto_examples"} & {*p.parts}
    ),
]
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text() for page in PAGES}


def found(pattern, flags=re.S):
    """Yield every match with the page it stands on."""
    return [(page, hit) for page, text in TEXTS.items() for hit in re.findall(pattern, text, flags)]


def commands():
    """Return every ``study`` command line that a page shows, tox's short form included."""
    blocks = [(page, line) for page, block in found(r"```(?:sh|bash)?\n(.*?)```")
              for part in re.split(r"\n|&&", block) for line in [part.strip()]]  # fmt: skip
    inline = found(r"`(study [^`]+)`", flags=0)
    shown = dict.fromkeys((page, line.split("#")[0].strip()) for page, line in blocks + inline)
    short = "tox -e run-study"
    for page, line in shown:
        if line.startswith(short):
            line = "study run" + line.removeprefix(short).removeprefix(" --")
        if line.startswith("study "):
            yield pytest.param(line, id=f"{page}: {line}")


@pytest.mark.parametrize("line", list(commands()))
def test_a_command_that_is_shown_parses(line):
    """Commands of the real command line, with options that exist and arguments that fit."""
    words = shlex.split(line)[1:]
    command = typer.main.get_command(app)
    while words and hasattr(command, "commands") and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    given = [word for word in words if not word.startswith("[")]
    if hasattr(command, "commands"):  # the group itself, such as ``study --version``
        known = {option for parameter in command.params for option in parameter.opts}
        assert {w for w in given if w.isalpha() or w[0] == "-"} <= known | {"--help", "COMMAND"}
        return
    try:
        with contextlib.closing(command.make_context(command.name, given)) as context:
            assert context.params
    except Exception as error:
        # a name in a sentence leaves out what the command needs, or says DAYS for a number
        allowed = {"MissingParameter"} | (
            {"BadParameter"} if re.search("[A-Z]{4}", line) else set()
        )
        assert type(error).__name__ in allowed, (line, error)


TESTED_ELSEWHERE = {"README.md", "docs/guide/estimators.md", "docs/guide/own_contenders.md"}


def snippets():
    """Yield the Python blocks of the pages that ``test_readme.py`` does not run."""
    for page, code in found(r"```python\n(.*?)```"):
        if page not in TESTED_ELSEWHERE:
            yield pytest.param(code, id=f"{page}: {code.splitlines()[0]}")


@pytest.mark.parametrize("code", list(snippets()))
def test_a_snippet_runs(code, capsys):
    exec(compile(code, "docs", "exec"), {"__name__": "docs"})
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("block", [b for _, b in found(r"```toml\n(.*?)```")])
def test_a_plan_that_is_shown_is_one(block, tmp_path):
    plan = block if "[contenders" in block else f"{block}\n[contenders.hog-linear]"
    (tmp_path / "shown.toml").write_text(plan, encoding="utf-8")
    assert read_plan(str(tmp_path / "shown.toml")).contenders


def test_every_example_that_is_named_exists():
    for page, name in found(r"auto_examples/(\w+)"):
        assert name == "index" or (ROOT / "examples" / f"{name}.py").is_file(), (page, name)


def test_every_include_finds_its_place():
    for page, block in found(r"```\{include\} (.*?)```"):
        text = ((ROOT / page).parent / block.split("\n")[0]).read_text()
        for marker in re.findall(r':(?:start-after|end-before): "(.*)"', block):
            assert marker in text, (page, marker)


def test_every_page_is_in_a_table_of_contents():
    listed = {
        ((ROOT / page).parent / f"{name}.md").resolve()
        for page, block in found(r"```\{toctree\}\n(.*?)```")
        for name in block.split("\n")
    }
    written = {page.resolve() for page in PAGES if page.name != "README.md"}
    assert written - listed == {ROOT / "docs" / "index.md"}


def test_pre_commit_runs_what_lint_runs():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    lint = (ROOT / "tox.ini").read_text().split("[testenv:lint]")[1].split("[testenv")[0]
    commands = [line.strip() for line in lint.split("commands =")[1].splitlines() if line.strip()]
    assert [hook["entry"] for hook in hooks] == commands
    for hook in hooks:
        assert all(requirement in lint for requirement in hook["additional_dependencies"])


def test_the_citation_names_this_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    for key in ("version", "license"):
        assert citation[key] == project[key]
    assert citation["title"] == project["name"]


def test_the_site_builds_without_a_warning(tmp_path):
    """Everything but the pictures: the examples are run by ``test_examples.py``."""
    pytest.importorskip("sphinx_gallery")
    source = tmp_path / "docs"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    done = subprocess.run(
        [*command, "-D", "plot_gallery=0", "docs", str(source / "html"), "-d", str(source / "d")],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (source / "html" / "api" / "names" / "pipelines.HogTransformer.html").is_file()
