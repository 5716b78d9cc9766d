"""Plans whose total is not known yet: what can be followed of them until it is."""

from typing import NamedTuple

from preheat._lengths.resolve import resolve
from preheat._nodes import function
from preheat._plan import Plan, Then, lengths_in, missing, unresolved_error

__all__ = ["RunInfo", "known_prefix", "resolved"]


class RunInfo(NamedTuple):
    """What a scheduler can tell lengths by; whoever has the loader tells the others."""

    total_steps: int | None = None
    beta2: float | None = None


def resolved(plan: Plan, known: RunInfo) -> Plan:
    """A plan with its lengths in updates; one that asks for a total that is not known stays as it is.

    Raises:
        ValueError: it asks for more than the total; or its parts are longer.
    """
    needs = missing(lengths_in(plan))
    if not set(needs) <= set(RunInfo._fields):
        raise unresolved_error(plan)
    late = known.total_steps is None and needs == ["total_steps"]
    return plan if late else resolve(plan, total_steps=known.total_steps, beta2=known.beta2)


def known_prefix(plan: Plan) -> Plan:
    """A plan that can be followed as far as it is known, and then says what is missing."""
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
    """Stands for a piece that waits for the total; to be a plan's function, which is not called ahead of its update."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __call__(self, _: float) -> float:
        """No value.

        Raises:
            ValueError: always; the message says what is missing.
        """
        raise unresolved_error(self.plan)
