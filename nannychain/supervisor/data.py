"""Where the project and its state lie."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def folder() -> Path:
    """Return the folder that holds all state: `.data`, or what `NANNYCHAIN_DATA` names."""
    return Path(os.environ.get("NANNYCHAIN_DATA") or ROOT / ".data").absolute()
