"""A plan, and the algebra that joins plans: all that the rest of the library sees of them."""

from preheat._plan.base import DEEPEST, OPERATORS, VOCABULARY, Call, Plan, plan_in, register
from preheat._plan.chains import Chain, Plus, Then, Times, joined
from preheat._plan.constant import Constant, constant
from preheat._plan.formula import Formula
from preheat._plan.unresolved import Unresolved, deferred, lengths_in, missing, plan_function, unresolved_error

__all__ = [
    "DEEPEST", "OPERATORS", "VOCABULARY", "Call", "Chain", "Constant", "Formula", "Plan", "Plus", "Then", "Times",
    "Unresolved", "constant", "deferred", "joined", "lengths_in", "missing", "plan_function", "plan_in", "register",
    "unresolved_error",
]  # fmt: skip
