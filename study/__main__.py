"""The command line: ``study run | report | data | list | ...`` (see ``study --help``)."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Annotated, Any

import typer

from study.terminal.bars import console

from . import commands
from .errors import StudyFailed, UsageError
from .machine.surroundings import settle

app = typer.Typer(
    name="study",
    help="Compare classical features with a CNN for age and gender from faces.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
commands.add_all(app)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"age-gender-study {version('age-gender-study')}")
        except PackageNotFoundError:
            print("age-gender-study from a checkout that is not installed")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Compare classical features with a CNN for age and gender from faces."""


FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130  # 130 is the shell's, and what typer returns
# newer typers carry their own click: the class is found through one that both export
ClickException: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit code 0 fine, 1 failed, 2 wrong usage, 130 interrupted."""
    inherited = "PYTHONOPTIMIZE" in os.environ
    settle()
    if inherited and sys.flags.optimize > 1 and arguments is None:
        # scikit-image reads docstrings, which this interpreter has dropped: begin again with them
        sys.exit(subprocess.call([sys.executable, *sys.orig_argv[1:]]))
    sys.exit(call(arguments))


def call(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        result: Any = app(args=arguments, standalone_mode=False)
        return _interrupted(arguments) if result == INTERRUPTED else int(result or 0)
    except ClickException as error:
        error.show()
        return error.exit_code
    except ValueError as error:
        if not isinstance(error, _wrong_usage()):
            raise
        return _say(str(error), WRONG_USAGE)
    except StudyFailed as error:
        return _say(str(error), FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted(arguments)
    except OSError as error:
        return _say(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), FAILED)


def _wrong_usage() -> tuple[type[ValueError], ...]:
    """Return the exceptions that mean bad input; looked up late, since data imports a lot."""
    from data.contract import ContractError
    from data.errors import DataError

    return (UsageError, DataError, ContractError)


def _interrupted(arguments: list[str] | None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    further = ": the same command continues where this one stopped" if "run" in words[:1] else ""
    return _say(f"interrupted{further}", INTERRUPTED)


def _say(message: str, code: int) -> int:
    console.print(f"study: {message}", style="red" if code else "", markup=False, soft_wrap=True)
    return code


if __name__ == "__main__":
    main()
