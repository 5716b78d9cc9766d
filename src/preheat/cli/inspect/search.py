"""The states of schedulers in what a file holds, wherever they lie."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from preheat._fields import short_repr
from preheat.cli.inspect import others, own
from preheat.cli.inspect.status import RunStatus, Surroundings

__all__ = ["FoundState", "found_in"]

DEEPEST = 12  # levels of a checkpoint that are looked through
LONGEST = 1_000  # of a list; longer ones hold no schedulers

Reader = Callable[[Mapping[str, Any], Surroundings], RunStatus]


class FoundState(NamedTuple):
    """A state, where in the file it lies, and how it is read."""

    where: str
    state: Mapping[str, Any]
    around: Surroundings
    reader: Reader

    def read(self) -> RunStatus:
        """Where it stands, and what it follows."""
        return self.reader(self.state, self.around)


def found_in(held: Any) -> list[FoundState]:
    """The states of schedulers anywhere in what a file holds."""
    search = _Search()
    search.through(held, "", {}, 0)
    return search.states


class _Search:
    """A walk through what a file holds, which enters again what it has seen only from a higher level."""

    def __init__(self) -> None:
        self.states: list[FoundState] = []
        self.groups: list[list[Mapping[str, Any]]] = []
        self.depths: dict[int, int] = {}  # at which each dict and list was seen, by its id: all of them stay alive

    def through(self, held: Any, where: str, siblings: Mapping[Any, Any], depth: int) -> None:
        """Note the states and the optimizers' groups in it, and in what it holds."""
        if not isinstance(held, Mapping | list | tuple) or self.depths.get(id(held), DEEPEST + 1) <= depth:
            return
        first = id(held) not in self.depths
        self.depths[id(held)] = depth
        if not isinstance(held, Mapping):
            for index, inside in enumerate(held if len(held) <= LONGEST else ()):
                self.through(inside, f"{where}[{index}]", siblings, depth + 1)
        elif "param_groups" in held:
            if first:
                self._note_groups(held["param_groups"])
        elif (reader := _reader_of(held)) is not None:
            if first:
                self.states.append(FoundState(where, held, Surroundings(self.groups, siblings), reader))
        else:
            for key, inside in held.items():
                name = key if isinstance(key, str) else short_repr(key)
                self.through(inside, f"{where}.{name}".lstrip("."), held, depth + 1)

    def _note_groups(self, groups: Any) -> None:
        if isinstance(groups, list | tuple) and all(isinstance(group, Mapping) for group in groups):
            self.groups.append(list(groups))


def _reader_of(state: Mapping[Any, Any]) -> Reader | None:
    """The function that reads a state; None if it is none."""
    keys = state.keys()
    if {"preheat", "knobs", "plans"} <= keys:
        return own.read
    if {"_step", "warmup", "model_size"} <= keys:
        return others.noam_opt
    if {"lr_decay_style", "num_steps", "max_lr"} <= keys:
        return others.megatron
    if {"base_values", "t_in_epochs"} <= keys:
        return others.timm
    if "_schedulers" in keys or ("last_epoch" in keys and keys & {"_step_count", "_last_lr", "base_lrs"}):
        return others.torch
    return others.deepspeed if "last_batch_iteration" in keys else None
