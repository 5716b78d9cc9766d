"""States of other libraries' schedulers: their position and peaks, carried over."""

from collections.abc import Sequence
from copy import copy
from typing import Any

from torch import Tensor

from preheat._fields import short_repr
from preheat._saved.fields import RATE, STEPS, FieldReader
from preheat._torch.run.binding import Binding
from preheat._torch.run.knob import Groups
from preheat._torch.state.edits import rollback_on_error, seek, settle

__all__ = ["translated"]

_WHOSE = "the state of a Scheduler, of one of torch's or transformers' schedulers or of NoamOpt"
_COUNTS = ("last_epoch", "_step")  # where they keep their position
_DEEPEST = 8  # schedulers inside each other


def _check_known(state: Any) -> None:
    """Refuse anything but the state of a scheduler that keeps its position.

    Raises:
        TypeError: it is no dict.
        ValueError: it holds no position.
    """
    if not isinstance(state, dict):
        raise TypeError(f"load_state_dict({short_repr(state)}): state_dict must be a dict, {_WHOSE}")
    if not _is_known(state):
        inside = next((key for key, value in state.items() if isinstance(value, dict) and _is_known(value)), None)
        way = "" if inside is None else f"; give it the one at {inside!r}"
        raise ValueError(f"load_state_dict(a dict with {short_repr(list(state))}): state_dict must be {_WHOSE}{way}")


def _is_known(state: dict[str, Any]) -> bool:
    return any(key in state for key in ("preheat", "_schedulers", *_COUNTS))


def translated(bindings: Sequence[Binding], state: Any, groups: Sequence[Groups]) -> list[str]:
    """Take the position, and the peaks where the state holds them; returns what was and was not carried over.

    Raises:
        TypeError: the state is no dict, or its position or peaks are of another kind.
        ValueError: it is no state of a scheduler, or of another number of groups; they are out of their range.
    """
    _check_known(state)
    settle(bindings, groups)
    position, peaks = _position(state), _peaks(state)
    scaled = [track for binding in bindings for track in binding.tracks if track.knob.path == "lr" and track.scaled]
    count = sum(len(track.group_states) for track in scaled)
    if peaks and scaled and len(peaks) != count:
        raise ValueError(
            f"load_state_dict(base_lrs={peaks}): there must be one for each group of the optimizer, {count}"
        )
    with rollback_on_error(bindings):
        for track in scaled if peaks else ():
            track.group_states = [None if state is None else copy(state) for state in track.group_states]
        states = [state for track in scaled for state in track.group_states]
        for group_state, peak in zip(states, peaks, strict=False):
            if group_state is not None:
                group_state.base = peak
        seek(bindings, groups, position, sought=False, who="load_state_dict")
    return [_report(state, position, peaks, [state.base for state in states if state is not None])]


def _report(state: dict[str, Any], position: int, peaks: Sequence[float], bases: Sequence[float]) -> str:
    carried = f", and the peaks, {_few(peaks)}" if bases and peaks else ""
    left = ["its schedule, for the plan is the code's"]
    if bases and not peaks:
        left.append(f"peaks, which it does not hold, so the plan multiplies {_few(bases)}")
    if "best" in state:
        left.append("its best metric and its cuts")
    if "optimizer_state" in state:
        left.append("its optimizer_state, which the optimizer's own load_state_dict takes")
    start = f"load_state_dict(): the state is another scheduler's; carried over: the position, {position} of its steps"
    return f"{start}{carried}; not carried over: {'; '.join(left)}"


def _position(state: dict[str, Any]) -> int:
    """The number of its steps; where schedulers are chained, of the first."""
    inside = state
    for _ in range(_DEEPEST):
        for name in _COUNTS:
            if name in inside:
                return int(FieldReader("load_state_dict", inside).number(name, STEPS))
        inside = _chained(inside)[0]
    raise ValueError(f"load_state_dict(_schedulers): schedulers must be at most {_DEEPEST} deep inside each other")


def _chained(state: dict[str, Any]) -> list[dict[str, Any]]:
    """The states of the schedulers in one, which hold none of their own kind again."""
    reader = FieldReader("load_state_dict", state)
    rule = "a list of the states of the schedulers in it, at least one"
    inside = reader.row("_schedulers", rule)
    if not inside or not all(isinstance(one, dict) and _is_known(one) and "preheat" not in one for one in inside):
        reader.refuse("_schedulers", rule)
    return inside


def _peaks(state: dict[str, Any]) -> list[float]:
    """Its `base_lrs`, or those of the schedulers in it; not OneCycleLR's and CyclicLR's, which are their lowest lrs."""
    inside = _chained(state) if "_schedulers" in state else [state]
    if any("total_steps" in one or "max_lrs" in one for one in inside):
        return []
    held = next((one for one in inside if "base_lrs" in one), None)
    if held is None:
        return []
    rates = held["base_lrs"]
    plain = [float(rate) if isinstance(rate, Tensor) else rate for rate in rates] if isinstance(rates, list) else rates
    reader = FieldReader("load_state_dict", {"base_lrs": plain})
    return list(map(float, reader.numbers("base_lrs", RATE, f"a list of learning rates, each {RATE.words}")))


def _few(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers[:4]) + ", ..." * (len(numbers) > 4)  # noqa: PLR2004  # a line
