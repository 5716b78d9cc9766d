"""Checkpoints: what a scheduler saves, and how it takes a saved run."""

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

from preheat._saved.plan_history import Edit, PlanHistory
from preheat._saved.plans import followable
from preheat._saved.run import SavedPlan, SavedRun, run_lengths, total, unrolled
from preheat._torch.run.binding import Binding
from preheat._torch.run.knob import Groups
from preheat._torch.run.knob_schedule import GroupState, KnobSchedule
from preheat._torch.run.progress import Position
from preheat._torch.state.conflicts import BaseComparison, PlanComparison, base_reports
from preheat._torch.state.edits import last_used, rollback_on_error

__all__ = ["load", "pack"]

WHO = "load_state_dict"


def pack(bindings: Sequence[Binding], groups: Sequence[Groups]) -> SavedRun:
    """The run as it is saved: `to_dict` makes one flat dict of it with a fixed set of keys."""
    positions, rows = zip(*map(_snapshot, bindings, groups), strict=True)
    bases, values, offsets = zip(*(place for row in rows for place in row), strict=True)
    first = bindings[0]
    return SavedRun(
        clock=first.clock.name,
        updates=tuple(position.updates for position in positions),
        calls=positions[0].calls if first.clock.counts_calls else 0,  # elsewhere they tell nothing
        amount=positions[0].amount,
        last=tuple(position.last for position in positions),
        groups=tuple(len(binding.schedules[0].group_states) for binding in bindings),
        plans=tuple(plan for schedule in first.schedules for plan in _saved_plans(schedule)),
        edits=tuple(
            (number, edit._replace(key=repr(edit.key)))
            for number, binding in enumerate(bindings)
            for edit in binding.edits
        ),
        bases=run_lengths(bases),
        values=run_lengths(values),
        offsets=run_lengths(offsets),
        feedback=next((tuple(t.feedback.state()) for b in bindings for t in b.schedules if t.feedback is not None), ()),
    )


def _saved_plans(schedule: KnobSchedule) -> Iterator[SavedPlan]:
    history = schedule.history
    for key, (given, resolved) in history.texts.items():
        text = "" if history.resolved[key] is history.given[key] else resolved
        yield SavedPlan(schedule.knob.path, schedule.mode, repr(key), given, text)


def _snapshot(binding: Binding, groups: Groups) -> tuple[Position, list[tuple[float, float, float]]]:
    """The position; base, value and offset of each knob, all of one moment, also while another thread steps."""
    binding.count_pending()
    binding.add_new_groups(groups, binding.index)
    while True:
        moment = binding.moment()
        places = [
            (group_state.base, schedule.knob.read(groups[index]), group_state.offset)
            for schedule, index, group_state in _places(binding)
        ]
        if moment is not None and moment == binding.moment():
            return moment[0], places


def load(bindings: Sequence[Binding], groups: Sequence[Groups], state: dict[str, Any], on_change: str) -> list[str]:
    """Set every binding and write every knob, or change nothing; returns the warnings to give.

    Raises:
        TypeError: a field of the state is of the wrong kind.
        ValueError: one is out of its range; the state is of another format, clock, or set of groups or knobs; or
            something has changed and nothing may.
    """
    saved = SavedRun.from_dict(WHO, state)
    _check_fit(bindings, groups, saved)
    with rollback_on_error(bindings, WHO):
        for binding, updates, last in zip(bindings, saved.updates, saved.last, strict=True):
            calls = saved.calls if binding.clock.counts_calls else binding.position.calls
            binding.position = Position(updates, calls, saved.amount, last)
        sentences = [*_take_bases(bindings, saved, on_change), *_take_plans(bindings, saved, on_change)]
        sentences += _take_feedback(bindings, saved.feedback, on_change)
    for binding, own in zip(bindings, groups, strict=True):
        binding.move(own, binding.position)
    return sentences


def _check_fit(bindings: Sequence[Binding], groups: Sequence[Groups], saved: SavedRun) -> None:
    """Refuse a run of other groups, knobs or clock."""
    own = pack(bindings, groups)
    if saved.clock != own.clock:
        raise ValueError(f"{WHO}(clock={saved.clock!r}): it must be that of this Scheduler, {own.clock!r}")
    if saved.groups != own.groups:
        raise ValueError(
            f"{WHO}(groups={list(saved.groups)}): the optimizer must have as many groups, it has {list(own.groups)}"
        )
    if saved.modes != own.modes:
        raise ValueError(f"{WHO}(knobs={saved.modes}): they must be those that this Scheduler drives, {own.modes}")
    if total(saved.bases) != total(own.bases):
        raise ValueError(f"{WHO}(bases): the same groups must be left alone (None) as when the state was saved")


