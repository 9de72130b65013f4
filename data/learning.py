"""Faces for scikit-learn: pictures, labels and groups as arrays, and folds that fit them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from basis.words import did_you_mean

from .bins import age_bin, age_ends
from .cache import Progress
from .errors import DataError

TARGETS = ("age", "gender", "both")


class Learning:
    """What :class:`data.Faces` offers to estimators."""

    name: str
    table: pd.DataFrame

    if TYPE_CHECKING:

        def __getitem__(self, chosen: Any) -> Self: ...

        def images(self, size: int, progress: Progress | None = None) -> np.ndarray:
            """See :meth:`data.Faces.images`."""

    def labelled(self, target: str = "both") -> Self:
        """Return the kept faces whose label a model can learn.

        Parameters
        ----------
        target : {'both', 'age', 'gender'}
            A range of ages is no age.

        Returns
        -------
        Faces

        Raises
        ------
        DataError
            If the target is unknown, or no face has it.
        """
        if target not in TARGETS:
            raise DataError(f"unknown target {target!r}{did_you_mean(target, TARGETS)}")
        known = self.table["keep"] & self.table["gender"].notna()
        if target != "gender":
            known &= self.table["age"].notna()
        if not known.any():
            raise DataError(f"no kept face of {self.name} has a label to learn {target} from")
        return self[known.to_numpy()]

    def arrays(
        self, size: int, target: str = "both", progress: Progress | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return pictures, labels and groups of the faces in :meth:`labelled`, in row order.

        Parameters
        ----------
        size : int
            Side in pixels.
        target : {'both', 'age', 'gender'}
        progress : callable or None
            Called as ``progress(stage, done, total)``.

        Returns
        -------
        X : ndarray of uint8, shape (n, size, size, 3)
            RGB; a memory map where no face is left out.
        y : ndarray of float64
            Shape (n,) for ``age`` (years) and ``gender`` (0 male, 1 female); shape (n, 2), age
            before gender, for ``both``.
        groups : ndarray of int64, shape (n,)
            Copies, near duplicates and pictures of one person share a group.

        Raises
        ------
        DataError
            If the target is unknown, or no face has it.

        Examples
        --------
        >>> import data
        >>> faces = data.load("embedded")                       # doctest: +SKIP
        >>> X, y, groups = faces.arrays(64, "age")              # doctest: +SKIP
        """
        part = self.labelled(target)
        age = part.table["age"].to_numpy(np.float64)
        female = (part.table["gender"] == "female").to_numpy(np.float64)
        y = {"age": age, "gender": female, "both": np.column_stack([age, female])}[target]
        return part.images(size, progress), y, part.table["group"].to_numpy(np.int64)

    def cv(
        self, n_splits: int = 5, target: str = "both", *, random_state: int = 0
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return folds for the rows of :meth:`arrays`: grouped, stratified and shuffled.

        The table is sorted by ``face_id``, which starts with the age in UTKFace: folds of
        neighbouring rows (``cv=3``) would test on ages that nothing was trained on.

        Parameters
        ----------
        n_splits : int
            Number of folds.
        target : {'both', 'age', 'gender'}
            As given to :meth:`arrays`.
        random_state : int
            Seed of the shuffle.

        Returns
        -------
        list of (train, test)
            Row numbers, int64; what scikit-learn takes as ``cv``. Every face is tested once, no
            group stands on both sides, and age bins and genders have about the same shares.

        Raises
        ------
        DataError
            If there are fewer groups than folds.

        Examples
        --------
        >>> import data
        >>> faces = data.load("embedded")                       # doctest: +SKIP
        >>> X, y, groups = faces.arrays(64, "age")              # doctest: +SKIP
        >>> cross_val_score(model, X, y, cv=faces.cv(5, "age"))  # doctest: +SKIP
        """
        from sklearn.model_selection import StratifiedGroupKFold

        table = self.labelled(target).table
        if table["group"].nunique() < n_splits or n_splits < 2:
            raise DataError(
                f"{table['group'].nunique()} groups of {self.name} do not make {n_splits} folds: "
                "choose from 2 to the number of groups"
            )
        low, high = age_ends(table)
        strata = age_bin((low + high) / 2).codes * 2 + (table["gender"] == "female").to_numpy()
        folds = StratifiedGroupKFold(n_splits, shuffle=True, random_state=random_state)
        with warnings.catch_warnings():
            # A rare age has fewer faces than there are folds: as even as possible is what is meant.
            warnings.filterwarnings(
                "ignore", message="The least populated class", category=UserWarning
            )
            return list(folds.split(np.zeros(len(table)), strata, table["group"]))
