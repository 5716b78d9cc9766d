"""Calls of `step()` in a row that found no new update: counted here, looked into elsewhere."""

from sys import maxsize
from typing import Any

__all__ = ["IdleCalls"]

FEW, MANY = 4, 64  # calls in a row that are worth a look, at first and at most


class IdleCalls:
    """How many calls in a row have found no new update. A usual step never comes here.

    Accumulation over `n` micro-batches is idle for `n - 1` calls by design. So each look that ends with an update
    doubles the patience, and the next ones stay on the fast path.
    """

    __slots__ = ("began", "calls", "limit", "patience", "updates", "watch")

    def __init__(self) -> None:
        self.updates = -1  # counted when the row began; -1 where there is no row
        self.began = 0  # calls made before the row
        self.calls = 0  # in the row, as last counted; positive wherever there is a watch
        self.patience = FEW
        self.limit = FEW  # the length from which each call of this row is looked into
        self.watch: Any = None  # what has hooks on parameters and optimizers meanwhile

    def few(self, updates: int, calls: int) -> bool:
        """Whether the row that this call belongs to is too short to look into.

        Args:
            updates: counted so far.
            calls: made so far, without this one.
        """
        if updates != self.updates:
            self.updates, self.began, self.limit = updates, calls, self.patience
        self.calls = calls + 1 - self.began
        return self.calls < self.limit

    def update_seen(self) -> None:
        """An optimizer's hook has seen an update: the row is over, and was nothing to speak of."""
        if self.watch is not None:
            self.patience = min(2 * self.patience, MANY)
        self.reset()

    def settle(self) -> None:
        """Look no further into this row."""
        self.stop()
        self.limit = maxsize

    def reset(self) -> None:
        """Begin anew: the position was moved, or the binding closed."""
        self.stop()
        self.updates, self.calls = -1, 0

    def stop(self) -> None:
        """Remove what watches."""
        watch, self.watch = self.watch, None
        if watch is not None:
            watch.close()
