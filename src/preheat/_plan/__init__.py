"""A plan, and the algebra that joins plans: all that the rest of the library sees of them."""

from preheat._plan.base import DEEPEST, OPERATORS, VOCABULARY, Call, Plan, plan_in, recipe, word
from preheat._plan.chains import Chain, Plus, Then, Times, joined
from preheat._plan.constants import Constant, constant
from preheat._plan.readings import Reading

__all__ = [
    "DEEPEST", "OPERATORS", "VOCABULARY", "Call", "Chain", "Constant", "Plan", "Plus", "Reading", "Then", "Times",
    "constant", "joined", "plan_in", "recipe", "word",
]  # fmt: skip
