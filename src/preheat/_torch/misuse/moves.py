"""Whether parameters move between calls: told by a few of their values, for not every write counts as a version."""

from collections.abc import Sequence
from weakref import ref

import torch
from torch import Tensor
from torch.optim import Optimizer

from preheat._torch.run.dtensor import local

__all__ = ["Moves", "telling"]

PARAMETERS, VALUES = 4, 16  # that are looked at, and of each
APART = 4  # looks between two comparisons on a device: each one waits for it


class Moves:
    """How often some parameters have got values that they had never had before.

    A return to earlier values is no training: averaged weights are swapped in and out again.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.parameters = [ref(parameter) for parameter in parameters]
        self.waits = not all(parameter.is_cpu for parameter in parameters)
        self.known = [self._values()]  # the latest ones last
        self.pending: list[list[Tensor]] = []
        self.in_a_row = 0
        self.in_all = 0

    @property
    def seen(self) -> bool:
        """Whether there was a move."""
        return self.in_all > 0

    def look(self, *, now: bool) -> None:
        """Take the values of this call; on a device they are compared at one call of several, or now."""
        self.pending.append(self._values())
        if now or not self.waits or len(self.pending) >= APART:
            for values in self.pending:
                self._compare(values)
            self.pending = []

    def _compare(self, values: list[Tensor]) -> None:
        if _equal(values, self.known[-1]):
            self.in_a_row = 0
            return
        back = next((known for known in self.known if _equal(values, known)), None)
        if back is None:
            self.in_a_row, self.in_all = self.in_a_row + 1, self.in_all + 1
        else:
            self.in_a_row = 0
        self.known = [*self.known[-8:], values if back is None else back]

    def _values(self) -> list[Tensor]:
        return [_some_of(parameter) for one in self.parameters if (parameter := one()) is not None]


def telling(optimizer: Optimizer) -> list[Tensor]:
    """Some parameters whose values and gradients tell whether all are trained: those that have been, if any has."""
    every = [p for group in optimizer.param_groups for p in group["params"] if not p.is_meta and local(p).numel()]
    learning = [p for p in every if p.requires_grad]
    trained = [p for p in learning if p.grad is not None] or [p for p in learning if optimizer.state.get(p)]
    found = trained or learning or every
    return (
        [found[k * (len(found) - 1) // (PARAMETERS - 1)] for k in range(PARAMETERS)]
        if len(found) > PARAMETERS
        else found
    )


def _some_of(parameter: Tensor) -> Tensor:
    values = local(parameter.detach()).reshape(-1)
    return values[:: -(-len(values) // VALUES)].nan_to_num()


def _equal(one: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    return len(one) == len(other) and all(map(torch.equal, one, other))
