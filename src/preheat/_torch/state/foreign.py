"""States of other schedulers: what of them a `Scheduler` can go on with."""

from collections.abc import Sequence
from typing import Any

from preheat._fields import short_repr
from preheat._torch.run.binding import Binding
from preheat._torch.run.knob import Groups
from preheat._torch.state.edits import rollback_on_error, seek, settle

__all__ = ["is_foreign", "translated"]

_WHOSE = "the state of a Scheduler, of one of torch's or transformers' schedulers or of NoamOpt"
_POSITIONS = ("last_epoch", "_step", "_schedulers")  # where they keep it


def is_foreign(state: Any) -> bool:
    """Whether a state is not ours but one that can be translated.

    Raises:
        TypeError: it is no dict.
        ValueError: it is neither.
    """
    if not isinstance(state, dict):
        raise TypeError(f"load_state_dict({short_repr(state)}): state_dict must be a dict, {_WHOSE}")
    if not _is_known(state):
        inside = next((key for key, value in state.items() if isinstance(value, dict) and _is_known(value)), None)
        way = "" if inside is None else f"; give it the one at {inside!r}"
        raise ValueError(f"load_state_dict(a dict with {short_repr(list(state))}): state_dict must be {_WHOSE}{way}")
    return "preheat" not in state


def _is_known(state: dict[str, Any]) -> bool:
    return any(key in state for key in ("preheat", *_POSITIONS))


def translated(bindings: Sequence[Binding], state: dict[str, Any], groups: Sequence[Groups]) -> list[str]:
    """Take the position, and the peaks where the state holds them; returns what was and was not carried over.

    Raises:
        ValueError: the state is of another number of groups.
    """
    settle(bindings, groups)
    position, peaks = _position(state), _peaks(state)
    group_states = [
        group_state
        for b in bindings
        for t in b.tracks
        if t.knob.path == "lr" and t.scaled
        for group_state in t.group_states
    ]
    if peaks and group_states and len(peaks) != len(group_states):
        raise ValueError(
            f"load_state_dict(base_lrs={peaks}): there must be one for each group of the optimizer, {len(group_states)}"
        )
    with rollback_on_error(bindings):
        for group_state, peak in zip(group_states, peaks, strict=False):
            if group_state is not None:
                group_state.base = peak
        seek(bindings, groups, position, sought=False)
    carried = f", and the peaks, {_few(peaks)}" if group_states and peaks else ""
    bases = _few([group_state.base for group_state in group_states if group_state is not None])
    left = ["its schedule, for the plan is the code's"]
    if group_states and not peaks:
        left.append(f"peaks, which it does not hold, so the plan multiplies {bases}")
    if "best" in state:
        left.append("its best metric and its cuts")
    if "optimizer_state" in state:
        left.append("its optimizer_state, which the optimizer's own load_state_dict takes")
    told = f"load_state_dict(): the state is another scheduler's; carried over: the position, {position} of its steps"
    return [f"{told}{carried}; not carried over: {'; '.join(left)}"]


def _position(state: dict[str, Any]) -> int:
    """The number of its steps; where schedulers are chained, of the first."""
    held = next(state[key] for key in _POSITIONS if key in state)
    return _position(held[0]) if isinstance(held, list) else int(held)


def _peaks(state: dict[str, Any]) -> list[float]:
    """Its `base_lrs`, or those of the schedulers in it; not OneCycleLR's and CyclicLR's, which are their lowest lrs."""
    inside = state.get("_schedulers", [state])
    if any("total_steps" in one or "max_lrs" in one for one in inside):
        return []
    return next((list(map(float, one["base_lrs"])) for one in inside if "base_lrs" in one), [])


def _few(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers[:4]) + ", ..." * (len(numbers) > 4)  # noqa: PLR2004  # a line
