"""Plans as source code that needs preheat no more."""

from difflib import get_close_matches
from keyword import iskeyword
from typing import Any

from preheat._export.request import Request
from preheat._export.sources import ExportError
from preheat._export.targets import NEEDS_RATES, TARGETS
from preheat._fields import Number, field_of, short_repr
from preheat._plan import Plan, plan_in, unresolved_error

__all__ = ["TARGETS", "export"]


def export(plan: Plan, to: str = "torch", lr: Any = None, name: str = "schedule") -> str:
    """Source code that gives the values of a plan and needs preheat no more.

    >>> from preheat import export, noam
    >>> print(export(0.5 * noam(512, 4000), to="python", lr=True).partition("def ")[2])
    schedule(step: int) -> float:
        \"\"\"Learning rate at update `step`, counted from 0: 0.5 * noam(512, 4000).\"\"\"
        t = step + 1
        late = max(t, 4000)
        return 0.5 * (t / (late * sqrt(512 * late)))
    <BLANKLINE>

    Args:
        plan: any plan with lengths in updates, but for a `function` of your own.
        to: "python", "numpy", "torch", "transformers", "lightning", "optax", "keras" or "javascript".
        lr: None where the plan multiplies the optimizer's own learning rate, a number for the peak that it multiplies
            instead, or True where its values are learning rates. Optax and Keras need one of the last two.
        name: what the function is called.

    Raises:
        TypeError: `plan` is not a plan, or `lr` neither None, True nor a number.
        ValueError: `to` is unknown, `name` is no name, `lr` is missing, lengths wait to be resolved, or the plan holds
            what cannot be written as code; the message says what.
    """
    plan = plan_in("export", plan)
    if to not in TARGETS:
        near = get_close_matches(str(to), TARGETS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"export(to={short_repr(to)}): to must be one of {', '.join(TARGETS)}{hint}")
    if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
        raise ValueError(f"export(name={short_repr(name)}): name must be a name for a function")
    if plan.unresolved:
        raise unresolved_error(plan)
    try:
        return TARGETS[to](Request(plan, _rate(lr, to), name))
    except ExportError as error:
        raise ValueError(f"export(plan={plan!r:.200}): {error}") from None


def _rate(lr: Any, to: str) -> Any:
    if lr is None and to in NEEDS_RATES:
        raise ValueError(
            f'export(to="{to}"): lr must be given, for {to} takes learning rates: lr=3e-4 for the peak that the plan '
            "multiplies, or lr=True where the plan is the learning rate"
        )
    return lr if lr is None or lr is True else field_of(Number).check("export", "lr", lr)
