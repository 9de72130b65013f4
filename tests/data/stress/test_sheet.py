"""The contact sheet of changed copies."""

import numpy as np

from data.stress.sheet import contact_sheet


def test_the_contact_sheet_shows_every_level_of_every_condition():
    image = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    sheet = contact_sheet(image, "somebody", ["blur", "grey"], side=100)
    assert sheet.shape == (2 * 122, 120 + 5 * 106, 3)
    last = sheet[122 + 16 : 122 + 116, 120 + 3 * 106 : 120 + 3 * 106 + 100].astype(int)
    assert np.abs(last - last[..., :1]).max() == 0  # 100% of the colour is gone
    assert (sheet[122 + 16 :, 120 + 4 * 106 :] == 255).all()  # grey has three levels only
