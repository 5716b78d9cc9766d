"""Batches drawn once, in order, and given again to every trial."""

from collections.abc import Iterable, Iterator
from typing import Any

from preheat._finder._state import random_numbers

__all__ = ["Batches"]


class Batches:
    """The batches of a source, by number; each is drawn once, when first asked for, and held.

    The source draws from a stream of random numbers of its own, so that a trial that draws and one that does not are
    the same to the model. When the source ends it is begun again.
    """

    def __init__(self, who: str, source: Iterable[Any], devices: set[str]) -> None:
        if not isinstance(source, Iterable) or isinstance(source, Iterator):
            raise TypeError(
                f"{who}(batches={type(source).__name__}): batches must be an iterable that can be begun again, such as "
                "a DataLoader or a list; what is drawn from an iterator would be lost to the run"
            )
        self._who, self._source, self._devices = who, source, devices
        self._held: list[Any] = []
        self._stream = random_numbers(devices)
        self._iterator: Iterator[Any] = iter(())

    def __getitem__(self, number: int) -> Any:
        """The batch of that number, from 0.

        Raises:
            ValueError: the source has none.
        """
        if number >= len(self._held):
            back = random_numbers(self._devices)
            self._stream()
            while number >= len(self._held):
                self._held.append(self._next())
            self._stream = random_numbers(self._devices)
            back()
        return self._held[number]

    def _next(self) -> Any:
        missing = object()
        batch = next(self._iterator, missing)
        if batch is missing:
            self._iterator = iter(self._source)
            batch = next(self._iterator, missing)
        if batch is missing:
            raise ValueError(f"{self._who}(batches={type(self._source).__name__}): batches must hold at least one")
        return batch
