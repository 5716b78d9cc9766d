"""A plan, and the algebra that joins plans: all that the rest of the library sees of them."""

from preheat._plan.base import DEEPEST, OPERATORS, VOCABULARY, Call, Plan, plan_in, word
from preheat._plan.chains import Chain, Plus, Then, Times, joined
from preheat._plan.constants import Constant, constant
from preheat._plan.readings import Reading
from preheat._plan.unresolved import Unresolved, deferred, lengths_in, missing, recipe, waiting

__all__ = [
    "DEEPEST", "OPERATORS", "VOCABULARY", "Call", "Chain", "Constant", "Plan", "Plus", "Reading", "Then", "Times",
    "Unresolved", "constant", "deferred", "joined", "lengths_in", "missing", "plan_in", "recipe", "waiting", "word",
]  # fmt: skip
