"""How many updates a run has, and how that came about."""

from typing import Annotated, Any, Self

from preheat._fields import Count, Field, Flag, checked, require

__all__ = ["RunLength", "steps_for"]


def _batches(loader: Any) -> int:
    """How many batches a loader gives in an epoch; a stream does not know."""
    try:
        return len(loader)
    except TypeError:
        raise TypeError from None


Loader = Annotated[Any, Field("a loader of batches that has a length; give n_samples and batch_size", _batches)]


class RunLength(int):
    """A number of updates, printed with the arithmetic that it comes from; in every other way a whole number."""

    arithmetic: str

    def __new__(cls, updates: int, arithmetic: str) -> Self:
        self = super().__new__(cls, updates)
        self.arithmetic = arithmetic
        return self

    def __repr__(self) -> str:
        return self.arithmetic

    __str__ = __repr__

    def __format__(self, form: str) -> str:
        return format(int(self), form)

    def __reduce__(self) -> tuple[type["RunLength"], tuple[int, str]]:
        return RunLength, (int(self), self.arithmetic)


@checked
def steps_for(  # noqa: PLR0913  # what a run is made of
    *, n_samples: Count | None = None, loader: Loader = None, epochs: Count = 1, batch_size: Count | None = None,
    accumulation: Count = 1, processes: Count = 1, drop_last: Flag = False,
) -> RunLength:  # fmt: skip
    """The number of updates of a run, which prints the arithmetic that it comes from.

    Batches are counted as `DataLoader`, `DistributedSampler` and Accelerate count them: a last batch that is not full
    counts unless `drop_last`, and every process has as many. Micro-batches that are left over at the end of an epoch
    make an update of their own, as with Accelerate and transformers; a loop that skips them makes fewer.

    >>> steps_for(n_samples=50_000, batch_size=32, processes=8, accumulation=4, epochs=30)
    1470 updates = 30 epochs * 49, 49 = ceil(196 batches / 4), 196 = ceil(50000 samples / (32 * 8 processes))
    >>> steps_for(loader=range(391), epochs=90) + 0
    35190

    Args:
        n_samples: samples in an epoch, over all processes.
        loader: instead of the samples and their batches, what gives the batches of one process; has a length.
        epochs: how often they are gone through.
        batch_size: samples in a micro-batch of one process.
        accumulation: micro-batches in one update.
        processes: how many processes share the samples.
        drop_last: whether a last batch that is not full is left out.

    Raises:
        ValueError: both or neither of `n_samples` and `loader` are given, or what the loader knows; there is no batch.
        TypeError: the loader has no length, or a number is not whole.
    """
    require((n_samples is None) != (loader is None), "one of n_samples and loader must be given")
    said = []
    if n_samples is None:
        known = batch_size is None and processes == 1 and not drop_last
        require(known, "batch_size, processes and drop_last must be left out; loader has them")
        batches = loader
    else:
        require(batch_size is not None, "batch_size must be given with n_samples")
        batches = _divided(n_samples, (batch_size or 1) * processes, up=not drop_last)
        per = batch_size if processes == 1 else f"({batch_size} * {processes} processes)"
        said = [f"{batches} = {'floor' if drop_last else 'ceil'}({n_samples} samples / {per})"]
    require(batches > 0, "there must be one batch or more")
    updates = _divided(batches, accumulation, up=True)
    if accumulation > 1:
        said.insert(0, f"{updates} = ceil({batches} batches / {accumulation})")
    return RunLength(epochs * updates, ", ".join([f"{epochs * updates} updates = {epochs} epochs * {updates}", *said]))


def _divided(n: int, by: int, *, up: bool) -> int:
    return -(-n // by) if up else n // by
