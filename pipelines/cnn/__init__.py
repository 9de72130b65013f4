"""CNNs on a timm backbone as scikit-learn estimators; importing this room imports no torch.

It asks OpenMP for passive waiting unless the environment says otherwise. PyTorch's threads spin
while they wait, and two processes that share cores then take ten to twenty times as long; asleep
they take their share. The setting counts where PyTorch has not been imported yet.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
