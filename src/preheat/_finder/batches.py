"""Batches drawn once, in order, and used again by every trial."""

from collections.abc import Iterable, Iterator
from typing import Any

from preheat._finder.snapshot import random_numbers

__all__ = ["Batches"]


class Batches:
    """The batches of a source by index; each is drawn on first use and kept in memory.

    The source has its own stream of random numbers, so that the model's are the same whether a trial draws new batches
    or uses drawn ones. A source that ends is iterated again.
    """

    def __init__(self, who: str, source: Iterable[Any], devices: set[str]) -> None:
        if not isinstance(source, Iterable) or isinstance(source, Iterator):
            raise TypeError(
                f"{who}(batches={type(source).__name__}): batches must be an iterable that can be begun again, such as "
                "a DataLoader or a list; what is drawn from an iterator would be lost to the run"
            )
        self._who, self._source, self._devices = who, source, devices
        self._drawn: list[Any] = []
        self._resume_stream = random_numbers(devices)  # where the source stopped drawing
        self._iterator: Iterator[Any] = iter(())

    def __getitem__(self, index: int) -> Any:
        """The batch at that index, from 0.

        Raises:
            ValueError: the source has none.
        """
        if index >= len(self._drawn):
            restore_model_stream = random_numbers(self._devices)
            self._resume_stream()
            while index >= len(self._drawn):
                self._drawn.append(self._next())
            self._resume_stream = random_numbers(self._devices)
            restore_model_stream()
        return self._drawn[index]

    def _next(self) -> Any:
        missing = object()
        batch = next(self._iterator, missing)
        if batch is missing:
            self._iterator = iter(self._source)
            batch = next(self._iterator, missing)
        if batch is missing:
            raise ValueError(f"{self._who}(batches={type(self._source).__name__}): batches must hold at least one")
        return batch
