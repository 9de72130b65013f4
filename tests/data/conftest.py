"""What many tests of the data layer start from."""

import pytest
from face_folders import chip, photo, save


@pytest.fixture
def folder(tmp_path):
    """Thirty well-formed, different pictures."""
    root = tmp_path / "faces"
    for i in range(30):
        save(root / chip(20 + i, i % 2, i), photo(i), quality=95)
    return root
