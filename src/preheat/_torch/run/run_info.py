"""The lengths that a scheduler knows by itself: the total, and the beta2 that `"auto"` asks for."""

from typing import NamedTuple

from preheat._lengths.resolve import resolve
from preheat._plan import Plan, lengths_in, missing, unresolved_error

__all__ = ["RunInfo", "resolved"]


class RunInfo(NamedTuple):
    """What a scheduler can resolve lengths by; epochs, samples and tokens are the data loader's to know."""

    total_steps: int | None = None
    beta2: float | None = None


def resolved(plan: Plan, known: RunInfo) -> Plan:
    """The plan with its lengths in updates; one that asks for a total that is not known stays as it is.

    Raises:
        ValueError: it asks for more than the total; or its parts are longer.
    """
    needs = missing(lengths_in(plan))
    if not set(needs) <= set(RunInfo._fields):
        raise unresolved_error(plan)
    late = known.total_steps is None and needs == ["total_steps"]
    return plan if late else resolve(plan, total_steps=known.total_steps, beta2=known.beta2)
