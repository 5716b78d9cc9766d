"""Checkpoints: what a scheduler saves, and what it makes of a saved state."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple, NoReturn

from preheat._torch.run.binding import Binding
from preheat._torch.run.knob import Groups
from preheat._torch.run.knob_schedule import Edit, GroupState, KnobSchedule
from preheat._torch.run.progress import Position
from preheat._torch.state.conflicts import Found, Plans, changes_told, text_of
from preheat._torch.state.edits import last_used, replay, rollback_on_error

__all__ = ["load", "pack"]

FORMAT = 1


def pack(bindings: Sequence[Binding], groups: Sequence[Groups]) -> dict[str, Any]:
    """One flat dict with a fixed set of keys; what varies in length is one list."""
    positions, rows = zip(*map(_snapshot, bindings, groups), strict=True)
    places = [place for row in rows for place in row]
    plans = [(track, key, bound) for track in bindings[0].tracks for key, bound in track.bound.items()]
    edits = [(number, edit) for number, binding in enumerate(bindings) for edit in binding.edits]
    return {
        "preheat": FORMAT,
        "clock": bindings[0].clock.name,
        "updates": [position.updates for position in positions],
        "calls": positions[0].calls if bindings[0].clock.counts_calls else 0,  # else no part of where it stands
        "amount": positions[0].amount,
        "last": [position.last for position in positions],
        "groups": [len(binding.tracks[0].group_states) for binding in bindings],
        "knobs": [track.knob.path for track, _, _ in plans],
        "modes": [track.mode for track, _, _ in plans],
        "keys": [repr(key) for _, key, _ in plans],
        "plans": [text_of(bound and bound.given) for _, _, bound in plans],
        "resolved": ["" if b is None or b.resolved is b.given else text_of(b.resolved) for _, _, b in plans],
        "edits": [x for number, edit in edits for x in (number, *edit._replace(key=repr(edit.key)))],
        "bases": _runs(base for base, _, _ in places),
        "values": _runs(value for _, value, _ in places),
        "joined": _runs(joined for _, _, joined in places),
        "feedback": next((t.feedback.state() for b in bindings for t in b.tracks if t.feedback is not None), []),
    }


def _snapshot(binding: Binding, groups: Groups) -> tuple[Position, list[tuple[float, float, float]]]:
    """The position; base, value and beginning of each knob, all of one moment, also while another thread steps."""
    binding.settle()
    binding.adopt(groups, binding.index)
    while True:
        moment = binding.moment()
        places = [
            (group_state.base, track.knob.read(groups[index]), group_state.joined)
            for track, index, group_state in _places(binding)
        ]
        if moment is not None and moment == binding.moment():
            return moment[0], places


class _Saved(NamedTuple):
    """What a state says of one knob of one group."""

    base: float
    value: float
    joined: float


def load(bindings: Sequence[Binding], groups: Sequence[Groups], state: dict[str, Any], on_change: str) -> list[str]:
    """Set every binding and write every knob, or do nothing; returns what is to be said.

    Raises:
        ValueError: the state is of another format, clock, or set of groups or knobs, or something has changed and
            nothing may.
    """
    _check(pack(bindings, groups), state)
    with rollback_on_error(bindings):
        for binding, updates, last in zip(bindings, state["updates"], state["last"], strict=True):
            calls = state["calls"] if binding.clock.counts_calls else binding.position.calls
            binding.position = Position(updates, calls, state["amount"], last)
        sentences = [*_take_bases(bindings, state, on_change), *_take_plans(bindings, state, on_change)]
        sentences += _take_feedback(bindings, state["feedback"], on_change)
    for binding, own in zip(bindings, groups, strict=True):
        binding.move(own, binding.position)
    return sentences


def _check(own: dict[str, Any], state: dict[str, Any]) -> None:
    """Refuse a state of another format, or of other groups, knobs or clock than `own`."""
    if state["preheat"] != FORMAT:
        _refuse(f"preheat={state['preheat']!r}", f"the format must be {FORMAT}; a later release made it")
    if missing := own.keys() - state.keys():
        _refuse(f"state_dict without {min(missing)!r}", "it must be whole, as state_dict() returned it")
    if state["clock"] != own["clock"]:
        _refuse(f"clock={state['clock']!r}", f"it must be that of this Scheduler, {own['clock']!r}")
    if state["groups"] != own["groups"]:
        _refuse(f"groups={state['groups']}", f"the optimizer must have as many groups, it has {own['groups']}")
    saved, driven = (sorted({*zip(one["knobs"], one["modes"], strict=True)}) for one in (state, own))
    if saved != driven:
        _refuse(f"knobs={saved}", f"they must be those that this Scheduler drives, {driven}")
    if sum(state["bases"][1::2]) != sum(own["bases"][1::2]):
        _refuse("bases", "the same groups must be left alone (None) as when the state was saved")


def _refuse(got: str, rule: str) -> NoReturn:
    raise ValueError(f"load_state_dict({got}): {rule}")


def _take_bases(bindings: Sequence[Binding], state: dict[str, Any], on_change: str) -> list[str]:
    """Set the base of every knob, and where each group's clock began."""
    places = [(binding, *place) for binding in bindings for place in _places(binding)]
    rows = zip(*(_unrolled(state[name]) for name in ("bases", "values", "joined")), strict=True)
    saved = [_Saved(*row) for row in rows]
    lr = {
        (id(binding), index): (group_state.initial, one.base)
        for (binding, track, index, group_state), one in zip(places, saved, strict=True)
        if track.knob.path == "lr"
    }
    found = [
        Found(track, index, group_state, one.base, one.value, lr.get((id(binding), index)))
        for (binding, track, index, group_state), one in zip(places, saved, strict=True)
    ]
    sentences = changes_told(found, on_change)
    for one, (_, _, joined) in zip(found, saved, strict=True):
        if not one.changed:
            one.group_state.found = one.saved  # from here on the code's: what was found may have been loaded
        one.group_state.base = one.saved if on_change == "checkpoint" else one.group_state.found
        one.group_state.joined = joined
    return sentences


