"""The catalogue of shapes, one file for each family, and what an author of a shape imports.

Every shape defined in a file of this folder is a name of `preheat` and of `preheat.shapes`.
"""

from typing import TYPE_CHECKING

from preheat._fields import Beta, Count, Number, Positive, Steps, Time, Value, require
from preheat._math import (
    cos, exp, expm1, floor, log, log1p, maximum, minimum, pi, sin, sqrt, tanh, where,
)  # fmt: skip
from preheat._nodes import Shape, shape
from preheat._plan import VOCABULARY
from preheat.shapes import laws, ramps

if TYPE_CHECKING:
    from preheat.shapes.laws import *  # noqa: F403  # names of the catalogue, for editors and type checkers
    from preheat.shapes.ramps import *  # noqa: F403  # likewise

globals().update((name, make) for name, make in VOCABULARY.items() if hasattr(make, "shape"))
