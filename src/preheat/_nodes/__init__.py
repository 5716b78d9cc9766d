"""The other kinds of plan: a curve, a table, a user's function, and the kinds that change one plan or choose of two."""

from preheat._nodes.curves import Curve, Shape, shape
from preheat._nodes.cuts import After, Until, after, until
from preheat._nodes.extremes import Extreme, clip, maximum, minimum
from preheat._nodes.functions import (
    FromText,
    Function,
    allow_functions,
    allow_functions_of,
    function,
    functions_in,
    is_callable_here,
)
from preheat._nodes.repeat_and_stretch import Repeat, Stretch, repeat, stretch
from preheat._nodes.reverse_and_noise import Noise, Reverse, noise, reverse
from preheat._nodes.tables import Table, table
from preheat._nodes.zero_basing import ZeroBased, zero_based

__all__ = [
    "After", "Curve", "Extreme", "FromText", "Function", "Noise", "Repeat", "Reverse", "Shape", "Stretch", "Table",
    "Until", "ZeroBased", "after", "allow_functions", "allow_functions_of", "clip", "function", "functions_in",
    "is_callable_here", "maximum", "minimum", "noise", "repeat", "reverse", "shape", "stretch", "table", "until",
    "zero_based",
]  # fmt: skip
