"""Schedules under torture, of the libraries with a way of their own, each built and driven as their docs say."""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from torch.optim import Optimizer
from torch.optim import lr_scheduler as ts

from benchmarks._torture.of_torch import fall
from benchmarks._torture.setting import FLOOR, PEAKS, Case, Driven, N, W, nothing


def timm() -> Any:
    """Timm's schedulers, without the rest of timm, which needs torchvision."""
    if "timm" not in sys.modules:
        spec = find_spec("timm")
        assert spec is not None  # noqa: S101  # it is installed
        package = ModuleType("timm")
        package.__spec__ = spec
        package.__path__ = list(spec.submodule_search_locations or ())
        sys.modules["timm"] = package
    return import_module("timm.scheduler")


def of_timm() -> Iterator[Case]:
    """Timm's classes, counted in updates: `step_update(n)` after update `n`."""
    classes = timm()
    rising = {"warmup_t": W, "warmup_lr_init": 1e-6, "t_in_epochs": False}
    makes: dict[str, tuple[Callable[..., Any], bool]] = {
        "CosineLRScheduler": (lambda o, n: classes.CosineLRScheduler(o, n, lr_min=FLOOR, **rising), True),
        "TanhLRScheduler": (lambda o, n: classes.TanhLRScheduler(o, n, lr_min=FLOOR, **rising), True),
        "StepLRScheduler": (lambda o, _: classes.StepLRScheduler(o, W, 0.3, **rising), False),
        "PolyLRScheduler": (lambda o, n: classes.PolyLRScheduler(o, n, lr_min=FLOOR, **rising), True),
    }
    for name, (make, sized) in makes.items():

        def build(optimizer: Optimizer, total: int = N, make: Callable[..., Any] = make) -> Driven:
            return Driven([make(optimizer, total)], lambda parts, i: parts[0].step_update(i + 1))

        yield Case("timm", name, build, ends=False, sized=sized)


def of_ignite() -> Iterator[Case]:
    """Ignite's handlers, called at the start of each iteration."""
    makes: dict[str, tuple[Callable[..., Any], bool, bool]] = {
        "with_warmup(CosineAnnealingLR)": (partial(warmed, lambda o, n: fall(o, n - W)), True, True),
        "with_warmup(ExponentialLR)": (partial(warmed, lambda o, _: ts.ExponentialLR(o, 0.95)), False, False),
        "ConcatScheduler(Linear, Cosine)": (concatenated, True, True),
        "PiecewiseLinear": (pieces, False, True),
    }
    for name, (make, ends, sized) in makes.items():

        def build(optimizer: Optimizer, total: int = N, make: Callable[..., Any] = make) -> Driven:
            return Driven([make(optimizer, total)], after=nothing, before=lambda parts, _: parts[0](None))

        yield Case("ignite", name, build, ends=ends, sized=sized)


def warmed(decay: Callable[[Optimizer, int], Any], optimizer: Optimizer, total: int) -> Any:
    """Ignite's warm-up before a schedule of torch's, to each group's own lr."""
    from ignite.handlers import create_lr_scheduler_with_warmup  # noqa: PLC0415  # only where it is installed

    return create_lr_scheduler_with_warmup(decay(optimizer, total), warmup_start_value=0.0, warmup_duration=W)


def concatenated(optimizer: Optimizer, total: int) -> Any:
    """Ignite's own warm-up, then its cosine: values for all groups."""
    from ignite import handlers  # noqa: PLC0415  # only where it is installed

    rise = handlers.LinearCyclicalScheduler(optimizer, "lr", 0.0, PEAKS[0], W, monotonic=True)
    wave = handlers.CosineAnnealingScheduler(optimizer, "lr", PEAKS[0], FLOOR, total - W)
    return handlers.ConcatScheduler([rise, wave], [W])


def pieces(optimizer: Optimizer, total: int) -> Any:
    """Ignite's straight lines: values for all groups."""
    from ignite.handlers import PiecewiseLinear  # noqa: PLC0415  # only where it is installed

    return PiecewiseLinear(optimizer, "lr", [(0, 0.0), (W, PEAKS[0]), (total, FLOOR)])


def of_pytorch_warmup() -> Iterator[Case]:
    """pytorch_warmup, made after the schedule that it dampens, which steps inside `dampening()`."""
    import pytorch_warmup as pw  # noqa: PLC0415  # only where it is installed

    warmups: dict[str, Callable[[Optimizer], Any]] = {
        "LinearWarmup + Cosine": lambda o: pw.LinearWarmup(o, W),
        "RAdamWarmup + Cosine": pw.RAdamWarmup,
    }
    for name, make in warmups.items():

        def build(optimizer: Optimizer, total: int = N, make: Callable[..., Any] = make) -> Driven:
            return Driven([fall(optimizer, total), make(optimizer)], dampened)

        yield Case("pytorch_warmup", name, build)
    yield Case(
        "pytorch_warmup", "LinearWarmup alone", lambda o, **_: Driven([pw.LinearWarmup(o, W)], dampened), sized=False
    )


def dampened(parts: Sequence[Any], _: int) -> None:
    """The schedule, if there is one, steps inside the warm-up's `dampening()`."""
    *schedulers, warming = parts
    with warming.dampening():
        for scheduler in schedulers:
            scheduler.step()


def of_pytorch_optimizer() -> Iterator[Case]:
    """pytorch_optimizer: three classes that want a step before the first update, two that are torch's."""
    import pytorch_optimizer as po  # noqa: PLC0415  # only where it is installed

    sizes = {"max_lr": PEAKS[0], "min_lr": FLOOR}
    eager: dict[str, Callable[[Optimizer, int], Any]] = {
        "CosineScheduler": lambda o, n: po.CosineScheduler(o, n, warmup_steps=W, **sizes),
        "LinearScheduler": lambda o, n: po.LinearScheduler(o, n, warmup_steps=W, **sizes),
        "PolyScheduler": lambda o, n: po.PolyScheduler(o, t_max=n, warmup_steps=W, **sizes),
        "CosineAnnealingWarmupRestarts": lambda o, n: po.CosineAnnealingWarmupRestarts(o, n, warmup_steps=W, **sizes),
        "REXScheduler": lambda o, n: po.REXScheduler(o, n, **sizes),
    }
    for name, make in eager.items():

        def build(optimizer: Optimizer, total: int = N, make: Callable[..., Any] = make, name: str = name) -> Driven:
            scheduler = make(optimizer, total)
            if name in ("CosineScheduler", "LinearScheduler", "PolyScheduler"):
                scheduler.step()
            return Driven([scheduler])

        yield Case("pytorch_optimizer", name, build, ends=name != "REXScheduler")
