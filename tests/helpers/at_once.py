"""Doing one thing in several threads or processes at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

FORK = multiprocessing.get_context("fork")


def at_once(work: Callable[[Any], object], arguments: Iterable[Any], kind: str) -> list[str]:
    """Run ``work`` for all arguments at the same time; return what went wrong, in words."""
    arguments = list(arguments)
    if kind == "threads":
        with ThreadPoolExecutor(len(arguments)) as pool:
            return [error for error in pool.map(caught(work), arguments) if error]
    answers = FORK.Queue()
    processes = [FORK.Process(target=lambda a=a: answers.put(caught(work)(a))) for a in arguments]
    for process in processes:
        process.start()
    errors = [error for error in (answers.get(timeout=120) for _ in processes) if error]
    for process in processes:
        process.join()
    return errors


def caught(work: Callable[[Any], object]) -> Callable[[Any], str]:
    """Return ``work`` that answers with its error in words, or with ``''``."""

    def quiet(argument: Any) -> str:
        try:
            work(argument)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return ""

    return quiet


both = pytest.mark.parametrize("kind", ["threads", "processes"])
