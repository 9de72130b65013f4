# The public names of the package, read by lazy_loader at run time and by type checkers: a name
# added here is public and imported on first use.
from . import stress, tables
from .audit.findings import summarise
from .audit.label_noise import label_noise_floor
from .audit.policy import Policy
from .bins import add_breakdowns
from .cache import cache_folder
from .contract import ContractError
from .errors import DataError, NothingUsableError
from .faces import Faces
from .leaks.find import find_leaks
from .leaks.value import leak_design, leak_value, measure_leak
from .loading import load
from .names import Registered, add_data_set, known_data_sets, registered
from .pose.align import align
from .pose.detect import FoundFace, find_faces
from .pose.estimate import HeadPose, estimate_pose, head_pose
from .pose.landmarks import FaceLandmarks
from .pose.mesh import FaceMesh
from .splits import split

__all__ = [
    "ContractError",
    "DataError",
    "FaceLandmarks",
    "FaceMesh",
    "Faces",
    "FoundFace",
    "HeadPose",
    "NothingUsableError",
    "Policy",
    "Registered",
    "add_breakdowns",
    "add_data_set",
    "align",
    "cache_folder",
    "estimate_pose",
    "find_faces",
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
    "stress",
    "summarise",
    "tables",
]
