"""The catalogue of shapes, one file for each family, and what an author of a shape imports.

Every shape defined in a file of this folder is a name of `preheat` and of `preheat.shapes`; but for `tanh`, which here
is mathematics.
"""

from typing import TYPE_CHECKING

from preheat._fields import (
    Beta,
    Count,
    Factor,
    Milestones,
    Number,
    Numbers,
    Period,
    Positive,
    Share,
    Steps,
    Time,
    Value,
    require,
)
from preheat._math import cos, exp, expm1, floor, log, log1p, maximum, minimum, pi, sin, sqrt, tanh, where
from preheat._nodes import Shape, shape
from preheat._plan import VOCABULARY
from preheat.shapes import bends, laws, ramps, warmups

if TYPE_CHECKING:  # names of the catalogue, for editors and type checkers
    from preheat.shapes.bends import *  # type: ignore[assignment]  # noqa: F403  # likewise; tanh is mathematics here
    from preheat.shapes.laws import *  # noqa: F403  # likewise
    from preheat.shapes.ramps import *  # noqa: F403  # likewise
    from preheat.shapes.warmups import *  # noqa: F403  # likewise

__all__ = [
    "Beta", "Count", "Factor", "Milestones", "Number", "Numbers", "Period", "Positive", "Shape", "Share", "Steps",
    "Time", "Value", "cos", "exp", "expm1", "floor", "log", "log1p", "maximum", "minimum", "pi", "require", "shape",
    "sin", "sqrt", "tanh", "where",
]  # fmt: skip
_CATALOGUE = {name: make for name, make in VOCABULARY.items() if hasattr(make, "shape") and name not in __all__}
globals().update(_CATALOGUE)
__all__ += list(_CATALOGUE)
