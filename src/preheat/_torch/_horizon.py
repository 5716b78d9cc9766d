"""Plans whose total is not known yet: what can be followed of them until it is."""

from preheat._nodes import function
from preheat._plan import Plan, Then, lengths_in, missing, waiting
from preheat._units import resolve

__all__ = ["resolved", "so_far"]


def resolved(plan: Plan, total_steps: int | None) -> Plan:
    """A plan with its lengths in updates; one that asks for a total that is not known stays as it is.

    Raises:
        ValueError: it asks for more than the total; or its parts are longer.
    """
    needs = missing(lengths_in(plan))
    if total_steps is not None and needs:
        return resolve(plan, total_steps=total_steps)
    if needs and needs != ["total_steps"]:
        raise waiting(plan)
    return plan


def so_far(plan: Plan) -> Plan:
    """A plan that can be followed as far as it is known, and then says what is missing."""
    if not plan.unresolved:
        return plan
    make, args, kwargs = plan._call()
    if isinstance(plan, Then):
        known = next(k for k, piece in enumerate(plan.plans) if piece.unresolved)
        args = (plan.operator, *plan.plans[: known + 1])
    try:
        made = make(*(so_far(value) if isinstance(value, Plan) else value for value in args), **kwargs)
    except ValueError:  # it has to know where it ends
        return function(Beyond(plan))
    return function(Beyond(plan)) if made.unresolved else made


class Beyond:
    """Stands for a piece that waits for the total; to be a plan's function, which is not called ahead of its update."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __call__(self, _: float) -> float:
        """No value.

        Raises:
            ValueError: always; the message says what is missing.
        """
        raise waiting(self.plan)
