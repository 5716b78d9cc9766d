"""The schedule in a state of torch's schedulers and of timm's, through `preheat.like`."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from inspect import signature
from typing import Any

from preheat import Plan
from preheat.cli.inspect.states import ALL, NOT_HELD, Line

__all__ = ["lines_of", "name_of", "position_of", "timm_lines"]

Groups = Sequence[dict[str, Any]]
TORCH = {  # the parameters in a state tell whose it is; those with more of them first
    "CosineAnnealingWarmRestarts": ("T_0", "T_mult", "eta_min"),
    "LinearLR": ("start_factor", "end_factor", "total_iters"),
    "CosineAnnealingLR": ("T_max", "eta_min"),
    "PolynomialLR": ("total_iters", "power"),
    "ConstantLR": ("factor", "total_iters"),
    "StepLR": ("step_size", "gamma"),
    "MultiStepLR": ("milestones", "gamma"),
    "ExponentialLR": ("gamma",),
}
TIMM = {
    "PolyLRScheduler": ("power", "t_initial", "k_decay"),
    "CosineLRScheduler": ("t_initial", "k_decay"),
    "TanhLRScheduler": ("lb", "ub", "t_initial"),
    "StepLRScheduler": ("decay_t", "decay_rate"),
}
FOLLOWS_METRIC = "it follows a metric, which decides what comes next"
UNEQUAL = "preheat.like has no plan that is equal to it; --plan says one"
CLIMBS = "past T_max torch's climbs back; shown is its end"
UNKNOWN = "of whose kind it is cannot be told from its state; --plan says what its schedule was"


def name_of(state: dict[str, Any]) -> str:
    """The name of the class, as far as a state shows it."""
    if "_schedulers" in state:
        return "torch's SequentialLR" if "_milestones" in state else "torch's ChainedScheduler"
    if "lr_lambdas" in state:
        return "torch's LambdaLR, as all of transformers' are"
    telling = {"best": "ReduceLROnPlateau", "_schedule_phases": "OneCycleLR", "max_lrs": "CyclicLR"}
    name = next((name for key, name in telling.items() if key in state), _named(TORCH, state))
    return "in torch's form" if name is None else f"torch's {name}"


def _named(known: dict[str, tuple[str, ...]], state: dict[str, Any]) -> str | None:
    return next((name for name, keys in known.items() if state.keys() >= set(keys)), None)


def position_of(state: dict[str, Any]) -> int:
    """The number of its steps; where schedulers are chained, of the first."""
    return int(state["last_epoch"]) if "last_epoch" in state else position_of(state["_schedulers"][0])


def lines_of(state: dict[str, Any], groups: Groups) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """What each group follows, and what is to be said of it."""
    if "best" in state:
        return tuple(_lines(state["_last_lr"], lambda _: None)), (FOLLOWS_METRIC,)
    if "_schedule_phases" in state:
        return _one_cycle(state, groups)
    if "max_lrs" in state:
        return tuple(_cyclic(state)), ()
    bases = _bases(state)
    try:
        lines = tuple(_lines(bases, lambda base: _plan(state, base)))
    except (TypeError, ValueError) as error:  # such as a factor above 1, which preheat.like refuses
        return tuple(_lines(bases, lambda _: None)), (f"{UNEQUAL} ({error})",)
    if any(line.plan is None for line in lines):
        return lines, (NOT_HELD if _has_functions(state) else UNKNOWN,)
    return lines, (CLIMBS,) if _climbs(state) else ()


def _bases(state: dict[str, Any]) -> list[float]:
    inside = state["_schedulers"][0] if "_schedulers" in state else state
    return _bases(inside) if inside is not state else list(state.get("base_lrs") or state.get("_last_lr") or ())


def _lines(bases: Sequence[float], plan: Callable[[float], Plan | None]) -> Iterator[Line]:
    """One for each base, with the groups that have it; one for all where none is known."""
    if not bases:
        yield Line("lr", ALL, None, None)
    for base in dict.fromkeys(bases):
        which = [str(index) for index, one in enumerate(bases) if one == base]
        yield Line("lr", ALL if len(which) == len(bases) else f"group {', '.join(which)}", float(base), plan(base))


def _plan(state: dict[str, Any], base: float) -> Plan | None:
    """The multiplier of a group; None where the state does not hold it."""
    like = import_module("preheat.like.torch")
    if "_schedulers" in state:
        inside = [_plan(one, base) for one in state["_schedulers"]]
        if None in inside:
            return None
        milestones = state.get("_milestones")
        chained: Plan = like.ChainedScheduler(inside) if milestones is None else like.SequentialLR(inside, milestones)
        return chained
    name = _named(TORCH, state)
    if name is None or "lr_lambdas" in state:
        return None
    given = {key: state[key] for key in TORCH[name]}
    if name == "MultiStepLR":
        given["milestones"] = sorted(state["milestones"].elements())
    if state.get("eta_min"):
        given["base_lr"] = base
    plan: Plan = getattr(like, name)(**given)
    return plan


def _has_functions(state: dict[str, Any]) -> bool:
    return "lr_lambdas" in state or any(map(_has_functions, state.get("_schedulers", ())))


def _climbs(state: dict[str, Any]) -> bool:
    return state.get("last_epoch", 0) >= state["T_max"] if "T_max" in state else False


def _one_cycle(state: dict[str, Any], groups: Groups) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    phases, total = state["_schedule_phases"], state["total_steps"]
    peaked = [group for group in groups if {"max_lr", "min_lr", "initial_lr"} <= group.keys()]
    if not peaked:
        lines = tuple(_lines(state["_last_lr"], lambda _: None))
        return lines, ("its peak is in the optimizer's state, which the file lacks; --plan says it",)
    plans = [
        import_module("preheat.like.torch").OneCycleLR(
            float(group["max_lr"]), total, pct_start=(phases[0]["end_step"] + 1) / total,
            anneal_strategy=state["_anneal_func_type"], div_factor=group["max_lr"] / group["initial_lr"],
            final_div_factor=group["initial_lr"] / group["min_lr"], three_phase=len(phases) > 2,  # noqa: PLR2004
        )
        for group in peaked
    ]  # fmt: skip
    return _of_lrs(plans), ()


def _cyclic(state: dict[str, Any]) -> tuple[Line, ...]:
    up = round(state["total_size"] * state["step_ratio"])
    down = round(state["total_size"]) - up
    return _of_lrs(
        [
            import_module("preheat.like.torch").CyclicLR(low, high, up, down, state["mode"], state["gamma"])
            for low, high in zip(state["base_lrs"], state["max_lrs"], strict=True)
        ]
    )


def _of_lrs(plans: Sequence[Plan]) -> tuple[Line, ...]:
    """Plans of learning rates, one for each group, or one for all."""
    if len(set(plans)) == 1:
        return (Line("lr", ALL, 1.0, plans[0]),)
    return tuple(Line("lr", f"group {index}", 1.0, plan) for index, plan in enumerate(plans))


def timm_lines(state: dict[str, Any]) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """What each group follows, by timm's parameters, which a state of its schedulers holds."""
    name = _named(TIMM, state)
    if name == "StepLRScheduler" and isinstance(state["decay_t"], list | tuple):
        name = "MultiStepLRScheduler"
    if name is None:
        return tuple(_lines(state["base_values"], lambda _: None)), (UNKNOWN,)
    make = getattr(import_module("preheat.like.timm"), name)
    given = {key: state[key] for key in signature(make).parameters.keys() & state.keys()}
    lines = _lines(state["base_values"], lambda base: make(**given, base_lr=base))
    noisy = state.get("noise_range_t") is not None
    return tuple(lines), ("it adds noise, which is not shown",) if noisy else ()
