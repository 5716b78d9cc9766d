"""Learning-rate and hyperparameter schedules for PyTorch, warm-up first.

>>> from preheat import cosine, warmup
>>> plan = warmup(2_000) >> cosine(1, 0.1, steps=98_000)
>>> plan(0), plan(1_999), plan(99_999)
(0.0005, 1.0, 0.1)
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

import preheat._language.pydantic
from preheat import recipes, shapes
from preheat._analysis.description import describe
from preheat._analysis.difference import diff
from preheat._export import export
from preheat._fields import PreheatWarning
from preheat._language.json import from_json, to_json
from preheat._language.parser import parse
from preheat._lengths.resolve import resolve
from preheat._lengths.run_length import steps_for
from preheat._lint import lint
from preheat._nodes import clip, function, maximum, minimum, noise, repeat, reverse, stretch, table, zero_based
from preheat._nodes.cuts import after, until
from preheat._plan import VOCABULARY, Plan, constant
from preheat._plot import plot

if TYPE_CHECKING:  # names of the language, for editors and type checkers
    from preheat import like
    from preheat.recipes import *  # noqa: F403  # likewise
    from preheat.shapes.bends import *  # noqa: F403  # likewise
    from preheat.shapes.laws import *  # noqa: F403  # likewise
    from preheat.shapes.ramps import *  # noqa: F403  # likewise
    from preheat.shapes.warmups import *  # noqa: F403  # likewise
else:

    def __getattr__(name: str) -> ModuleType:
        """`preheat.like`, imported when first asked for: most runs need none of it."""
        if name == "like":
            return import_module("preheat.like")
        raise AttributeError(f"module 'preheat' has no attribute {name!r}")


if TYPE_CHECKING:
    from preheat._nodes import maximum, minimum  # again: those that came with the shapes are mathematics

__version__ = "0.1.0.dev0"

globals().update(VOCABULARY)  # every name of the language is a name of the package
__all__ = ["Plan", "PreheatWarning", "after", "clip", "constant", "describe", "diff", "export", "from_json", "function", "lint",
           "maximum", "minimum", "noise", "parse", "plot", "repeat", "resolve", "reverse", "steps_for", "stretch",
           "table", "to_json", "until", "zero_based"]  # fmt: skip
__all__ += [name for name in VOCABULARY if name not in __all__]
