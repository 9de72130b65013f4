"""Faces in: readers, audit, pixel store, head pose, alignment and splits.

>>> import data
>>> faces = data.load("embedded")                            # doctest: +SKIP
>>> splits = data.split(faces.table, data_set=faces.name)    # doctest: +SKIP
>>> X = faces.images(128)                                    # doctest: +SKIP
"""

from data.audit.findings import summarise
from data.audit.label_noise import label_noise_floor
from data.audit.policy import Policy
from data.leaks.find import find_leaks
from data.leaks.value import leak_design, leak_value, measure_leak
from data.pose.align import align
from data.pose.estimate import HeadPose, estimate_pose, head_pose
from data.pose.mesh import FaceMesh

from .cache import cache_folder
from .errors import DataError
from .faces import Faces, audit, load
from .names import Registered, add_data_set, known_data_sets, registered
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