def _take_bases(bindings: Sequence[Binding], saved: SavedRun, on_change: str) -> list[str]:
    """Set the base of every knob, and where each group's clock began."""
    for schedule in (schedule for binding in bindings for schedule in binding.schedules):
        schedule.group_states = [None if state is None else copy(state) for state in schedule.group_states]
    compared = _compared_bases(bindings, saved)
    sentences = base_reports(compared, on_change)
    for one, offset in zip(compared, unrolled(saved.offsets), strict=True):
        if not one.changed:
            one.group_state.value_at_bind = (
                one.saved
            )  # a later load compares with the code's: what was found may be loaded
        one.group_state.base = one.saved if on_change == "checkpoint" else one.group_state.value_at_bind
        one.group_state.offset = offset
    return sentences


def _compared_bases(bindings: Sequence[Binding], saved: SavedRun) -> list[BaseComparison]:
    """The knobs of all groups, each with its saved base; a base that its knob cannot take is refused."""
    places = [(id(binding), *place) for binding in bindings for place in _places(binding)]
    rows = list(zip(places, unrolled(saved.bases), unrolled(saved.values), strict=True))
    for (_, schedule, _, _), base, _ in rows:
        if schedule.scaled and not schedule.knob.allows(base):
            raise ValueError(
                f"{WHO}(bases=[... {base!r} ...]): bases must be {schedule.knob.words} for {schedule.knob.path}"
            )
    lr = {
        (which, index): (state.initial_lr, base)
        for (which, schedule, index, state), base, _ in rows
        if schedule.knob.path == "lr"
    }
    return [
        BaseComparison(schedule, index, state, base, value, lr.get((which, index)))
        for (which, schedule, index, state), base, value in rows
    ]


def _take_plans(bindings: Sequence[Binding], saved: SavedRun, on_change: str) -> list[str]:
    """Have every knob follow its plans, with the saved edits."""
    at, sentences = bindings[0].index, []
    for schedules in zip(*(binding.schedules for binding in bindings), strict=True):
        compared = PlanComparison(schedules[0], saved)
        chosen = compared.chosen(on_change, at)
        keys = {repr(key): key for key in chosen.given}
        for number, schedule in enumerate(schedules):
            edits = [edit for which, edit in saved.edits if which == number and edit.knob == schedule.knob.path]
            schedule.history = _replayed(chosen, edits, keys) if edits else chosen
        if compared.changed:
            sentences.append(compared.report(on_change, at, last_used(bindings[0])))
    return sentences


def _replayed(history: PlanHistory, edits: Sequence[Edit], keys: dict[str, Any]) -> PlanHistory:
    pairs = []
    for edit in edits:
        plan = followable(f"{WHO}(edits)", edit.text)
        if plan is None:
            raise ValueError(f"{WHO}(edits): a saved edit must be a plan, got {edit.text}")
        pairs.append((edit._replace(key=keys[edit.key]), plan))
    return history.edited(pairs)


def _take_feedback(bindings: Sequence[Binding], state: tuple[float, ...], on_change: str) -> list[str]:
    """Set the Plateau, if there is one, to what it had seen."""
    plateau = next((schedule.feedback for schedule in bindings[0].schedules if schedule.feedback is not None), None)
    if plateau is not None:
        plateau.load(state)
    if bool(state) == (plateau is not None):
        return []
    had, has = ("a Plateau", "none") if state else ("no Plateau", "one")
    change = f"load_state_dict(): the saved run had {had} and this one has {has}"
    if on_change == "error":
        raise ValueError(f'{change}; feedback must be as it was (on_change="error")')
    return [f"{change}, so the lr is {'without its cuts' if state else 'as if no metric had been seen'}"]


def _places(binding: Binding) -> Iterator[tuple[KnobSchedule, int, GroupState]]:
    """Every knob that is driven, with the index of its group."""
    for schedule in binding.schedules:
        for index, group_state in enumerate(schedule.group_states):
            if group_state is not None:
                yield schedule, index, group_state
