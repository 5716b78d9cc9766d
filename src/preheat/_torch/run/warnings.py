"""How a warning is said: at the line of the user's that led to it."""

import os
import sys
import warnings
from pathlib import Path

import torch

from preheat._fields import PreheatWarning

__all__ = ["warn"]

_OURS = tuple(str(path) + os.sep for path in (Path(__file__).parents[2], Path(torch.__file__).parent))


def warn(sentence: str) -> None:
    """Warn, pointing at the innermost line outside of this package and torch."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        level, frame = level + 1, frame.f_back
    warnings.warn(sentence, PreheatWarning, stacklevel=level)
