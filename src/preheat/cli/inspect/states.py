"""States of schedulers in a checkpoint: ours and the peers', each as where it stands and the plans it follows."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from preheat import Plan, constant, cosine, linear, noam, zero_based

__all__ = ["Line", "Standing", "found_in"]

ALL = "all groups"
DEEPEST = 12  # levels of a checkpoint that are looked through
LONGEST = 1_000  # of a list; longer ones hold no schedulers
POSITIONED = {  # no more than a position: whose, where it is, how far it is from the number of updates done
    "DeepSpeed's": ("last_batch_iteration", 1),
}
NOT_HELD = "its schedule is a function of the code's, which a checkpoint does not hold; --plan says what it was"


class Line(NamedTuple):
    """What one knob of some groups follows."""

    knob: str
    groups: str
    base: float | None  # multiplies the plan; None: not known
    plan: Plan | None  # None: not known
    began: float = 0  # the position at which their clock began

    @property
    def whole(self) -> Plan | float | None:
        """The base and its plan, as far as they are known."""
        if self.plan is None or self.base in (1, None):
            return self.base if self.plan is None else self.plan
        return self.base * self.plan

    def value(self, position: float) -> float:
        """What is used there; of a plan alone where the base is not known."""
        assert self.plan is not None  # noqa: S101  # those without one have no values
        return (1 if self.base is None else self.base) * self.plan(max(position - self.began, 0))


class Standing(NamedTuple):
    """A state: where in the file it lies, whose it is, where it stands, and what it follows."""

    where: str
    whose: str
    position: float | None  # None: the state does not hold it
    unit: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


class Around(NamedTuple):
    """What lies in the file beside a state."""

    groups: list[list[dict[str, Any]]]  # of each optimizer in the file, without their parameters
    siblings: Mapping[Any, Any]


def found_in(held: Any) -> list[Standing]:
    """The states of schedulers anywhere in what a file holds."""
    look = _Look()
    look.through(held, "", {})
    return [
        reader(where, state, Around(look.groups, siblings))
        for where, state, siblings in look.states
        if (reader := _reader(state)) is not None
    ]


class _Look:
    """A look through what a file holds."""

    def __init__(self) -> None:
        self.states: list[tuple[str, dict[str, Any], Mapping[Any, Any]]] = []
        self.groups: list[list[dict[str, Any]]] = []

    def through(self, held: Any, where: str, siblings: Mapping[Any, Any], depth: int = 0) -> None:
        """Note the states and the optimizers' groups in it, and in what it holds."""
        if depth > DEEPEST:
            return
        if isinstance(held, Mapping):
            if "param_groups" in held:
                self.groups.append(list(held["param_groups"]))
            elif _reader(held) is not None:
                self.states.append((where, dict(held), siblings))
            else:
                for key, inside in held.items():
                    self.through(inside, f"{where}.{key}".lstrip("."), held, depth + 1)
        elif isinstance(held, list | tuple) and len(held) <= LONGEST:
            for index, inside in enumerate(held):
                self.through(inside, f"{where}[{index}]", siblings, depth + 1)


Reader = Callable[[str, dict[str, Any], Around], Standing]


def _reader(state: Mapping[Any, Any]) -> Reader | None:
    """Who can read a state; None if it is none."""
    keys = state.keys()
    if {"preheat", "knobs", "plans"} <= keys:
        return _ours
    if {"_step", "warmup", "model_size"} <= keys:
        return _noam_opt
    if {"lr_decay_style", "num_steps", "max_lr"} <= keys:
        return _megatron
    if {"base_values", "t_in_epochs"} <= keys:
        return _timm
    if "_schedulers" in keys or ("last_epoch" in keys and keys & {"_step_count", "_last_lr", "base_lrs"}):
        return _torch
    return _positioned if any(key in keys for key, _ in POSITIONED.values()) else None


def _ours(where: str, state: dict[str, Any], around: Around) -> Standing:
    from preheat.cli.inspect.own import standing  # noqa: PLC0415  # imports torch

    return standing(where, state, around.groups)


def _torch(where: str, state: dict[str, Any], around: Around) -> Standing:
    from preheat.cli.inspect.others import lines_of, name_of, position_of  # noqa: PLC0415  # needs preheat.like

    lines, notes = lines_of(state, [group for groups in around.groups for group in groups])
    return Standing(where, name_of(state), position_of(state), "steps", lines, notes)


def _timm(where: str, state: dict[str, Any], around: Around) -> Standing:
    from preheat.cli.inspect.others import timm_lines  # noqa: PLC0415  # likewise

    unit, epoch = ("epochs", around.siblings.get("epoch")) if state["t_in_epochs"] else ("updates", None)
    lines, notes = timm_lines(state)
    return Standing(where, "timm's", None if epoch is None else int(epoch) + 1, unit, lines, notes)


def _noam_opt(where: str, state: dict[str, Any], around: Around) -> Standing:
    del around
    plan = noam(int(state["model_size"]), int(state["warmup"]))  # read from step 1 on, as its first step does
    line = Line("lr", ALL, float(state.get("factor", 1.0)), plan)
    return Standing(where, "NoamOpt's", int(state["_step"]), "updates", (line,))


def _megatron(where: str, state: dict[str, Any], around: Around) -> Standing:
    del around
    low, high, rise = float(state["min_lr"]), float(state["max_lr"]), int(state["lr_warmup_steps"])
    steps = int(state["lr_decay_steps"]) - rise
    falls = {
        "linear": lambda: linear(high, low, steps=steps),
        "cosine": lambda: cosine(high, low, steps=steps),
        "constant": lambda: constant(high),
    }
    style = state["lr_decay_style"]
    plan = zero_based(linear(0, high, steps=rise) >> falls[style]()) if style in falls else None
    notes = ("it counts what its step() is given: in Megatron's own loop, samples", "its init_lr is taken to be 0")
    told = notes if plan is not None else (*notes, f"how {style} falls is not all in the state; --plan says it")
    return Standing(where, "Megatron's", state["num_steps"], "steps", (Line("lr", ALL, 1.0, plan),), told)


def _positioned(where: str, state: dict[str, Any], around: Around) -> Standing:
    del around
    whose, done = next((whose, state[key] + more) for whose, (key, more) in POSITIONED.items() if key in state)
    return Standing(where, whose, done, "updates", (Line("lr", ALL, None, None),), (NOT_HELD,))
