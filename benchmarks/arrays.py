"""A million points of a curve at once, beside the same formula written by hand."""

from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from itertools import accumulate
from typing import Any

import numpy as np
import torch

from benchmarks.peers import OURS
from benchmarks.table import Row
from benchmarks.timing import quietest
from preheat import cosine, linear, warmup
from preheat._plan import joined

__all__ = ["rows"]

POINTS, WARMUP, PIECES = 1_000_000, 20_000, 10_000
SUBJECT = "A million points of a plan"
LENGTH = POINTS // PIECES
STARTS = [0, *accumulate([LENGTH] * (PIECES - 1))]
PEAKS = [1 - k / (2 * PIECES) for k in range(PIECES)]
FLOORS = [0.5 * k / PIECES for k in range(PIECES)]
BY_HAND = "by hand"

Take = Callable[[Any], Any]


def rows() -> Iterator[Row]:
    """A line, half a cosine after a warm-up, and ten thousand pieces, in each library."""
    plans = {
        "linear": linear(0, 1, steps=POINTS),
        "warmup >> cosine": warmup(WARMUP) >> cosine(1, 0.1, steps=POINTS - WARMUP),
        "10 000 cosines": joined(">>", *(cosine(a, b, steps=LENGTH) for a, b in zip(PEAKS, FLOORS, strict=True))),
    }
    for library, indices, like, finished in libraries():
        for what, plan in plans.items():
            theirs = {BY_HAND: hand(library, what, like)}
            calls = {OURS: plan, **theirs, **of_optax(library, what)}
            done = {name: finished(call) for name, call in calls.items()}
            took = quietest({name: partial(call, indices) for name, call in done.items()}, repeats=20)
            spent = {name: seconds * 1e3 for name, seconds in took.items()}
            yield Row(SUBJECT, f"{what}, {called(library)}", "ms", spent.pop(OURS), spent)


def called(library: Any) -> str:
    """What people call it."""
    return {"numpy": "NumPy", "torch": "torch"}.get(library.__name__, "jitted JAX")


def libraries() -> Iterator[tuple[Any, Any, Take, Callable[[Take], Take]]]:
    """Each library with a million indices, how it makes an array of floats, and how a function of it is run."""
    yield np, np.arange(POINTS, dtype=float), np.array, lambda call: call
    indices = torch.arange(POINTS, dtype=torch.float64)
    yield torch, indices, lambda values: torch.tensor(values, dtype=torch.float64), lambda call: call
    if find_spec("jax"):
        import jax  # noqa: PLC0415  # only where it is installed

        jnp = jax.numpy
        yield jnp, jnp.arange(POINTS, dtype=float), jnp.asarray, lambda call: waited(jax.jit(call))


def waited(call: Take) -> Take:
    """JAX answers before it has computed."""
    return lambda indices: call(indices).block_until_ready()


def hand(library: Any, what: str, like: Take) -> Take:
    """The same formula, as one writes it for arrays of that library."""
    if what == "linear":
        return lambda i: 0.0 * ((POINTS - (i + 1)) / POINTS) + 1.0 * ((i + 1) / POINTS)
    if what == "warmup >> cosine":
        left = float(POINTS - WARMUP)

        def chosen(i: Any) -> Any:
            t = library.clip(i + 1 - WARMUP, 0.0, left)
            return library.where(i < WARMUP, (i + 1) / WARMUP, half_cosine(library, t, 1.0, 0.1, left))

        return chosen
    starts, peaks, floors = like([float(start) for start in STARTS]), like(PEAKS), like(FLOORS)

    def gathered(i: Any) -> Any:
        k = library.searchsorted(starts, i, side="right") - 1
        t = library.clip(i - starts[k] + 1, 0.0, float(LENGTH))
        return half_cosine(library, t, peaks[k], floors[k], float(LENGTH))

    return gathered


def half_cosine(library: Any, t: Any, start: Any, end: Any, steps: float) -> Any:
    """As accurate as ours: from the nearer end."""
    away = library.sin(np.pi / 2 * (library.minimum(t, steps - t) / steps)) ** 2
    return library.where(t < steps - t, start + (end - start) * away, end + (start - end) * away)


def of_optax(library: Any, what: str) -> dict[str, Take]:
    """Optax's schedule of that name, where it has one."""
    if what != "warmup >> cosine" or not library.__name__.startswith("jax") or not find_spec("optax"):
        return {}
    import optax  # noqa: PLC0415  # only where it is installed

    return {"optax": optax.warmup_cosine_decay_schedule(0.0, 1.0, WARMUP, POINTS, 0.1)}
