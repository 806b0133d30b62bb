"""scikit-learn, in whose package the built-in datasets lie: where it is and which, without importing it."""

import importlib.metadata
import importlib.util
from pathlib import Path

from ends import DATA_MISSING, Problem


def package(dataset: str) -> Path:
    """Return the package's folder. Raises Problem with DATA_MISSING when it is not there, naming the dataset."""
    found = importlib.util.find_spec("sklearn")
    if found is None or found.origin is None:
        raise Problem(f"the dataset {dataset!r} is not on this machine; install scikit-learn", DATA_MISSING)
    return Path(found.origin).parent


def version(dataset: str) -> str:
    """Return the package's version: another one may hold other data. Raises Problem as `package` does."""
    package(dataset)
    return importlib.metadata.version("scikit-learn")