def _take_plans(bindings: Sequence[Binding], state: dict[str, Any], on_change: str) -> list[str]:
    """Have every track follow its plans, and the saved edits of them."""
    rows = [(row[0], Edit(*row[1:])) for row in _grouped(state["edits"], len(Edit._fields) + 1)]
    texts = list(zip(state["knobs"], state["keys"], state["plans"], state["resolved"], strict=True))
    at = bindings[0].index
    both = []
    for tracks in zip(*(binding.tracks for binding in bindings), strict=True):
        path = tracks[0].knob.path
        saved = {key: (given, resolved or given) for knob, key, given, resolved in texts if knob == path}
        both.append(Plans(tracks[0], saved, [edit for _, edit in rows]))
        for track in tracks:
            track.bound = both[-1].chosen(on_change, at)
    for number, binding in enumerate(bindings):
        keys = {(track.knob.path, repr(key)): key for track in binding.tracks for key in track.bound}
        binding.edits = [edit._replace(key=keys[edit.knob, edit.key]) for which, edit in rows if which == number]
        for track in binding.tracks:
            replay(track, binding.edits)
    return [plans.told(on_change, at, last_used(bindings[0])) for plans in both if plans.changed]


def _take_feedback(bindings: Sequence[Binding], state: list[float], on_change: str) -> list[str]:
    """Set the Plateau, if there is one, to what it had seen."""
    plateau = next((track.feedback for track in bindings[0].tracks if track.feedback is not None), None)
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
    for track in binding.tracks:
        for index, group_state in enumerate(track.group_states):
            if group_state is not None:
                yield track, index, group_state


def _grouped(flat: Sequence[Any], n: int) -> Iterator[tuple[Any, ...]]:
    return (tuple(flat[k : k + n]) for k in range(0, len(flat), n))


def _runs(values: Iterable[float]) -> list[float]:
    """Value, count, value, count, ...: a thousand groups with one base take two numbers."""
    return [x for value, run in groupby(values) for x in (value, len(list(run)))]


def _unrolled(runs: Sequence[float]) -> Iterator[float]:
    for value, count in _grouped(runs, 2):
        yield from [value] * int(count)
