"""The states of other libraries' schedulers: torch's, timm's, Megatron's, DeepSpeed's and `NoamOpt`'s."""

from collections.abc import Mapping, Sequence
from typing import Any

from preheat import Plan, constant, cosine, linear, noam, zero_based
from preheat._saved.fields import FINITE, RATE, STEPS, Bounds, FieldReader
from preheat._saved.schedulers import (
    TIMM,
    TORCH,
    UnknownError,
    called,
    cyclic,
    kind_of,
    multiplying,
    of_timm,
    one_cycle,
)
from preheat.cli.inspect.status import ALL, NOT_HELD, KnobPlan, RunStatus, Surroundings, one_for_each_base
from preheat.like import torch as like

__all__ = ["deepspeed", "megatron", "noam_opt", "timm", "torch"]

State = Mapping[str, Any]
Found = tuple[tuple[KnobPlan, ...], tuple[str, ...]]  # the plans, and notes on them

MOST = 100  # schedulers inside one: the same one may stand in a short file again and again
NUMBER = Bounds("a finite number", low=-FINITE, high=FINITE, whole=False)
POSITIVE = Bounds("a number above 0", low=5e-324, high=FINITE, whole=False)
TOLD_BY = {"best": "ReduceLROnPlateau", "_schedule_phases": "OneCycleLR", "max_lrs": "CyclicLR"}
FOLLOWS_METRIC = "it follows a metric, which decides what comes next"
UNEQUAL = "preheat.like has no plan that is equal to it; --plan says one"
CLIMBS = "past T_max torch's climbs back; shown is its end"
UNKNOWN = "of whose kind it is cannot be told from its state; --plan says what its schedule was"
NO_PEAK = "its peak is in the optimizer's state, which the file lacks; --plan says it"


def torch(state: State, around: Surroundings) -> RunStatus:
    """A scheduler of torch's, or of transformers'."""
    _check_members(state)
    groups = [group for own in around.groups for group in own]
    plans, notes = _torch_plans(state, groups)
    return RunStatus(_torch_name(state), _torch_position(state), "steps", plans, notes)


def _check_members(state: State) -> None:
    """Refuse a chain of schedulers with anything else in it, or with too many: shared, they multiply in a short file."""
    waiting, seen = [state], 0
    while waiting:
        one = waiting.pop()
        seen += 1
        if "_schedulers" in one:
            reader, rule = FieldReader("inspect", one), f"a list of states of schedulers, at most {MOST} in all"
            members = reader.row("_schedulers", rule)
            if not members or seen + len(members) > MOST or not all(isinstance(member, dict) for member in members):
                reader.refuse("_schedulers", rule)
            waiting += members


def _torch_name(state: State) -> str:
    if "_schedulers" in state:
        return "torch's SequentialLR" if "_milestones" in state else "torch's ChainedScheduler"
    if "lr_lambdas" in state:
        return "torch's LambdaLR, as all of transformers' are"
    name = next((name for key, name in TOLD_BY.items() if key in state), kind_of(TORCH, state))
    return "in torch's form" if name is None else f"torch's {name}"


def _torch_position(state: State) -> int:
    """The number of its steps; where schedulers are chained, of the first."""
    while "last_epoch" not in state and "_schedulers" in state:
        state = state["_schedulers"][0]
    if "last_epoch" not in state:
        raise ValueError("inspect(_schedulers): the first of them must hold last_epoch")
    return int(FieldReader("inspect", state).number("last_epoch", STEPS))


def _torch_plans(state: State, groups: Sequence[State]) -> Found:
    if "best" in state:
        return tuple(one_for_each_base(_rates(state, "_last_lr"), lambda _: None)), (FOLLOWS_METRIC,)
    try:
        if "_schedule_phases" in state:
            return _one_cycle(state, groups)
        if "max_lrs" in state:
            pairs = zip(_rates(state, "base_lrs"), _rates(state, "max_lrs"), strict=True)
            return _of_lrs([cyclic(state, low, high) for low, high in pairs]), ()
        plans = tuple(one_for_each_base(_bases(state), lambda base: _plan(state, base)))
    except UnknownError as error:  # such as a factor above 1, which preheat.like refuses
        return tuple(one_for_each_base(_bases(state), lambda _: None)), (f"{UNEQUAL} ({error})",)
    if any(plan.plan is None for plan in plans):
        return plans, (NOT_HELD if _has_functions(state) else UNKNOWN,)
    return plans, (CLIMBS,) if "T_max" in state and _torch_position(state) >= state["T_max"] else ()


def _rates(state: State, name: str) -> tuple[float, ...]:
    """The numbers of a field, one for each group; none where the file holds them as tensors, whose data is not read."""
    if name not in state or any(hasattr(rate, "dtype") for rate in FieldReader("inspect", state).row(name, "a list")):
        return ()
    return FieldReader("inspect", state).numbers(name, NUMBER, "a list of finite numbers, one for each group")


def _bases(state: State) -> tuple[float, ...]:
    while "_schedulers" in state:
        state = state["_schedulers"][0]
    return _rates(state, "base_lrs") or _rates(state, "_last_lr")


