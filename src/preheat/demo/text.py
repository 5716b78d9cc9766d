"""The text to learn: the sources of Python's standard library, which every machine has."""

import math
import sys
import sysconfig
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from preheat.demo.settings import LENGTH

__all__ = ["Text", "library_text"]

HELD_OUT = 10  # every tenth file is kept from training


class Text(NamedTuple):
    """The bytes to train on, and those held out for the final loss."""

    train: bytes
    held_out: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of all bytes."""
        return sha256(self.train + self.held_out).hexdigest()

    def entropy(self) -> float:
        """The loss of a model that knows how often each byte occurs and nothing else, in nats per byte.

        >>> round(Text(b"abab", b"ba").entropy() / math.log(2), 3)
        1.0
        """
        counts = Counter(self.train + self.held_out).values()
        size = sum(counts)
        return -sum(count / size * math.log(count / size) for count in counts)


def library_text() -> Text:
    """The top-level modules of the standard library, in alphabetical order.

    Raises:
        ValueError: this Python came without its sources.
    """
    folder = Path(sysconfig.get_path("stdlib"))
    # Only modules that Python itself names: other files in the folder differ from machine to machine.
    paths = [path for path in folder.glob("*.py") if path.stem in sys.stdlib_module_names]
    sources = [path.read_bytes() for path in sorted(paths, key=lambda path: path.name)]
    held_out = b"".join(sources[HELD_OUT - 1 :: HELD_OUT])
    if len(held_out) <= LENGTH:
        raise ValueError(f"demo(text={str(folder)!r}): the folder must hold the sources of Python's standard library")
    return Text(b"".join(source for i, source in enumerate(sources, start=1) if i % HELD_OUT), held_out)
