from .errors import StudyFailed, UsageError
from .models.choose import newest_model
from .models.evaluate import evaluate
from .models.face_estimate import FaceEstimate
from .models.model import Model, load
from .plan.contender import ContenderPlan
from .plan.files import read_plan, shipped_plans
from .plan.model import Plan, validate_plan
from .report import write_report
from .run import Finished, run_study

__all__ = [
    "ContenderPlan",
    "FaceEstimate",
    "Finished",
    "Model",
    "Plan",
    "StudyFailed",
    "UsageError",
    "evaluate",
    "load",
    "newest_model",
    "read_plan",
    "run_study",
    "shipped_plans",
    "validate_plan",
    "write_report",
]
