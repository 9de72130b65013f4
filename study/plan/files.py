"""Plan files: shipped ones by name, others by path, with the command line's changes on top."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from basis.words import did_you_mean
from study.errors import UsageError

from .model import Plan, validate_plan
from .stress import as_table


def shipped_plans() -> dict[str, Path]:
    """Return the plans inside the package.

    Returns
    -------
    dict of str to Path
        TOML files by name.

    Examples
    --------
    >>> import study
    >>> "demo" in study.shipped_plans()
    True
    """
    folder = Path(str(resources.files("study") / "plans"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def read_plan(
    name_or_path: str,
    *,
    overrides: Sequence[str] = (),
    data: str | None = None,
    predictions: Sequence[str] = (),
    without: Sequence[str] = (),
    stress: Sequence[str] = (),
    also: Sequence[str] = (),
) -> Plan:
    """Read a shipped plan by name or a TOML file by path.

    Parameters
    ----------
    name_or_path : str
        See :func:`shipped_plans`, or the path of a file of your own.
    overrides : sequence of str
        ``key=value`` as on the command line: ``cnn.epochs=3`` sets an option of a contender,
        ``seeds=[0,1]`` a key of the plan. Values are TOML; a bare word is a string.
    data : str, optional
        Replaces the plan's data set.
    predictions : sequence of str
        ``name=file.csv``: see ``study.extras.imported``.
    without : sequence of str
        Contenders of the plan to leave out.
    stress : sequence of str
        Conditions of ``data.stress``, or ``all``: replaces those of the plan.
    also : sequence of str
        More data sets to measure the trained models on.

    Returns
    -------
    Plan
        Validated.

    Raises
    ------
    UsageError
        Unknown plan, broken TOML, unknown key or value; the message says what is known.

    Examples
    --------
    >>> import study
    >>> study.read_plan("demo", overrides=["seeds=[0, 1]"]).seeds
    (0, 1)
    """
    shipped = shipped_plans()
    path = shipped.get(name_or_path, Path(name_or_path))
    if not _is_file(path):
        raise UsageError(
            f"unknown plan {name_or_path!r}{did_you_mean(name_or_path, list(shipped))}"
        )
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error
    table.setdefault("name", path.stem)
    if data is not None:
        table["data"] = data
    for override in overrides:
        _apply(table, override)
    for pair in predictions:
        name, equals, file = pair.partition("=")
        if not (name and equals and file):
            raise UsageError(f"--predictions {pair!r}: write NAME=FILE.csv")
        _part(table, "predictions")[name] = file
    for name in without:
        _leave_out(table, name)
    if stress:
        table["stress"] = {**(as_table(table.get("stress")) or {}), "conditions": list(stress)}
    sources = table.get("also", [])
    if isinstance(sources, list):  # what is none is refused below
        every = [*sources, *also]
        table["also"] = [s for place, s in enumerate(every) if s not in every[:place]]
    return validate_plan(table, origin=str(name_or_path))


def _is_file(path: Path) -> bool:
    """Tell whether a file lies there; a name that no file can have is the name of none."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or with a zero in it
        return False


def _part(table: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a table inside the raw plan, made if it is not there.

    Raises
    ------
    UsageError
        Something else stands in its place.
    """
    found = table.setdefault(key, {})
    if not isinstance(found, dict):
        raise UsageError(f"{key} must be a table, not {found!r}")
    return found


def _leave_out(table: dict[str, Any], name: str) -> None:
    """Remove a contender from the raw plan, in place."""
    contenders = _part(table, "contenders")
    if name not in contenders:
        raise UsageError(
            f"--without {name}: the plan has no such contender"
            f"{did_you_mean(name, list(contenders))}"
        )
    del contenders[name]
    leak = table.get("leak")
    if isinstance(leak, list):
        table["leak"] = [other for other in leak if other != name]


def _apply(table: dict[str, Any], override: str) -> None:
    """Set ``key=value`` in the raw plan, in place."""
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise UsageError(f"--set {override!r}: write KEY=VALUE, such as cnn.epochs=3")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        value = text
    first, dot, rest = key.strip().partition(".")
    if not dot:
        table[first] = value
        return
    if first == "stress":
        stress = table["stress"] = dict(as_table(table.get("stress")) or {})
        stress[rest] = value
        return
    contenders = _part(table, "contenders")
    if first == "contenders":
        first, dot, rest = rest.partition(".")
    if first not in contenders:
        raise UsageError(
            f"--set {override!r}: the plan has no contender {first!r}"
            f"{did_you_mean(first, list(contenders))}"
        )
    _part(contenders, first)[rest] = value
