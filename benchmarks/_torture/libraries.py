"""The libraries under torture, ours first; those that are not there are left out."""

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from torch.optim import Optimizer

from benchmarks._torture import of_others, of_torch
from benchmarks._torture.setting import Case, Driven, N, W
from preheat import Plan, constant, cosine, inverse_sqrt, linear, one_minus_sqrt, polynomial, warmup
from preheat.torch import Scheduler

LIBRARIES = {  # the name of the module, and of the package
    "preheat": ("preheat", "preheat"),
    "torch": ("torch", "torch"),
    "transformers": ("transformers", "transformers"),
    "timm": ("timm", "timm"),
    "ignite": ("ignite", "pytorch-ignite"),
    "pytorch_warmup": ("pytorch_warmup", "pytorch-warmup"),
    "pytorch_optimizer": ("pytorch_optimizer", "pytorch_optimizer"),
}


def versions() -> dict[str, str]:
    """The version of each library that is there."""
    found = {}
    for library, (module, package) in LIBRARIES.items():
        if find_spec(module):
            try:
                found[library] = version(package)
            except PackageNotFoundError:  # from a source tree
                found[library] = str(getattr(sys.modules.get(module), "__version__", "of the source tree"))
    return found


def of_preheat() -> Iterator[Case]:
    """Ours: `step()` after each update, `seek(k)` to start at update `k`."""
    plans: dict[str, Callable[[int], Plan]] = {
        "cosine": lambda n: warmup(W) >> cosine(1, 0.01, steps=n - W),
        "linear": lambda n: warmup(W) >> linear(1, 0, steps=n - W),
        "polynomial": lambda n: warmup(W) >> polynomial(1, 0.01, power=2, steps=n - W),
        "inverse_sqrt": lambda _: warmup(W) >> inverse_sqrt(W),
        "wsd": lambda n: warmup(W) >> constant(1, steps=n - 2 * W) >> one_minus_sqrt(1, 0, steps=W),
    }
    for name, plan in plans.items():

        def build(optimizer: Optimizer, total: int = N, plan: Callable[[int], Plan] = plan, at: int = 0) -> Driven:
            scheduler = Scheduler(optimizer, plan(total))
            if at:
                scheduler.seek(at)
            return Driven([scheduler])

        def resume(optimizer: Optimizer, k: int, build: Callable[..., Driven] = build) -> Driven:
            return build(optimizer, at=k)

        yield Case("preheat", name, build, name != "inverse_sqrt", name != "inverse_sqrt", resume)


MAKERS = {
    "preheat": of_preheat,
    "torch": of_torch.of_torch,
    "transformers": of_torch.of_transformers,
    "timm": of_others.of_timm,
    "ignite": of_others.of_ignite,
    "pytorch_warmup": of_others.of_pytorch_warmup,
    "pytorch_optimizer": of_others.of_pytorch_optimizer,
}


def cases() -> list[Case]:
    """The schedules of every library that is there."""
    return [case for library in versions() for case in MAKERS[library]()]
