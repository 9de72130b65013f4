from .from_predictions import from_predictions as from_predictions
from .report import gallery_faces as gallery_faces
from .report import render as render
from .report import summary as summary
from .runs.compare import compare as compare
from .runs.index import index as index
from .tables import OtherSet as OtherSet
from .tables import RunTables as RunTables

__all__ = [
    "OtherSet",
    "RunTables",
    "compare",
    "from_predictions",
    "gallery_faces",
    "index",
    "render",
    "summary",
]
