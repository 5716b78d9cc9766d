"""Schedules with a name, written in plain algebra: each returns, and prints as, the pieces it is made of.

Every recipe defined in a file of this folder is a name of `preheat` and of `preheat.recipes`.
"""

from typing import TYPE_CHECKING

from preheat._plan import VOCABULARY
from preheat.recipes import cycles, phases, points, warmups

if TYPE_CHECKING:  # the names, for editors and type checkers
    from preheat.recipes.cycles import *  # noqa: F403  # as above
    from preheat.recipes.phases import *  # noqa: F403  # as above
    from preheat.recipes.points import *  # noqa: F403  # as above
    from preheat.recipes.warmups import *  # noqa: F403  # as above
else:
    _RECIPES = {name: make for name, make in VOCABULARY.items() if make.__module__.startswith(f"{__name__}.")}
    globals().update(_RECIPES)
    __all__ = list(_RECIPES)
