"""CNNs on a timm backbone as scikit-learn estimators; importing this room imports no torch."""