def _plan(state: State, base: float) -> Plan | None:
    """The multiplier of a group; None where the state does not hold it."""
    if "_schedulers" in state:
        inside = [_plan(one, base) for one in state["_schedulers"]]
        if None in inside:
            return None
        if "_milestones" in state:
            return called(like.SequentialLR, {"schedulers": inside, "milestones": state["_milestones"]})
        return called(like.ChainedScheduler, {"schedulers": inside})
    name = kind_of(TORCH, state)
    return None if name is None or "lr_lambdas" in state else multiplying(name, state, base)


def _has_functions(state: State) -> bool:
    return "lr_lambdas" in state or any(map(_has_functions, state.get("_schedulers", ())))


def _one_cycle(state: State, groups: Sequence[State]) -> Found:
    reader = FieldReader("inspect", state)
    reader.number("total_steps", STEPS)
    rule = "a list of two or three phases, each with a number end_step"
    phases = reader.row("_schedule_phases", rule)
    ends = [phase.get("end_step") for phase in phases if isinstance(phase, dict)]
    if len(phases) not in (2, 3) or len(ends) != len(phases) or not all(map(NUMBER.hold, ends)):
        reader.refuse("_schedule_phases", rule)
    peaked = [group for group in groups if {"max_lr", "min_lr", "initial_lr"} <= group.keys()]
    if not peaked:
        return tuple(one_for_each_base(_rates(state, "_last_lr"), lambda _: None)), (NO_PEAK,)
    if not all(POSITIVE.hold(group[name]) for group in peaked for name in ("max_lr", "min_lr", "initial_lr")):
        raise UnknownError("its groups' max_lr, min_lr and initial_lr must be numbers above 0")
    return _of_lrs([float(group["max_lr"]) * one_cycle(state, group) for group in peaked]), ()


def _of_lrs(plans: Sequence[Plan]) -> tuple[KnobPlan, ...]:
    """Plans of learning rates, one for each group, or one for all."""
    if len(set(plans)) == 1:
        return (KnobPlan("lr", ALL, 1.0, plans[0]),)
    return tuple(KnobPlan("lr", f"group {index}", 1.0, plan) for index, plan in enumerate(plans))


def timm(state: State, around: Surroundings) -> RunStatus:
    """A scheduler of timm's; one that counts epochs does not hold how many are done, which lies around it."""
    epoch = around.siblings.get("epoch") if state["t_in_epochs"] else None
    done = None if epoch is None else FieldReader("inspect", around.siblings).number("epoch", STEPS) + 1
    plans, notes = _timm_plans(state)
    return RunStatus("timm's", done, "epochs" if state["t_in_epochs"] else "updates", plans, notes)


def _timm_plans(state: State) -> Found:
    bases, name = _rates(state, "base_values"), kind_of(TIMM, state)
    if name is None:
        return tuple(one_for_each_base(bases, lambda _: None)), (UNKNOWN,)
    try:
        plans = tuple(one_for_each_base(bases, lambda base: of_timm(name, state, base)))
    except UnknownError as error:
        return tuple(one_for_each_base(bases, lambda _: None)), (f"{UNEQUAL} ({error})",)
    noisy = state.get("noise_range_t") is not None
    return plans, ("it adds noise, which is not shown",) if noisy else ()


def noam_opt(state: State, around: Surroundings) -> RunStatus:
    """A `NoamOpt`, whose plan is read from step 1 on, as its first step does."""
    del around
    reader = FieldReader("inspect", {"factor": 1.0, **state})
    plan = noam(reader.number("model_size", STEPS), reader.number("warmup", STEPS))
    line = KnobPlan("lr", ALL, float(reader.number("factor", RATE)), plan)
    return RunStatus("NoamOpt's", reader.number("_step", STEPS), "updates", (line,))


def megatron(state: State, around: Surroundings) -> RunStatus:
    """A scheduler of Megatron's."""
    del around
    reader = FieldReader("inspect", state)
    low, high = (float(reader.number(name, RATE)) for name in ("min_lr", "max_lr"))
    rise, end = (int(reader.number(name, STEPS)) for name in ("lr_warmup_steps", "lr_decay_steps"))
    style = state["lr_decay_style"]
    falls = {"linear": linear, "cosine": cosine}
    plan: Plan | None
    if style == "constant":
        plan = zero_based(linear(0, high, steps=rise) >> constant(high))
    else:
        fall = falls.get(style) if isinstance(style, str) else None
        plan = None if fall is None else zero_based(linear(0, high, steps=rise) >> fall(high, low, steps=end - rise))
    notes = ("it counts what its step() is given: in Megatron's own loop, samples", "its init_lr is taken to be 0")
    told = notes if plan is not None else (*notes, f"how {style!s:.60} falls is not all in the state; --plan says it")
    line = KnobPlan("lr", ALL, 1.0, plan)
    return RunStatus("Megatron's", reader.number("num_steps", STEPS), "steps", (line,), told)


def deepspeed(state: State, around: Surroundings) -> RunStatus:
    """A scheduler of DeepSpeed's, which holds no more than the index of the last update."""
    del around
    last = FieldReader("inspect", state).number("last_batch_iteration", Bounds("a whole number, -1 or more", low=-1))
    return RunStatus("DeepSpeed's", last + 1, "updates", (KnobPlan("lr", ALL, None, None),), (NOT_HELD,))
