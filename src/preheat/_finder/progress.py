"""Progress of a search on stderr: a bar if rich is installed and stderr is a terminal, else plain lines."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from torch import distributed

__all__ = ["Report", "reports"]

Report = Callable[[str, int, int], None]  # a task's name, the updates made, the updates to make


@contextmanager
def reports(*, progress: bool) -> Iterator[Report]:
    """Where to report progress: stderr, on the first process only; nowhere unless `progress`."""
    first = not distributed.is_available() or not distributed.is_initialized() or not distributed.get_rank()
    if not progress or not first:
        yield lambda *_: None
    elif sys.stderr.isatty() and find_spec("rich"):
        with _bar() as report:
            yield report
    else:
        yield _line


def _line(task: str, done: int, of: int) -> None:
    """Print a line at the beginning and at the end of a task."""
    if done in (0, of):
        print(f"{task}: update {done} of {of}", file=sys.stderr, flush=True)  # noqa: T201  # that is its job


@contextmanager
def _bar() -> Iterator[Report]:
    from rich.console import Console  # noqa: PLC0415  # an extra
    from rich.progress import Progress  # noqa: PLC0415  # likewise

    with Progress(console=Console(stderr=True)) as bar:
        tasks = {}

        def report(task: str, done: int, of: int) -> None:
            if task not in tasks:
                tasks[task] = bar.add_task(task, total=of)
            bar.update(tasks[task], completed=done, total=of)

        yield report
