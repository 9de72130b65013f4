"""Output settings of scikit-learn: features become frames, images stay images, nothing crashes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn import config_context
from sklearn.ensemble import BaggingRegressor, StackingRegressor
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline, make_union

from pipelines import (
    AgeGender,
    Chroma,
    ConstantFeature,
    HogTransformer,
    LbpTransformer,
    LoadImages,
    MatchSharpness,
    MirrorPairs,
    Shrink,
    TimmFeatures,
    hog_pairs,
)
from pipelines.testing import striped_faces

X, Y = striped_faces(24)
TO_FEATURES = {
    "hog": HogTransformer(cell_size=16),
    "lbp": LbpTransformer(grid=4),
    "mirror": MirrorPairs(HogTransformer(cell_size=16), 5, 3, random_state=0),
    "union": MirrorPairs(
        make_union(HogTransformer(cell_size=16), make_pipeline(Shrink(2), LbpTransformer(grid=4))),
        5,
        3,
        random_state=0,
    ),
    "pairs": hog_pairs(5, 3, random_state=0),
    "timm": TimmFeatures("test_efficientnet", weights=None, image_size=32),
    "constant": ConstantFeature(),
}


@pytest.mark.parametrize("name", TO_FEATURES)
def test_features_become_frames(name):
    transformer = TO_FEATURES[name]
    expected = transformer.fit(X).transform(X)
    names = transformer.get_feature_names_out()
    assert expected.shape == (24, len(names))
    assert len(set(names)) == len(names)
    with config_context(transform_output="pandas"):
        frame = transformer.fit(X).transform(X)
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == list(names)
    np.testing.assert_array_equal(frame.to_numpy(), expected)
    if name != "constant":
        assert transformer.n_features_in_ == X[0].size


@pytest.mark.parametrize("images", [Chroma("red"), Shrink(3), Shrink(1), MatchSharpness(0.0)])
def test_images_stay_images(images):
    pipeline = make_pipeline(images, HogTransformer(cell_size=8)).fit(X)
    expected = pipeline.transform(X)
    assert len(images.get_feature_names_out()) == images.transform(X)[0].size
    frame = pipeline.set_output(transform="pandas").transform(X)
    np.testing.assert_array_equal(frame.to_numpy(), expected)
    assert list(pipeline.get_feature_names_out()) == list(frame.columns)
    assert images.n_features_in_ == X[0].size
    with config_context(transform_output="pandas"):
        assert isinstance(images.fit(X).transform(X), np.ndarray)


def test_paths_to_frames(tmp_path):
    names = [f"{i}.png" for i in range(4)]
    for image, name in zip(X, names, strict=False):
        Image.fromarray(image).save(tmp_path / name)
    load = LoadImages(48, folder=tmp_path)
    pipeline = make_pipeline(load, HogTransformer()).set_output(transform="pandas")
    with config_context(transform_output="pandas"):
        frame = pipeline.fit_transform(pd.Series(names))
    np.testing.assert_array_equal(frame.to_numpy(), HogTransformer().fit_transform(X[:4]))
    assert pipeline[0].n_features_in_ == 1
    assert len(pipeline[0].get_feature_names_out()) == 48 * 48 * 3
    with pytest.raises(FileNotFoundError, match=r"LoadImages\(folder=\.\.\.\)"):
        LoadImages(48).fit_transform(names)


def test_flattened_rows_in_scikit_learns_meta_estimators():
    small = X[:, ::3, ::3]
    flat = small.reshape(24, -1)
    features = HogTransformer(cell_size=4, image_shape=small.shape[1:])
    pipeline = make_pipeline(features, Ridge(10.0))
    bagged = BaggingRegressor(pipeline, n_estimators=2, random_state=0).fit(flat, Y[:, 0])
    assert bagged.predict(flat).shape == (24,)
    stacked = StackingRegressor([("hog", pipeline)], Ridge(1e6), passthrough=True, cv=2)
    assert stacked.fit(flat, Y[:, 0]).predict(flat).shape == (24,)
    fitted = pipeline.fit(flat, Y[:, 0])
    few = permutation_importance(fitted, flat[:4], Y[:4, 0], n_repeats=1, max_samples=2)
    assert few.importances.shape == (flat.shape[1], 1)
    with pytest.raises(ValueError, match="Give image_shape for flattened rows"):
        HogTransformer().fit(flat)


def test_passthrough_hands_on_what_it_gets():
    table = X.reshape(24, -1)[:, ::97] / 255.0
    heads = Ridge(), LogisticRegression()
    both = [
        AgeGender(*heads, features, random_state=0).fit(table, Y).predict(table)
        for features in (None, "passthrough")
    ]
    np.testing.assert_array_equal(*both)
