"""Values of knobs under the names that people know."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from preheat._torch.run.binding import Binding
from preheat._torch.run.knob import Groups

__all__ = ["named"]


def named(
    groups: Sequence[Groups], bindings: Sequence[Binding], rows: Sequence[Sequence[Sequence[float | None]]]
) -> dict[Any, dict[str, float]]:
    """`{group: {knob: value}}`, by the group's name where it is unique, else by its index.

    Args:
        groups: of each optimizer.
        bindings: of each optimizer.
        rows: of each optimizer, one for each of its tracks.
    """
    names = Counter(group.get("name") for own in groups for group in own)
    found: dict[Any, dict[str, float]] = {}
    for own, binding, its_rows in zip(groups, bindings, rows, strict=True):
        for track, row in zip(binding.tracks, its_rows, strict=False):
            for index, (group, value) in enumerate(zip(own, row, strict=False)):
                name = group.get("name")
                key = name if name is not None and names[name] == 1 else track.index_of(index)
                if value is not None:
                    found.setdefault(key, {})[track.knob.path] = value
    return found
