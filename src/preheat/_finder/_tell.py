"""How far a search is: a line that moves where rich is installed and somebody looks, else plain lines."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from torch import distributed

__all__ = ["Tell", "telling"]

Tell = Callable[[str, int, int], None]  # what is being done, updates made, updates to make


@contextmanager
def telling(*, progress: bool) -> Iterator[Tell]:
    """Tell on stderr, on the first process alone."""
    first = not distributed.is_available() or not distributed.is_initialized() or not distributed.get_rank()
    if not progress or not first:
        yield lambda *_: None
    elif sys.stderr.isatty() and find_spec("rich"):
        with _moving() as tell:
            yield tell
    else:
        yield _plain


def _plain(what: str, done: int, of: int) -> None:
    """A line when something begins and when it ends."""
    if done in (0, of):
        print(f"{what}: update {done} of {of}", file=sys.stderr, flush=True)  # noqa: T201  # that is its job


@contextmanager
def _moving() -> Iterator[Tell]:
    from rich.console import Console  # noqa: PLC0415  # not needed where nobody looks
    from rich.progress import Progress  # noqa: PLC0415  # likewise

    with Progress(console=Console(stderr=True)) as bar:
        tasks = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=of)
            bar.update(tasks[what], completed=done, total=of)

        yield tell
