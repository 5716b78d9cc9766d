"""Plans whose total is not known yet: the part of them that can be followed until it is."""

from preheat._nodes import function
from preheat._plan import Plan, Then, unresolved_error

__all__ = ["known_prefix"]


def known_prefix(plan: Plan) -> Plan:
    """The plan up to its first piece of unknown length; asked for a later value, it says which argument is missing."""
    if not plan.unresolved:
        return plan
    make, args, kwargs = plan._call()
    if isinstance(plan, Then):
        known = next(k for k, piece in enumerate(plan.plans) if piece.unresolved)
        args = (plan.operator, *plan.plans[: known + 1])
    try:
        made = make(*(known_prefix(value) if isinstance(value, Plan) else value for value in args), **kwargs)
    except ValueError:  # it has to know where it ends
        return function(NotYetKnown(plan))
    return function(NotYetKnown(plan)) if made.unresolved else made


class NotYetKnown:
    """The function of a piece that waits for the total. As a function, no check calls it ahead of its update."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __call__(self, _: float) -> float:
        """No value.

        Raises:
            ValueError: always; the message names the argument to give.
        """
        raise unresolved_error(self.plan)
