"""One contender of a plan: its name and how it runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from basis.words import did_you_mean

CONTENDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*")


class ContenderPlan(BaseModel):
    """How one contender runs: cores it occupies, threads it uses, and its own options.

    Every key that is not listed here is an option of the contender's builder
    (``epochs = 3`` for ``cnn``). ``of`` gives a second name to a registered contender, so that
    one plan can hold variants of it (``[contenders."cnn@1000"]``, ``of = "cnn"``).

    Parameters
    ----------
    cores : int or None
        Cores reserved; None: one, or all for contenders that use them.
    threads : int or None
        Threads; None: as many as cores.
    image_size : int or None
        Pixels a side that are fed in; None: the contender's own.
    of : str or None
        Registered contender; None: the key's name.
    train_size : int or None
        Train on so many faces only.
    **extra_data
        Options of the contender's builder.

    Examples
    --------
    >>> import study
    >>> study.read_plan("demo").contenders["cnn"].options
    {'recipe': 'demo'}
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    cores: int | None = Field(default=None, ge=1)
    threads: int | None = Field(default=None, ge=1)
    image_size: int | None = Field(default=None, ge=16, le=1024)
    of: str | None = None
    train_size: int | None = Field(default=None, ge=20)

    @property
    def options(self) -> dict[str, Any]:
        """Keyword arguments for the contender's builder."""
        return dict(self.model_extra or {})


def unknown_contender(name: str, known: Iterable[str]) -> str:
    """Return a sentence where a name is none of the known contenders; else nothing."""
    names = list(known)
    return (
        "" if name in names else f"{name!r} is no contender of this plan{did_you_mean(name, names)}"
    )
