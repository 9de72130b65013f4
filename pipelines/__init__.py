"""Estimators: HOG and CNN pipelines that follow scikit-learn's conventions to the letter."""
