"""The functions that other libraries give to torch's `LambdaLR`, as plans."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from math import isclose
from typing import Any

from preheat._language.parser import parse
from preheat._nodes import zero_based
from preheat._plan import Plan, constant
from preheat._saved.schedulers import UnknownError, called
from preheat._torch.migrate.group_schedule import key_of
from preheat.like import transformers as like
from preheat.recipes.points import fractal_chebyshev
from preheat.shapes.bends import cosine_wave
from preheat.shapes.ramps import linear, one_minus_sqrt, one_minus_square

__all__ = ["plan_of"]

Known = Mapping[str, Any]

_WRITTEN = re.compile(r"(?:Multiplier of the l|L)earning rate at update `step`, counted from 0(?:: (.+)\.|\. (.+))$")


def plan_of(function: Any) -> Plan:
    """The plan that a function of the number of steps is.

    Raises:
        UnknownError: it is a user's own.
    """
    if isinstance(function, Plan):
        return function
    inner, known = (function.func, function.keywords) if isinstance(function, partial) else (function, {})
    exported = _exported(function)
    if exported is not None:
        return exported
    make = _FUNCTIONS.get(key_of(inner))
    if make is None:
        raise UnknownError(f"lr_lambda={function!r:.60} is a function of your own, which Scheduler takes as it is")
    return make(known)


def _exported(function: Any) -> Plan | None:
    """The plan in the docstring of a function that `preheat.export` wrote; None where its values are others."""
    text = " ".join((getattr(function, "__doc__", None) or "").split())
    found = _WRITTEN.match(text)
    if found is None:
        return None
    try:
        plan = parse(found[1] or found[2])
        count = 200 if plan.steps is None else plan.steps
        near = all(isclose(function(i), plan(i), rel_tol=1e-12) for i in _looked_at(count))
    except (TypeError, ValueError, ArithmeticError):
        return None
    return plan if near else None


def _looked_at(count: int) -> Iterator[int]:
    """Every update of a short plan, some of a long one, and some after its end."""
    step = max(count // 1_000, 1)
    return chain(range(0, count, step), range(max(count - 3, 0), count + 3), (2 * count + 1, 10 * count + 1))


def _cosine(known: Known) -> Plan:
    floored = like.get_cosine_with_min_lr_schedule_with_warmup
    return called(floored if "min_lr_rate" in known else like.get_cosine_schedule_with_warmup, known)


def _polynomial(known: Known) -> Plan:
    return called(like.get_polynomial_decay_schedule_with_warmup, known, base_lr=known["lr_init"])


def _as(make: Callable[..., Plan]) -> Callable[[Known], Plan]:
    return lambda known: called(make, known)


def _cooldown(known: Known) -> Plan:
    """The warm-up, stable, decay of pytorch_optimizer; only its cosine heeds the floor before the end."""
    steps, floor, name = known["num_decay_steps"], known["min_lr_ratio"], known["cooldown_type"]
    falls: dict[str, Callable[..., Plan]] = {
        "linear": linear,
        "1-sqrt": one_minus_sqrt,
        "1-square": one_minus_square,
    }
    waves = cosine_wave(1, floor, last=2 * known["num_cycles"], steps=steps)
    fall = waves if name == "cosine" else falls[name](1, 0, steps=steps)
    rise = linear(0, 1, steps=known["num_warmup_steps"])
    plan = rise >> constant(1, steps=known["num_stable_steps"]) >> fall
    return zero_based(plan >> constant(floor, steps=0))


def _chebyshev(known: Known) -> Plan:
    """The steps of pytorch_optimizer, of the next power of 2, the first of them three times."""
    if known["is_warmup"]:
        return constant(1)
    order = fractal_chebyshev(0.05, 1, steps=1 << max(known["num_epochs"] - 1, 0).bit_length())
    return constant(order(0), steps=2) >> order


_FUNCTIONS: dict[tuple[str, str], Callable[[Known], Plan]] = {
    ("transformers", "_get_constant_lambda"): _as(like.get_constant_schedule),
    ("transformers", "_get_cosine_schedule_with_warmup_lr_lambda"): _cosine,
    ("transformers", "_get_polynomial_decay_schedule_with_warmup_lr_lambda"): _polynomial,
    ("transformers", "_get_cosine_with_min_lr_schedule_with_warmup_lr_rate_lambda"): _as(
        like.get_cosine_with_min_lr_schedule_with_warmup_lr_rate
    ),
    ("transformers", "_get_wsd_scheduler_lambda"): _as(like.get_wsd_schedule),
    **{
        ("transformers", f"_{name}_lr_lambda"): _as(getattr(like, name))
        for name in (
            "get_constant_schedule_with_warmup", "get_linear_schedule_with_warmup", "get_inverse_sqrt_schedule",
            "get_cosine_with_hard_restarts_schedule_with_warmup",
        )
    },
    ("pytorch_optimizer", "get_wsd_scheduler_lambda"): _cooldown,
    ("pytorch_optimizer", "get_chebyshev_lr_lambda"): _chebyshev,
}  # fmt: skip
