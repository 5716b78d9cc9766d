"""What a scheduler does from now on, written into tables."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from preheat._nodes import table
from preheat._plan import Plan, constant
from preheat._torch.migrate.reading import Part
from preheat._torch.migrate.simulate import ahead
from preheat._torch.run.knob import Knob

__all__ = ["LISTED", "sampled"]

LISTED = 2**18  # values in a table: it has to be read as text again
_TWINS = tuple(map(Knob, ("momentum", "betas[0]")))  # what a schedule of the lr may move beside it


def sampled(scheduler: Any, position: int, total: int) -> tuple[list[Part], dict[str, list[Plan]]]:
    """For each group the part it follows up to update `total`; and the plans of another knob that moves."""
    seen = [[dict(group) for group in groups] for groups in islice(ahead(scheduler, position), total - position)]
    parts = []
    for lrs, group in zip(_columns(Knob("lr"), seen), seen[0], strict=True):
        base = float(group.get("initial_lr", 0)) or max(lrs) or 1.0
        parts.append(Part(_listed([lr / base for lr in lrs], position), base))
    return parts, {path: [_listed(column, position) for column in columns] for path, columns in _moving(seen)}


def _columns(knob: Knob, seen: Sequence[Sequence[dict[str, Any]]]) -> list[list[float]]:
    """The values of a knob, group by group."""
    return [[knob.read(group) for group in of_one] for of_one in zip(*seen, strict=True)]


def _moving(seen: Sequence[Sequence[dict[str, Any]]]) -> Iterator[tuple[str, list[list[float]]]]:
    for knob in _TWINS:
        columns = _columns(knob, seen) if all(knob.key in group for group in seen[0]) else []
        if any(len(set(column)) > 1 for column in columns):
            yield knob.path, columns


def _listed(values: Sequence[float], position: int) -> Plan:
    """The values from a position on; before it the first of them."""
    listed = table(tuple(values))
    return constant(values[0], steps=position) >> listed if position else listed
