"""How long imports take, each in a Python of its own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec

from benchmarks.table import Row
from benchmarks.timing import quietest

__all__ = ["rows"]

SUBJECT = "Imports, without the start of Python"
PEERS = ("optax", "transformers.optimization", "ignite.handlers", "pytorch_warmup", "pytorch_optimizer")


def rows() -> Iterator[Row]:
    """What each import takes."""
    there = [name for name in PEERS if find_spec(name.partition(".")[0])]
    arguments = {"nothing": "pass", "preheat": "import preheat"}
    arguments |= {name: f"import {name}" for name in ("torch", "torch, preheat.torch", *there)}
    runs: dict[str, Callable[[], object]] = {name: partial(run, given) for name, given in arguments.items()}
    took = quietest(runs, repeats=3)
    spent = {name: (seconds - took["nothing"]) * 1e3 for name, seconds in took.items() if name != "nothing"}
    others = {f"import {name}": spent[name] for name in ("torch", *there)}
    yield Row(SUBJECT, "import preheat", "ms", spent["preheat"], others)
    yield Row(SUBJECT, "import preheat.torch, after torch", "ms", spent["torch, preheat.torch"] - spent["torch"], {})


def run(statement: str) -> None:
    """Run one statement in a new Python."""
    subprocess.run([sys.executable, "-c", statement], check=True, capture_output=True)  # noqa: S603  # one of the above
