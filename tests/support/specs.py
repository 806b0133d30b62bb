"""Where the official API descriptions are, if they are on this machine."""

import os
from pathlib import Path

_FOLDER = Path(os.environ.get("SLIPWAY_SPECS") or Path(__file__).resolve().parents[2].parent / "shared" / "specs")
SPECS: Path | None = _FOLDER if _FOLDER.is_dir() else None
"""Holds `discord/openapi.json` and `azure-ml/<api-version>/types.json`."""
