"""The part of a plan that says which changed copies of the test faces are measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from data.stress import conditions as known_conditions
from data.stress import get_condition

ALL = "all"


class StressPlan(BaseModel):
    """Conditions with their levels, mildest first, and on how many test faces.

    A plan may also write ``"all"``, one name, or a list of names: the usual levels are then filled
    in. Faces are drawn evenly over ages and genders; all of them where there are fewer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    conditions: dict[str, tuple[float, ...]] = Field(default=ALL, validate_default=True)
    faces: int = Field(default=1000, ge=20)

    @field_validator("conditions", mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        """Fill in the usual levels where only names are given."""
        if isinstance(value, str):
            value = [value]
        if isinstance(value, list | tuple):
            names = list(known_conditions()) if ALL in value else value
            return {str(name): get_condition(str(name)).levels for name in names}
        return value

    @field_validator("conditions")
    @classmethod
    def _in_range(cls, value: dict[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
        if not value:
            raise ValueError("name at least one condition, or 'all'")
        found = {}
        for name, levels in value.items():
            condition = get_condition(name)
            checked = {condition.check(level) for level in levels} - {condition.identity}
            if not checked:
                raise ValueError(f"{name}: name at least one level that changes the picture")
            found[name] = condition.mild_first(tuple(checked))
        return found


def as_table(value: Any) -> Any:
    """Return the table behind a short form: ``"all"``, a list of conditions, ``false`` for none."""
    if value is False:
        return None
    if value is None or isinstance(value, Mapping | StressPlan):
        return value
    return {"conditions": value}
