"""The assets stage: model files, found or fetched, verified and switched.

    files = CacheHub(Path("cache_hub")).ensure()

Everything that is used was pinned by SHA-256 in the package; see ``layout`` for what lies where on disk.
"""

from .cache_hub import CacheHub
from .manifest import DEFAULT_MODEL, DEFAULT_VERSION, ModelManifest
from .progress import FetchProgress, ProgressCallback
from .reports import ImportReport, ModelFiles, ModelStatus, VerifyReport

__all__ = [
    "DEFAULT_MODEL",
    "DEFAULT_VERSION",
    "CacheHub",
    "FetchProgress",
    "ImportReport",
    "ModelFiles",
    "ModelManifest",
    "ModelStatus",
    "ProgressCallback",
    "VerifyReport",
]
