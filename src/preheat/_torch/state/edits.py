"""Edits of a running plan. Each is kept with the update at which it was made, for checkpoints to replay."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from math import ceil
from typing import NamedTuple

from preheat._analysis.sampling import contains_function
from preheat._language.parser import textless
from preheat._lengths.resolve import resolve
from preheat._nodes import after, zero_based
from preheat._plan import Plan
from preheat._saved.plan_history import Edit, Key
from preheat._torch.bind.plan_checks import examine
from preheat._torch.run.binding import CLOCKS, Binding
from preheat._torch.run.knob import Groups
from preheat._torch.run.knob_schedule import KnobSchedule

__all__ = ["EditContext", "edit", "extend", "last_used", "rollback_on_error", "seek", "settle"]


class EditContext(NamedTuple):
    """A plan that is about to be edited, and the position it has reached."""

    knob: str
    plan: Plan  # as it is followed now
    given: Plan  # as you gave it
    at: int  # the index of the coming update
    last: float  # the index that the last update used; negative before the first
    beta2: float | None  # of the optimizers, where a plan asks for it

    @property
    def value(self) -> float:
        """The value that the last update used; before the first update, the left end of the plan."""
        return self.plan(self.last) if self.last >= 0 else zero_based(self.plan)(0)


def edit(
    bindings: Sequence[Binding], groups: Sequence[Groups], knobs: Iterable[str],
    make: Callable[[EditContext], Plan | None], *, advise: bool,
) -> None:  # fmt: skip
    """Have each plan of some knobs be followed until now, and then the one that `make` gives for it, if any.

    Raises:
        ValueError: the knob is not driven; a new plan has no text, or leaves the knob's range. Nothing is changed.
    """
    settle(bindings, groups)
    with rollback_on_error(bindings):
        for binding, knob in product(bindings, knobs):
            track = _track(binding, knob)
            track.history = track.history.edited(list(_edits(binding, track, make, advise=advise)))
    for binding in bindings:
        binding.monitor.allow("ended")


def extend(bindings: Sequence[Binding], groups: Sequence[Groups], total_steps: int) -> list[str]:
    """Resolve every plan that asks for the total anew, and follow it from now on; returns the warnings to give.

    Raises:
        ValueError: none does; its parts are longer; one leaves the knob's range. Nothing is changed.
    """
    asking = [
        track.knob.path
        for track in bindings[0].tracks
        if any(plan is not None and plan.unresolved for plan in track.history.given.values())
    ]
    if not asking:
        raise ValueError(
            f'extend({total_steps}): a plan must ask for the total, with "%" or "rest"; replan takes any other'
        )
    sentences: dict[str, None] = {}

    def anew(moment: EditContext) -> Plan | None:
        if not moment.given.unresolved:
            return None
        plan = after(resolve(moment.given, total_steps=total_steps, beta2=moment.beta2), moment.at)
        sentences.update(dict.fromkeys(_seam(moment, plan, total_steps)))
        return plan

    edit(bindings, groups, asking, anew, advise=False)
    for track in (track for binding in bindings for track in binding.tracks):
        track.horizon = track.horizon._replace(total_steps=total_steps)
    return list(sentences)


def _seam(moment: EditContext, plan: Plan, total_steps: int) -> Iterator[str]:
    """The value on each side, where the plan followed so far goes on otherwise."""
    if not contains_function(moment.plan) and (was := moment.plan(moment.at)) != (now := plan(0)):
        begun = f"goes from {moment.value:g} to" if moment.last >= 0 else "is"
        yield (
            f"extend({total_steps}): at update {moment.at} the plan of {moment.knob} {begun} {now:g}, where for the "
            f"total before it has {was:g}"
        )


def _edits(
    binding: Binding, track: KnobSchedule, make: Callable[[EditContext], Plan | None], *, advise: bool
) -> Iterator[tuple[Edit, Plan]]:
    """One for each plan, and for each clock of the groups that follow it."""
    by_key = track.states_by_key()
    for key, given in track.history.given.items():
        states = [] if given is None else by_key.get(key, [])
        clocks = set() if given is None else {0, *(state.joined for state in states)}
        for offset in sorted(clocks):
            context = _context(binding, track, key, offset)
            plan = make(context)
            if plan is not None:
                _check_plan(plan)
                examine([track.probe(key, plan, states)], advise=advise)
                yield Edit(context.at, track.knob.path, key, offset, repr(plan)), plan


def _context(binding: Binding, track: KnobSchedule, key: Key, offset: float) -> EditContext:
    given = track.history.given[key]
    assert given is not None  # noqa: S101  # a group that is left alone has no clock
    at = max(ceil(binding.index - offset), 0)
    plan, beta2 = track.history.followed(key, offset), track.horizon.beta2
    return EditContext(track.knob.path, plan, given, at, last_used(binding) - offset, beta2)


def _check_plan(plan: Plan) -> None:
    """Refuse a new plan that cannot be saved."""
    if (piece := textless(plan)) is not None:
        raise ValueError(
            f"replan(plan={piece!r}): plan must have a text, for checkpoints to replay; define it in a module"
        )
    if plan.unresolved:
        raise ValueError(f"replan(plan={plan!r:.200}): plan must have its lengths in updates; resolve it before")


def last_used(binding: Binding) -> float:
    """The index whose values the last update used, or where that is not known the one before the coming one."""
    return binding.position.last if binding.position.last >= 0 else ceil(binding.index) - 1


def settle(bindings: Sequence[Binding], groups: Sequence[Groups]) -> None:
    """Have every update counted and every group known."""
    for binding, own in zip(bindings, groups, strict=True):
        binding.settle()
        binding.adopt(own, binding.index)


def _track(binding: Binding, knob: str) -> KnobSchedule:
    for track in binding.tracks:
        if track.knob.path == knob:
            return track
    driven = ", ".join(track.knob.path for track in binding.tracks)
    raise ValueError(f"Scheduler(knob={knob!r}): knob must be one that is driven: {driven}")


def seek(
    bindings: Sequence[Binding], groups: Sequence[Groups], i: float, *, sought: bool = True, who: str = ""
) -> None:
    """Stand at an index of the clock, with the values of there."""
    settle(bindings, groups)
    with rollback_on_error(bindings, who):
        for binding in bindings:
            at = {CLOCKS[binding.clock]: i}
            binding.position = binding.position._replace(**at, last=i - 1)  # type: ignore[arg-type]  # whole if need be
    for binding, own in zip(bindings, groups, strict=True):
        binding.move(own, binding.position, sought=sought)


@contextmanager
def rollback_on_error(bindings: Sequence[Binding], who: str = "") -> Iterator[None]:
    """Undo the block if it fails, or if it leads to a value that a knob cannot take; `who` begins that error.

    Positions, histories and lists of group states are replaced and not changed, so that the old ones are put back.
    """
    positions = [(binding, binding.position) for binding in bindings]
    tracks = [(track, track.history, track.group_states) for binding in bindings for track in binding.tracks]
    feedback = {id(f): (f, f.state()) for track, _, _ in tracks if (f := track.feedback) is not None}
    try:
        yield
        _check_values(bindings, who)
    except BaseException:
        for binding, position in positions:
            binding.position = position
        for track, history, group_states in tracks:
            track.history, track.group_states = history, group_states
        for plateau, state in feedback.values():
            plateau.load(state)
        for binding in bindings:
            binding.lay()
        raise


def _check_values(bindings: Sequence[Binding], who: str) -> None:
    """Have every knob's value worked out, before any is written."""
    for binding in bindings:
        binding.lay()
        for track in binding.tracks:
            try:
                track.row(binding.index)
            except ValueError as error:
                if not who:
                    raise
                raise ValueError(f"{who}(): {error}") from None
