"""Faces in: readers, audit, pixel store, head pose, alignment and splits.

>>> import data
>>> faces = data.load("embedded")                            # doctest: +SKIP
>>> splits = data.split(faces.table, data_set=faces.name)    # doctest: +SKIP
>>> X = faces.images(128)                                    # doctest: +SKIP
"""

from .align import align
from .cache import cache_folder
from .errors import DataError
from .faces import Faces, audit, load
from .findings import summarise
from .label_noise import label_noise_floor
from .leak_value import leak_design, leak_value, measure_leak
from .leaks import find_leaks
from .mesh import FaceMesh
from .policy import Policy
from .pose import HeadPose, estimate_pose, head_pose
from .registered import Registered, add_data_set, known_data_sets, registered
from .splits import split

__all__ = [
    "DataError",
    "FaceMesh",
    "Faces",
    "HeadPose",
    "Policy",
    "Registered",
    "add_data_set",
    "align",
    "audit",
    "cache_folder",
    "estimate_pose",
    "find_leaks",
    "head_pose",
    "known_data_sets",
    "label_noise_floor",
    "leak_design",
    "leak_value",
    "load",
    "measure_leak",
    "registered",
    "split",
    "summarise",
]
