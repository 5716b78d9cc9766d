"""Learning-rate and hyperparameter schedules for PyTorch, warm-up first.

>>> from preheat import cosine, warmup
>>> plan = warmup(2_000) >> cosine(1, 0.1, steps=98_000)
>>> plan(0), plan(1_999), plan(99_999)
(0.0005, 1.0, 0.1)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from preheat import recipes, shapes
from preheat._fields import PreheatWarning
from preheat._nodes import (
    after,
    clip,
    function,
    maximum,
    minimum,
    noise,
    repeat,
    reverse,
    stretch,
    table,
    until,
    zero_based,
)
from preheat._plan import VOCABULARY, Plan, constant

if TYPE_CHECKING:  # for editors and type checkers; at run time `_LATE` and the vocabulary have these names
    from preheat import like
    from preheat._analysis.description import describe
    from preheat._analysis.difference import diff
    from preheat._export import export
    from preheat._language.json import from_json, to_json
    from preheat._language.parser import parse
    from preheat._lengths.resolve import resolve
    from preheat._lengths.run_length import steps_for
    from preheat._lint import lint
    from preheat._plot import plot
    from preheat.recipes import *  # noqa: F403  # as above
    from preheat.shapes.bends import *  # noqa: F403  # as above
    from preheat.shapes.laws import *  # noqa: F403  # as above
    from preheat.shapes.ramps import *  # noqa: F403  # as above
    from preheat.shapes.warmups import *  # noqa: F403  # as above
if TYPE_CHECKING:
    from preheat._nodes import maximum, minimum  # again, since those that came with the shapes are mathematics

__version__ = "0.1.0.dev0"

_LATE = {  # imported when first asked for: most runs need few of them
    "describe": "preheat._analysis.description",
    "diff": "preheat._analysis.difference",
    "export": "preheat._export",
    "from_json": "preheat._language.json",
    "lint": "preheat._lint",
    "parse": "preheat._language.parser",
    "plot": "preheat._plot",
    "resolve": "preheat._lengths.resolve",
    "steps_for": "preheat._lengths.run_length",
    "to_json": "preheat._language.json",
}

globals().update(VOCABULARY)  # every name of the language is a name of the package
__all__ = ["Plan", "PreheatWarning", "after", "clip", "constant", "describe", "diff", "export", "from_json", "function",
           "lint", "maximum", "minimum", "noise", "parse", "plot", "repeat", "resolve", "reverse", "steps_for",
           "stretch", "table", "to_json", "until", "zero_based"]  # fmt: skip
__all__ += [name for name in VOCABULARY if name not in __all__]


def _load(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


if TYPE_CHECKING:
    pass  # a checker would take any name for one of the package
else:

    def __getattr__(name: str) -> Any:
        """A name of `_LATE`, from now on a name of the package like the others."""
        if name == "like":
            return import_module("preheat.like")
        if name in _LATE:
            return globals().setdefault(name, _load(_LATE[name], name))
        raise AttributeError(f"module 'preheat' has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*__all__, "__version__", "like", "recipes", "shapes"})


def _show(plan: Plan, **_options: object) -> Any:
    """What a notebook shows of a plan."""
    return _load("preheat._plot", "bundle")(plan)


def _schema(*given: Any) -> Any:
    """How pydantic reads and writes a plan."""
    return _load("preheat._language.pydantic", "schema")(*given)


Plan._repr_mimebundle_ = _show
Plan.__get_pydantic_core_schema__ = classmethod(_schema)  # type: ignore[attr-defined]  # nobody else asks for it
