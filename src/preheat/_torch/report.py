"""What a Scheduler shows of its bindings."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from preheat._torch.run.binding import Binding
from preheat._torch.run.knob import Groups

__all__ = ["base_lrs", "named"]


def named(
    groups: Sequence[Groups], bindings: Sequence[Binding], rows: Sequence[Sequence[Sequence[float | None]]]
) -> dict[Any, dict[str, float]]:
    """`{group: {knob: value}}`, by the group's name where it is unique, else by its index.

    Args:
        groups: of each optimizer.
        bindings: of each optimizer.
        rows: of each optimizer, one for each of its schedules.
    """
    names = Counter(group.get("name") for own in groups for group in own)
    found: dict[Any, dict[str, float]] = {}
    for own, binding, its_rows in zip(groups, bindings, rows, strict=True):
        for schedule, row in zip(binding.schedules, its_rows, strict=False):
            for index, (group, value) in enumerate(zip(own, row, strict=False)):
                name = group.get("name")
                key = name if name is not None and names[name] == 1 else schedule.index_of(index)
                if value is not None:
                    found.setdefault(key, {})[schedule.knob.path] = value
    return found


def base_lrs(groups: Sequence[Groups], bindings: Sequence[Binding]) -> tuple[float, ...]:
    """The lr of each group that the plan multiplies; the lr now of a group that no plan drives."""
    bases = []
    for own, binding in zip(groups, bindings, strict=True):
        group_states = next((schedule.group_states for schedule in binding.schedules if schedule.knob.path == "lr"), [])
        for index, group in enumerate(own):
            group_state = group_states[index] if index < len(group_states) else None
            bases.append(float(group["lr"]) if group_state is None else group_state.base)
    return tuple(bases)
