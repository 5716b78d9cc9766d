"""One file for each target: what surrounds the function there."""

from collections.abc import Callable

from preheat._export.request import Request
from preheat._export.targets import javascript, keras, lightning, numpy, optax, python, torch, transformers

__all__ = ["NEEDS_RATES", "TARGETS"]

TARGETS: dict[str, Callable[[Request], str]] = {
    "python": python.write, "numpy": numpy.write, "torch": torch.write, "transformers": transformers.write,
    "lightning": lightning.write, "optax": optax.write, "keras": keras.write, "javascript": javascript.write,
}  # fmt: skip
NEEDS_RATES = ("optax", "keras")  # they take learning rates, and have no rate of their own to multiply
