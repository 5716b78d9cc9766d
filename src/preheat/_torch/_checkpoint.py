"""Checkpoints: what a scheduler saves, and what it makes of a saved state."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from preheat._plan import Plan
from preheat._text import textless
from preheat._torch._binding import Binding, Groups, Position, Track
from preheat._torch._knob import read

__all__ = ["pack", "unpack"]

FORMAT = 1
_WITHOUT_TEXT = "  # a function without a text: its position is saved, the function is not"


def pack(binding: Binding, groups: Groups) -> dict[str, Any]:
    """One flat dict with a fixed set of keys; what varies in length is one list."""
    position = binding.position
    tracks = binding.tracks
    return {
        "preheat": FORMAT,
        "clock": binding.clock,
        "updates": position.updates,
        "calls": position.calls,
        "groups": len(groups),
        "knobs": [track.knob for track in tracks],
        "modes": [_mode(track) for track in tracks],
        "plans": [_text(track.plan) for track in tracks],
        "bases": _runs(cell.base for track in tracks for cell in track.cells),
        "values": _runs(read(group, track.knob) for track in tracks for group in groups[: len(track.cells)]),
    }


def unpack(binding: Binding, state: dict[str, Any], groups: Groups) -> list[str]:
    """Set the binding to a saved state and write every knob; returns what is to be said."""
    for track in binding.tracks:
        track.adopt(groups)
    _check(binding, state, len(groups))
    bases, values = list(_unrolled(state["bases"])), list(_unrolled(state["values"]))
    cells = [(track, cell) for track in binding.tracks for cell in track.cells]
    for (track, cell), base, recorded in zip(cells, bases, values, strict=True):
        if track.scaled:
            cell.base = _base(cell.found, cell.initial, base, recorded)
    binding.position = Position(updates=state["updates"], calls=state["calls"])
    binding.show(groups, binding.index)
    return [
        sentence
        for track, saved in zip(binding.tracks, state["plans"], strict=True)
        for sentence in _seam(track.plan, saved, binding.index)
    ]


def _base(found: float, initial: float | None, saved: float, recorded: float) -> float:
    """The base to go on with: the saved one, unless the code has set another since.

    A found value that equals the recorded one was loaded with the optimizer; but where the group bears no
    `initial_lr` it never was loaded, and the value is the code's.
    """
    loaded = found == recorded and initial is not None
    return saved if found == saved or loaded else found


def _check(binding: Binding, state: dict[str, Any], groups: int) -> None:
    if not isinstance(state, dict) or state.get("preheat") != FORMAT:
        keys = ", ".join(map(str, state)) if isinstance(state, dict) else type(state).__name__
        message = f"load_state_dict(state_dict): it must be a state of preheat's Scheduler, got one of {keys:.100}"
        raise ValueError(message)
    if state["groups"] != groups:
        message = f"load_state_dict(groups={state['groups']}): the optimizer must have as many groups, it has {groups}"
        raise ValueError(message)
    knobs, modes = [track.knob for track in binding.tracks], [_mode(track) for track in binding.tracks]
    if (state["knobs"], state["modes"]) != (knobs, modes):
        message = (
            f"load_state_dict(knobs={state['knobs']}, modes={state['modes']}): "
            f"they must be those of this Scheduler, {knobs}, {modes}"
        )
        raise ValueError(message)


def _mode(track: Track) -> str:
    return "scale" if track.scaled else "values"


def _text(plan: Plan) -> str:
    return repr(plan) + _WITHOUT_TEXT * (textless(plan) is not None)


def _seam(plan: Plan, saved: str, at: float) -> Iterator[str]:
    if saved != _text(plan):
        yield (
            f"load_state_dict(): the plan has changed; from update {at:g} on the code's {plan!r:.200} is followed, "
            f"value {plan(at):g}, not the saved {saved:.200}"
        )


def _runs(values: Iterable[float]) -> list[float]:
    """Value, count, value, count, ...: a thousand groups with one base take two numbers."""
    return [x for value, run in groupby(values) for x in (value, len(list(run)))]


def _unrolled(runs: list[float]) -> Iterator[float]:
    for value, count in zip(runs[::2], runs[1::2], strict=True):
        yield from [value] * int(count)
