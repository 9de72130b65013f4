# The public names of the package, read by lazy_loader at run time and by type checkers: a name
# added here is public, imported on first use, and trusted in model files if it is an estimator.
from .age_gender import AgeGender
from .classical.lbp import LbpTransformer
from .classical.machine import FeatureMachineClassifier, FeatureMachineRegressor
from .classical.mesh_pairs import MeshPairs
from .classical.mirror_pairs import MirrorPairs
from .classical.pipelines import hog_pairs, hog_ridge_age, hog_svm_gender
from .cnn.batches.augment import Augmentation
from .cnn.classifier import CnnClassifier
from .cnn.estimators import CnnAgeGender
from .cnn.features import TimmFeatures
from .cnn.gradcam import grad_cam
from .cnn.onnx.export import export_onnx
from .cnn.onnx.runtime import OnnxAgeGender
from .cnn.recipes import RECIPES
from .cnn.regressor import CnnRegressor
from .fusion import LateFusion
from .hog.transformer import HogTransformer
from .images.chroma import Chroma
from .images.constant import ConstantFeature
from .images.load import LoadImages
from .images.sharpness import MatchSharpness, sharpness
from .images.shrink import Shrink
from .intervals.age import ConformalAge
from .intervals.band import ConformalBand
from .intervals.probability import PlattScaling
from .joint import SCORERS
from .peers import DlibAgeGender
from .persistence import ModelFileError, load, save
from .registry import Contender, contenders, get_contender, register

__all__ = [
    "RECIPES",
    "SCORERS",
    "AgeGender",
    "Augmentation",
    "Chroma",
    "CnnAgeGender",
    "CnnClassifier",
    "CnnRegressor",
    "ConformalAge",
    "ConformalBand",
    "ConstantFeature",
    "Contender",
    "DlibAgeGender",
    "FeatureMachineClassifier",
    "FeatureMachineRegressor",
    "HogTransformer",
    "LateFusion",
    "LbpTransformer",
    "LoadImages",
    "MatchSharpness",
    "MeshPairs",
    "MirrorPairs",
    "ModelFileError",
    "OnnxAgeGender",
    "PlattScaling",
    "Shrink",
    "TimmFeatures",
    "contenders",
    "export_onnx",
    "get_contender",
    "grad_cam",
    "hog_pairs",
    "hog_ridge_age",
    "hog_svm_gender",
    "load",
    "register",
    "save",
    "sharpness",
]
