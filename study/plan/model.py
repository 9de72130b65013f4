"""Plans: a TOML file says what a study compares; here it becomes a validated model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from basis.words import did_you_mean
from data.tables import PROTOCOLS
from pipelines.registry import get_contender
from study.errors import UsageError

from .contender import CONTENDER_NAME, ContenderPlan, unknown_contender
from .options import check_options
from .stress import StressPlan, as_table

#: What may change without a cell being computed again: a finished run can be given more of it.
BESIDE_THE_CELLS = {
    "name", "summary", "thumbnails", "data", "predictions", "stress", "also", "pair",
}  # fmt: skip
#: What says which cells there are, not what is in one: see :meth:`Plan.grid_settings`.
GRID = {"protocols", "seeds", "contenders"}


class Plan(BaseModel):
    """A study: data, protocols, seeds and contenders.

    Parameters
    ----------
    name : str
        Name of the run directory and of the report.
    summary : str
        One line for ``study list``.
    data : str
        A data set's name or a path.
    protocols : tuple of {'full', 'adult', 'raw'}
        All ages, 21 to 60 years, or all files with their copies.
    seeds : tuple of int
        One training each.
    folds : int or None
        None: the fixed hold-out; k: grouped k-fold cross-validation.
    contenders : dict of str to ContenderPlan
        What is compared, in order of display.
    predictions : dict of str to str
        Contenders that bring a CSV of predictions instead of a model: name to path.
    pair : tuple of two str or None
        The two contenders that the report tests against each other, also those of
        ``predictions`` or of your own; None: the classical one that scored best on *select*,
        and ``cnn``.
    leak : tuple of str
        Contenders for which the value of the leak is measured (two more trainings each).
    stress : StressPlan or None
        Changed copies of the test faces that every saved model is measured on.
    also : tuple of str
        Other data sets (names or paths) that every saved model is measured on.
    thumbnails : bool
        Whether the report may show faces; refused for data whose licence forbids it.
    save_models : bool
        Whether ``models/<contender>`` is written for ``study predict``.

    Examples
    --------
    >>> import study
    >>> study.validate_plan({"name": "mine", "contenders": {"dummy": {}}}).data
    'embedded'
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]*$")
    summary: str = ""
    data: str = "embedded"
    protocols: tuple[str, ...] = ("full",)
    seeds: tuple[int, ...] = (0,)
    folds: int | None = Field(default=None, ge=2)
    contenders: dict[str, ContenderPlan]
    predictions: dict[str, str] = Field(default_factory=dict)
    pair: tuple[str, str] | None = None
    leak: tuple[str, ...] = ()
    stress: StressPlan | None = None
    also: tuple[str, ...] = ()
    thumbnails: bool = False
    save_models: bool = True

    @field_validator("protocols")
    @classmethod
    def _known_protocols(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for protocol in value:
            if protocol not in PROTOCOLS:
                raise ValueError(
                    f"unknown protocol {protocol!r}{did_you_mean(protocol, PROTOCOLS)}"
                )
        return value

    @field_validator("seeds")
    @classmethod
    def _distinct_seeds(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or len(set(value)) < len(value) or min(value) < 0:
            raise ValueError("seeds must be distinct whole numbers >= 0, at least one")
        return value

    @field_validator("contenders")
    @classmethod
    def _known_contenders(cls, value: dict[str, ContenderPlan]) -> dict[str, ContenderPlan]:
        if not value:
            raise ValueError("a plan needs at least one contender")
        for name, chosen in value.items():
            if not CONTENDER_NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot name a contender: letters, digits, . _ @ -")
            check_options(chosen.of or name, chosen.options, ContenderPlan.model_fields)
        registered = [get_contender(chosen.of or name) for name, chosen in value.items()]
        looking = [c for c in registered if c.trained and not c.fuses and c.family != "baseline"]
        if any(c.fuses for c in registered) and len(looking) < 2:
            raise ValueError("a fusion needs at least two other trained contenders in the plan")
        return value

    @field_validator("pair")
    @classmethod
    def _two_names(cls, value: tuple[str, str] | None) -> tuple[str, str] | None:
        if value is not None and value[0] == value[1]:
            raise ValueError(f"{value[0]!r} stands there twice: two contenders make a pair")
        return value

    @field_validator("leak")
    @classmethod
    def _planned(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for name in value:
            if sentence := unknown_contender(name, info.data.get("contenders", {})):
                raise ValueError(sentence)
        return value

    @field_validator("predictions")
    @classmethod
    def _new_names(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        for name in value:
            if not CONTENDER_NAME.fullmatch(name) or name in info.data.get("contenders", {}):
                raise ValueError(f"{name!r} is a contender of this plan or no usable name")
        return value

    @field_validator("stress", mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        return as_table(value)

    @field_validator("also")
    @classmethod
    def _other_sets(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for source in value:
            if source == info.data.get("data") or value.count(source) > 1:
                raise ValueError(f"{source!r} is the plan's own data set or stands there twice")
        return value

    @field_validator("save_models")
    @classmethod
    def _models_for_what_follows(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and (info.data.get("stress") or info.data.get("also")):
            raise ValueError("stress and also need the trained models: leave save_models true")
        return value

    def digest(self) -> str:
        """Return the sha256 of every setting that decides the numbers of all cells.

        Data and imported predictions are told apart by their content, not by their path: see
        ``study.record.identity``. What is asked of the trained models afterwards may change, and
        the grid may grow (:meth:`grid_settings`).

        Returns
        -------
        str
            64 hexadecimal digits.
        """
        decisive = self.model_dump(mode="json", exclude=BESIDE_THE_CELLS | GRID)
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()

    def grid_settings(self) -> dict[str, Any]:
        """Return what says which cells there are; a run may be given more of them.

        Returns
        -------
        dict
            ``protocols`` and ``seeds`` as lists, and under ``contenders`` the settings of each by
            name; those of a fusion hold the names of its ``parts``.
        """
        found: dict[str, Any] = self.model_dump(mode="json", include=GRID)
        for name, settings in found["contenders"].items():
            if get_contender(registered_name(self, name)).fuses:
                settings["parts"] = fusion_parts(self)
        return found


def registered_name(plan: Plan, name: str) -> str:
    """Return the registered contender behind a contender of the plan."""
    return plan.contenders[name].of or name


def fusion_parts(plan: Plan) -> list[str]:
    """Return the contenders whose answers a fusion in the plan builds on; none without a fusion.

    All that are trained and look at the face, on the whole training part.
    """
    found = {name: get_contender(registered_name(plan, name)) for name in plan.contenders}
    if not any(contender.fuses for contender in found.values()):
        return []
    return [
        name
        for name, contender in found.items()
        if contender.trained
        and not contender.fuses
        and contender.family != "baseline"
        and plan.contenders[name].train_size is None
    ]


def validate_plan(table: Mapping[str, Any], *, origin: str = "plan") -> Plan:
    """Turn a mapping into a ``Plan``.

    Parameters
    ----------
    table : mapping
        What a plan file says; see :class:`Plan`.
    origin : str
        Where it comes from, for messages.

    Returns
    -------
    Plan
        Frozen.

    Raises
    ------
    UsageError
        One sentence per problem.

    Examples
    --------
    >>> import study
    >>> plan = study.validate_plan({"name": "two", "contenders": {"dummy": {}, "hog-linear": {}}})
    >>> list(plan.contenders)
    ['dummy', 'hog-linear']
    """
    try:
        return Plan.model_validate(dict(table))
    except ValidationError as error:
        raise UsageError("\n".join(_sentence(origin, e) for e in error.errors())) from error


def _sentence(origin: str, error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{origin}: unknown key {where!r}{did_you_mean(where, list(Plan.model_fields))}"
    return f"{origin}: {where}: {error['msg'].removeprefix('Value error, ')}"
