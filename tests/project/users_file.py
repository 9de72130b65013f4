"""What a user may write, for ``tox -e type``: mypy checks this file with the packages.

Nothing runs it. A line marked ``type: ignore`` must be an error, or mypy complains that the mark is
unused; every other line must be none.
"""
# mypy: disallow-untyped-calls, disallow-untyped-defs, warn-return-any

import pipelines
import reports
from pipelines import CnnAgeGender, HogTransformer, contenders, hog_ridge_age
from reports import RunTables


def page(run: RunTables) -> str:
    return reports.render(run)


def wrong_page(run: RunTables) -> str:
    return reports.render(run, sumary={})  # type: ignore[call-arg]


reports.NoSuchThing  # type: ignore[attr-defined]  # noqa: B018
pipelines.NoSuchThing  # type: ignore[attr-defined]  # noqa: B018
HogTransformer(cell_size=8)
HogTransformer(cel_size=8)  # type: ignore[call-arg]
hog_ridge_age(alpha=3.0).fit([], [])
CnnAgeGender(epochs=3)
print(contenders()["cnn"].image_size + 1)
