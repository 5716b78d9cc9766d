"""A track: one knob of one optimizer, the plans it follows, and a group_state for each group."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple, NoReturn

from torch import Tensor

from preheat._language.parser import parse
from preheat._nodes import allow_functions_of, function
from preheat._plan import Plan
from preheat._plan.formula import Piece
from preheat._saved.plan_history import Key, PlanHistory
from preheat._torch.run.group_values import GroupValues, values_of
from preheat._torch.run.knob import Groups, Knob
from preheat._torch.run.run_info import RunInfo, resolved

__all__ = ["GroupState", "KnobSchedule", "SharedPlan", "as_plan", "plans_of"]


def as_plan(name: str, given: object) -> Plan:
    """A plan, from itself, its text, or a function of the update's index.

    Raises:
        TypeError: it is none of these.
    """
    if isinstance(given, Plan):
        return given
    if isinstance(given, str):
        return allow_functions_of(parse(given))  # text in the program is the program's own
    if callable(given):
        return function(given)
    way = f"; constant({given!r}) holds a number" if type(given) in (int, float) else ""
    raise TypeError(
        f"Scheduler({name}={given!r:.60}): {name} must be a plan, its text, or a function of the update's index{way}"
    )


def plans_of(name: str, given: object) -> dict[Key, Plan | None]:
    """The plan of each key of a mapping from groups to plans; of `"*"` where there is one plan for all."""
    if isinstance(given, Mapping):
        return {key: None if plan is None else as_plan(f"{name}[{key!r}]", plan) for key, plan in given.items()}
    return {"*": as_plan(name, given)}


class GroupState:
    """One knob of one group: the key of its plan, where its clock began, its base, and what was found at bind."""

    __slots__ = ("base", "found", "initial", "joined", "key")

    def __init__(self, key: Key, group: dict[str, Any], knob: Knob, joined: float) -> None:
        self.key = key
        self.joined = joined  # the index at which its own clock began
        self.base = self.found = knob.read(group)
        initial = group.get("initial_lr") if knob.path == "lr" else None
        self.initial = None if initial is None else float(initial)


class SharedPlan(NamedTuple):
    """A plan that groups follow together."""

    plan: Plan
    value: Callable[[float], float]  # the plan as a plain function
    joined: float  # where their clock began
    least: float  # of the bases that it multiplies
    most: float
    end: float  # the index at which the plan ends

    def piece_at(self, at: float) -> Piece:
        """The piece of the plan that answers at an index, and between which."""
        start, stop, value = self.plan._formula.piece_at(max(at - self.joined, 0.0))
        return Piece(self.joined + start, self.joined + stop, value)


class KnobSchedule:
    """One knob of one optimizer: the plans it follows, and the state of each group."""

    def __init__(
        self, knob: Knob, given: dict[Key, Plan | None], *, scaled: bool, number: int | None = None,
        horizon: RunInfo = RunInfo(),  # noqa: B008  # it cannot be changed
    ) -> None:  # fmt: skip
        self.knob = knob
        lengths_known = {key: None if plan is None else resolved(plan, horizon) for key, plan in given.items()}
        self.code = PlanHistory(given, lengths_known)  # the plans of the code, without edits
        self.history = self.code  # those followed now: an edit or a checkpoint replaces it
        self.scaled = scaled
        self.horizon = horizon
        self.number = number  # of the optimizer, where there are several
        self.group_states: list[GroupState | None] = []
        self.feedback: Any = None
        self.low, self.high = knob.low, knob.high
        self.lay()

    def __getstate__(self) -> dict[str, Any]:
        return {name: held for name, held in vars(self).items() if name != "shared_plans"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.lay()

    @property
    def plans(self) -> dict[Key, Plan | None]:
        """The plan that each key follows now."""
        return self.history.plans

    @property
    def mode(self) -> str:
        """`scale` or `values`."""
        return "scale" if self.scaled else "values"

    @property
    def argument(self) -> str:
        """What a user calls it: `plan`, `lr`, `scale['weight_decay']`."""
        short = {("lr", True): "plan", ("lr", False): "lr"}.get((self.knob.path, self.scaled))
        return short or f"{self.mode}[{self.knob.path!r}]"

    @property
    def given_text(self) -> str:
        """How a user wrote it, shortened: `plan=noam(512, 4000)`."""
        text = ""
        for plan in self.history.given.values():
            text += (", " if text else "") + repr(plan)
            if len(text) > 60:  # noqa: PLR2004  # a line of a message; a thousand groups may have a plan each
                text = text[:57] + "..."
                break
        return f"{self.argument}={text}"

    def index_of(self, index: int) -> int | tuple[int, int]:
        """The index of a group as a user writes it, with that of the optimizer where there are several."""
        return index if self.number is None else (self.number, index)

    def states_by_key(self) -> dict[Key, list[GroupState]]:
        """The states of the groups that follow each key's plan."""
        found: dict[Key, list[GroupState]] = {}
        for group_state in self.group_states:
            if group_state is not None:
                found.setdefault(group_state.key, []).append(group_state)
        return found

    def probe(self, key: Key, plan: Plan, group_states: Sequence[GroupState]) -> "KnobSchedule":
        """A schedule to be checked as if some groups followed another plan; it drives nothing and costs little."""
        probe = object.__new__(KnobSchedule)
        vars(probe).update(vars(self), history=PlanHistory({key: plan}, {key: plan}), group_states=[*group_states])
        return probe

    def keys_of(self, group: dict[str, Any], index: int) -> tuple[Key, ...]:
        """The keys that match a group, the first of them first."""
        return group.get("name"), self.index_of(index), "*"

    def key_of(self, group: dict[str, Any], index: int) -> Key:
        """The first key that matches a group, in the order name, index, `"*"`.

        Raises:
            ValueError: none does.
        """
        for key in self.keys_of(group, index):
            if key is not None and key in self.history.given:
                return key
        who = f"group {self.index_of(index)}" + (f" ({group['name']!r})" if "name" in group else "")
        keys = ", ".join(map(repr, self.history.given))
        raise ValueError(
            f"Scheduler({self.argument}={{...}}): {who} must match a key, one of {keys}; "
            'add it, or "*" for all others (None leaves a group alone)'
        )

    def new_group_states(self, groups: Groups, joined: Sequence[float]) -> list[GroupState | None]:
        """Cells for the groups that have none yet; `joined` is where the clock of each begins.

        Raises:
            ValueError: a group fits no plan or has no such knob.
        """
        group_states: list[GroupState | None] = []
        known = len(self.group_states)
        for index, (group, began) in enumerate(zip(groups[known:], joined, strict=True), known):
            key = self.key_of(group, index)
            driven = self.history.given[key] is not None
            if driven:
                self.knob.check(group, f"group {self.index_of(index)}")
            group_states.append(GroupState(key, group, self.knob, began) if driven else None)
        return group_states

    def tensors(self, groups: Groups, first: int) -> Iterator[tuple[int, Tensor]]:
        """The tensors in the knobs of driven groups from one on, each with its index."""
        for index, group_state in enumerate(self.group_states[first:], first):
            if group_state is not None and isinstance(held := self.knob.held(groups[index]), Tensor):
                yield index, held

    def note_bases(self, groups: Groups, first: int = 0) -> None:
        """Write each base as `initial_lr`, as torch's schedulers do."""
        if self.knob.path == "lr":
            for group, group_state in zip(groups[first:], self.group_states[first:], strict=True):
                if group_state is not None:
                    group["initial_lr"] = group_state.base

    def lay(self) -> None:
        """Work out what stays the same from update to update; to be called when plans, states or feedback change."""
        places: dict[tuple[Key, float], int] = {}
        self.shared_plan_of = [
            None if c is None else places.setdefault((c.key, c.joined), len(places)) for c in self.group_states
        ]
        self.bases = [None if c is None else c.base if self.scaled else 1.0 for c in self.group_states]
        bases: list[list[float]] = [[] for _ in places]
        for base, place in zip(self.bases, self.shared_plan_of, strict=True):
            if base is not None and place is not None:
                bases[place].append(base)
        self.shared_plans = [self._strand(*which, own) for which, own in zip(places, bases, strict=True)]
        self.together = len(places) == 1 and self.feedback is None
        self.base = self.bases[0] if self.together and len(set(self.bases)) == 1 else None
        self.end = min((shared_plan.end for shared_plan in self.shared_plans), default=inf)

    def _strand(self, key: Key, joined: float, bases: Sequence[float]) -> SharedPlan:
        plan = self.history.followed(key, joined)
        end = inf if plan.steps is None else joined + plan.steps
        return SharedPlan(plan, plan._scalar_fn, float(joined), min(bases), max(bases), end)

    def row(self, at: float) -> GroupValues:
        """The value of each group's knob at an index; each plan is asked once, for all groups that follow it.

        Raises:
            ValueError: a user's function gives what the knob cannot take; other plans were looked at at bind.
        """
        if self.together:
            factor = self._factor(self.shared_plans[0], at)
            return (self.bases, factor) if self.base is None else self.base * factor
        factors = [self._factor(shared_plan, at) for shared_plan in self.shared_plans]
        pairs = zip(self.bases, self.shared_plan_of, strict=True)
        values = [None if base is None or of is None else base * factors[of] for base, of in pairs]
        if (feedback := self.feedback) is not None:
            values = [None if v is None else feedback.reduced(v, index) for index, v in enumerate(values)]
        return values, 1.0

    def _factor(self, shared_plan: SharedPlan, at: float) -> float:
        factor = shared_plan.value(at - shared_plan.joined if at > shared_plan.joined else 0.0)
        for value in (shared_plan.least * factor, shared_plan.most * factor):
            if not self.low <= value < self.high:
                self.refuse(value, at)
        return factor

    def refuse(self, value: float, at: float) -> NoReturn:
        """Say that the knob cannot take a value."""
        raise ValueError(
            f"Scheduler({self.given_text}): {self.knob.path} must be {self.knob.words}, got {value:g} at update {at}"
        )

    def rounded(self, groups: Groups, row: GroupValues) -> list[float | None]:
        """The values of a row as the knobs hold them."""
        pairs = zip(groups, values_of(row, len(self.group_states)), strict=False)
        return [None if value is None else self.knob.rounded(group, value) for group, value in pairs]
