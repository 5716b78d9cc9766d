"""The text to learn: the sources of Python's standard library, which every machine has."""

import math
import sys
import sysconfig
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from preheat.demo._settings import LENGTH

HELD_OUT = 10  # every tenth file is kept from training


@dataclass(frozen=True)
class Text:
    """The bytes to train on, and those held out to judge by."""

    train: bytes
    held_out: bytes
    files: int

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.train) + len(self.held_out)

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes trained on, then those held out."""
        return sha256(self.train + self.held_out).hexdigest()

    def entropy(self) -> float:
        """The loss of a model that knows how often each byte occurs and nothing else, in nats per byte.

        >>> round(Text(b"abab", b"ba", files=2).entropy() / math.log(2), 3)
        1.0
        """
        counts = Counter(self.train + self.held_out).values()
        return -sum(count / self.size * math.log(count / self.size) for count in counts)


def library_text() -> Text:
    """The top-level modules of the standard library, in alphabetical order.

    Raises:
        ValueError: this Python came without its sources.
    """
    folder = Path(sysconfig.get_path("stdlib"))
    # Those it names itself: other files beside them differ from machine to machine.
    found = sorted((path for path in folder.glob("*.py") if path.stem in sys.stdlib_module_names), key=_name)
    sources = [path.read_bytes() for path in found]
    held_out = b"".join(sources[HELD_OUT - 1 :: HELD_OUT])
    if len(held_out) <= LENGTH:
        raise ValueError(f"demo(text={str(folder)!r}): the folder must hold the sources of Python's standard library")
    train = b"".join(source for i, source in enumerate(sources, start=1) if i % HELD_OUT)
    return Text(train, held_out, len(sources))


def _name(path: Path) -> str:
    return path.name
